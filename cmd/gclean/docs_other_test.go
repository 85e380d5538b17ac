//go:build !linux

package main

// enterExample does nothing: examples run on Linux.
func enterExample() {}
