package walk

import "golang.org/x/sys/unix"

// blockUnit is the size that blocks are counted in, in bytes.
func blockUnit(st *unix.Statfs_t) int64 {
	if st.Frsize > 0 {
		return int64(st.Frsize)
	}
	return int64(st.Bsize)
}
