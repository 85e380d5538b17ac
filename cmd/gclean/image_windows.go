package main

// chroot is not there on Windows.
func chroot(string) error { return errNoRoot }
