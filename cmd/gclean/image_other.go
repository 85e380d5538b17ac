//go:build !linux

package main

import (
	"errors"
	"runtime"
)

var errNoRoot = errors.New("this system cannot enter another root")

// changeRoot makes path the root of this process.
func (a *app) changeRoot(path string) error {
	if runtime.GOOS == "windows" {
		return errNoRoot
	}
	return chroot(path)
}
