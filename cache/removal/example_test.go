package removal_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/meta"
)

// A plan is carried out with the options that it was made with, because it may have to be
// made again.
func ExampleExecute() {
	top, err := os.MkdirTemp("", "removal")
	check(err)
	defer os.RemoveAll(top)
	c, err := fixture.NewCache(filepath.Join(top, "pkgs"))
	check(err)
	check(c.Add(pkg("free")))
	o := cache.Options{
		Look: cache.Look{
			Discovery:   &meta.Discovery{Caches: []meta.Value{{Path: c.Dir}}},
			NothingRuns: true,
		},
		Targets: cache.All(),
	}

	ctx := context.Background()
	plan, err := cache.Prepare(ctx, o)
	check(err)
	result := removal.Execute(ctx, plan, removal.Options{Again: o.Again, Changed: o.Changed})
	check(result.Err)
	for _, e := range result.Removed {
		fmt.Println("removed", e.Name)
	}
	for _, f := range result.Failures {
		fmt.Println("failed:", f.Err)
	}
	left, err := os.ReadDir(c.Dir)
	check(err)
	for _, it := range left {
		fmt.Println("left", it.Name())
	}
	// Output:
	// removed free-1.0-0.conda
	// removed free-1.0-0
	// left urls
	// left urls.txt
}

// check is for examples, which have no *testing.T.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
