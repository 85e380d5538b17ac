//go:build unix

package chroot

import "golang.org/x/sys/unix"

// chroot makes path the root and the working directory of this process.
func chroot(path string) error {
	if err := unix.Chdir(path); err != nil {
		return err
	}
	if err := unix.Chroot("."); err != nil {
		return err
	}
	return unix.Chdir("/")
}
