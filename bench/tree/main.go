// Command tree builds the tree for bench/run: a cache with its environments below the
// given folder, as fixture.Big describes it.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"gclean/internal/fixture"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run takes the folder and, optionally, the number of files. A package has 325 files, and
// 191 of 400 packages are in use.
func run(args []string) error {
	if len(args) == 0 || len(args) > 2 {
		return fmt.Errorf("usage: tree DIR [FILES]")
	}
	files := 130_000
	if len(args) == 2 {
		var err error
		if files, err = strconv.Atoi(args[1]); err != nil {
			return err
		}
	}
	packages := max(files/325, 1)
	_, err := fixture.Big(context.Background(), args[0], fixture.BigOptions{
		Packages: packages, Files: files, Held: max(packages*191/400, 1),
	})
	return err
}
