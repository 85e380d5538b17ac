package mounts

import "golang.org/x/sys/unix"

// KindOfFile returns the kind of the file system that an open file is on.
func KindOfFile(fd int) (Kind, error) {
	var st unix.Statfs_t
	if err := unix.Fstatfs(fd, &st); err != nil {
		return Unknown, err
	}
	return KindOf(TypeOf(uint32(st.Type))), nil // on some architectures st.Type is too small for some numbers
}

// TypeAt returns the type of the file system that path is on, or "" if unknown.
func TypeAt(path string) string {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return ""
	}
	return TypeOf(uint32(st.Type))
}
