package walk_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gclean/internal/fixture"
	"gclean/walk"
)

// A folder is opened once. Its files are measured and removed through that handle.
func Example() {
	top, err := os.MkdirTemp("", "walk")
	check(err)
	defer os.RemoveAll(top)
	cache, err := fixture.NewCache(filepath.Join(top, "pkgs"))
	check(err)
	check(cache.AddFile("old/lib/a.so", "0123456789"))
	check(cache.AddFile("old/lib/b.so", "01234"))
	check(os.Link(cache.Path("old/lib/a.so"), filepath.Join(top, "a.so")))

	ctx := context.Background()
	dir, err := walk.Open(cache.Dir)
	check(err)
	defer dir.Close()
	trees, links, err := walk.Measure(ctx, []walk.Root{{Dir: dir, Name: "old"}}, walk.MeasureOptions{})
	check(err)
	usage := trees[0].Usage
	fmt.Printf("%d files in %d folders, %d bytes\n", usage.Files, usage.Dirs, usage.Apparent)
	for inode := range links.Inodes {
		fmt.Printf("an inode of them has %d link outside\n", inode.Outside())
	}

	st, err := dir.Lstat("old")
	check(err)
	errs := walk.Remove(ctx, []walk.Target{{Dir: dir, Name: "old", ID: st.ID}}, walk.RemoveOptions{})
	check(errs[0])
	_, err = dir.Lstat("old")
	fmt.Println("gone:", walk.IsGone(err))
	// Output:
	// 2 files in 2 folders, 15 bytes
	// an inode of them has 1 link outside
	// gone: true
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
