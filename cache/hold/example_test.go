package hold_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gclean/cache/hold"
	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/walk"
)

// An environment hard-links one package, has a record of a second, which has no files, and
// has a copy of a third.
func Example() {
	top, err := os.MkdirTemp("", "hold")
	check(err)
	defer os.RemoveAll(top)
	cache, err := fixture.NewCache(filepath.Join(top, "pkgs"))
	check(err)
	env, err := fixture.NewEnvironment(filepath.Join(top, "env"))
	check(err)
	var packages []*hold.Package
	add := func(kind fixture.Kind, name string, files ...fixture.File) {
		p := fixture.Package{Name: name, Version: "1.0", Build: "0", Files: files}
		check(cache.AddExtracted(p))
		check(env.Link(cache, p, fixture.Link{Kind: kind}))
		id, err := walk.Identify(cache.Extracted(p))
		check(err)
		packages = append(packages, &hold.Package{
			Cache: cache.Dir, Name: p.Dist(), Dist: p.Dist(), Index: p.Dist(), ID: id, Payload: len(files) > 0,
		})
	}
	add(fixture.Hard, "linked", fixture.File{Path: "lib/linked.so", Content: "code"})
	add(fixture.Hard, "metapackage")
	add(fixture.Copy, "copied", fixture.File{Path: "lib/copied.so", Content: "code"})

	known, _ := meta.ReadEnvironment(env.Prefix)
	holders := hold.NewHolders([]meta.Environment{known}, packages, nil)
	for _, p := range packages {
		holders.Probe(p)
	}
	check(holders.Resolve(context.Background(), packages))
	for _, p := range packages {
		holds, err := holders.Of(context.Background(), p)
		check(err)
		if len(holds) == 0 {
			fmt.Printf("%s: free\n", p.Dist)
			continue
		}
		fmt.Printf("%s: %s (%s)\n", p.Dist, holds[0].Reason.Sentence(), holds[0].Reason)
	}
	// Output:
	// linked-1.0-0: hard-linked from outside the caches (hard_linked)
	// metapackage-1.0-0: installed, with nothing to link (only_info)
	// copied-1.0-0: free
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
