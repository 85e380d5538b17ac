package cache_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/meta"
)

// The cache has two packages, one of which an environment uses.
func ExamplePrepare() {
	top, err := os.MkdirTemp("", "cache")
	check(err)
	defer os.RemoveAll(top)
	c, err := fixture.NewCache(filepath.Join(top, "pkgs"))
	check(err)
	env, err := fixture.NewEnvironment(filepath.Join(top, "env"))
	check(err)
	check(c.AddExtracted(pkg("free")))
	check(c.AddExtracted(pkg("used")))
	check(c.AddPartial("new-1.0-0.conda", 2000))
	check(env.Link(c, pkg("used"), fixture.Link{}))

	known, _ := meta.ReadEnvironment(env.Prefix)
	plan, err := cache.Prepare(context.Background(), cache.Options{
		Look: cache.Look{
			Discovery: &meta.Discovery{
				Caches:       []meta.Value{{Path: c.Dir}},
				Environments: []meta.Environment{known},
			},
			NothingRuns: true, // otherwise a running conda would keep recent entries
		},
		Targets: cache.All(),
	})
	check(err)
	for _, e := range plan.Remove {
		fmt.Printf("remove %s (%s)\n", e.Name, e.Category.Code())
	}
	for _, k := range plan.Kept {
		fmt.Printf("keep %s: %s\n", k.Entry.Name, cache.Sentence(k.Holds[0].Reason))
	}
	// Output:
	// remove new-1.0-0.conda.partial (tarballs)
	// remove free-1.0-0 (packages)
	// keep used-1.0-0: hard-linked from outside the caches
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
