package walk

import "golang.org/x/sys/unix"

// blockUnit returns the unit in which blocks are counted, in bytes.
func blockUnit(st *unix.Statfs_t) int64 {
	if st.Frsize > 0 {
		return int64(st.Frsize)
	}
	return int64(st.Bsize)
}
