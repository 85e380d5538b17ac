//go:build unix

package walk

import "golang.org/x/sys/unix"

func (s sysdir) space() (Space, error) {
	var st unix.Statfs_t
	if _, err := retry(func() (int, error) { return 0, unix.Fstatfs(int(s), &st) }); err != nil {
		return Space{}, err
	}
	unit := blockUnit(&st)
	return Space{
		Size: int64(st.Blocks) * unit, Free: int64(st.Bfree) * unit, Available: int64(st.Bavail) * unit,
		Inodes: int64(st.Files), FreeInodes: int64(st.Ffree),
	}, nil
}
