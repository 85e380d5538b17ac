//go:build unix

// Command unlink removes a tree in the plainest way with many calls at a time, and prints
// the seconds of each step. It shows which part of a measurement by bench/nfs is due to
// the server, whatever program asks it.
//
//	unlink JOBS DIR
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: unlink JOBS DIR")
		os.Exit(2)
	}
	jobs, err := strconv.Atoi(os.Args[1])
	if err == nil {
		err = run(jobs, os.Args[2])
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tree is the listed files, in any order, and folders by depth.
type tree struct {
	mu      sync.Mutex
	files   []string
	folders [][]string
}

func run(jobs int, dir string) error {
	began := time.Now()
	t := &tree{folders: [][]string{{dir}}}
	for depth := 0; depth < len(t.folders); depth++ {
		if err := each(jobs, t.folders[depth], func(d string) error { return t.list(depth+1, d) }); err != nil {
			return err
		}
	}
	listed := time.Now()
	if err := each(jobs, t.files, unix.Unlink); err != nil {
		return err
	}
	unlinked := time.Now()
	folders := 0
	for depth := len(t.folders) - 1; depth >= 0; depth-- {
		folders += len(t.folders[depth])
		if err := each(jobs, t.folders[depth], unix.Rmdir); err != nil {
			return err
		}
	}
	fmt.Printf("%d jobs: listed in %.2f s, %d files unlinked in %.2f s, %d folders in %.2f s\n", jobs, listed.Sub(began).Seconds(),
		len(t.files), unlinked.Sub(listed).Seconds(), folders, time.Since(unlinked).Seconds())
	return nil
}

// list records the content of a folder; depth is that of its folders.
func (t *tree) list(depth int, dir string) error {
	items, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, it := range items {
		path := filepath.Join(dir, it.Name())
		if !it.IsDir() {
			t.files = append(t.files, path)
			continue
		}
		if depth == len(t.folders) {
			t.folders = append(t.folders, nil)
		}
		t.folders[depth] = append(t.folders[depth], path)
	}
	return nil
}

func each(jobs int, paths []string, f func(string) error) error {
	g := new(errgroup.Group)
	g.SetLimit(jobs)
	for _, p := range paths {
		g.Go(func() error {
			if err := f(p); err != nil {
				return fmt.Errorf("%s: %w", p, err)
			}
			return nil
		})
	}
	return g.Wait()
}
