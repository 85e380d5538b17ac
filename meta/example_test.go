package meta_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gclean/internal/fixture"
	"gclean/meta"
)

// The machine in this example has one user, whose condarc names a cache and whose
// environments.txt names an environment.
func Example() {
	top, err := os.MkdirTemp("", "meta")
	check(err)
	defer os.RemoveAll(top)
	home := filepath.Join(top, "ann")
	cache, err := fixture.NewCache(filepath.Join(home, "pkgs"))
	check(err)
	env, err := fixture.NewEnvironment(filepath.Join(home, "work"))
	check(err)
	tool := fixture.Package{Name: "tool", Version: "1.0", Build: "0"}
	check(cache.AddExtracted(tool))
	check(env.Link(cache, tool, fixture.Link{}))
	check(env.Register(filepath.Join(home, ".conda", "environments.txt")))
	check(os.WriteFile(filepath.Join(home, ".condarc"), []byte("pkgs_dirs: [~/pkgs]\n"), 0o644))

	host := meta.Host{Home: home, UID: 1000}
	d, err := host.Discover(context.Background(), meta.Options{})
	check(err)
	within := func(path string) string {
		rel, err := filepath.Rel(home, path)
		check(err)
		return filepath.ToSlash(rel)
	}
	fmt.Printf("cache: %s, by %s\n", within(d.Caches[0].Path), within(d.Caches[0].Source))
	for _, e := range d.Environments {
		fmt.Printf("environment: %s, by %s, records: %v\n", within(e.Prefix), within(e.Sources[0]), e.Records)
	}
	fmt.Println("lists that cannot be read:", len(d.Unread))
	// Output:
	// cache: pkgs, by .condarc
	// environment: work, by .conda/environments.txt, records: [tool-1.0-0.json]
	// lists that cannot be read: 0
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
