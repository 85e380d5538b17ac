package main

import "io/fs"

// trusted says whether what a file says may be done. Windows protects the folders
// that these files are in.
func trusted(string, fs.FileInfo) error { return nil }
