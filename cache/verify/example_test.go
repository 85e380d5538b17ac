package verify_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/internal/fixture"
	"gclean/meta"
)

// A file of an extracted package was changed. Its archive is sound, so the package can be
// repaired.
func Example() {
	top, err := os.MkdirTemp("", "verify")
	check(err)
	defer os.RemoveAll(top)
	c, err := fixture.NewCache(filepath.Join(top, "pkgs"))
	check(err)
	check(c.Add(pkg("tool")))
	check(os.WriteFile(filepath.Join(c.Extracted(pkg("tool")), "lib", "tool.so"), []byte("changed"), 0o644))

	ctx := context.Background()
	v, err := verify.Verify(ctx, verify.Options{ListOptions: cache.ListOptions{Look: cache.Look{
		Discovery:   &meta.Discovery{Caches: []meta.Value{{Path: c.Dir}}},
		NothingRuns: true,
	}}})
	check(err)
	for _, c := range v.Checks {
		fmt.Println(c.Entry.Name, "sound:", c.Sound())
		for _, f := range c.Faults {
			fmt.Println(" ", f.Kind.Code(), f.Path)
		}
	}

	plan, err := v.RepairPlan(ctx)
	check(err)
	result := plan.Execute(ctx, removal.Options{})
	check(result.Err)
	for _, r := range result.Repaired {
		fmt.Println("repaired", r.Check.Entry.Name)
	}
	// Output:
	// tool-1.0-0.conda sound: true
	// tool-1.0-0 sound: false
	//   wrong_size lib/tool.so
	// repaired tool-1.0-0
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
