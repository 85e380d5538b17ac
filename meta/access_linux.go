package meta

import (
	"errors"
	"io/fs"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// CanRead reports whether the user may reach the folder at path and read or enter it. It
// checks the modes of all folders on the path, after resolving symlinks. It returns true if
// that cannot be told: for an unknown user or group, an access control list, or a folder
// that cannot be examined. A nil User means everybody.
func (u *User) CanRead(path string) bool {
	if u.isAnybody() {
		return true
	}
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return true
	}
	if real, err = filepath.Abs(real); err != nil {
		return true
	}
	way, err := wayTo(real)
	return err != nil || u.reaches(way)
}

// wayTo returns the folders on the way to path, from the root down. path must have no
// symlinks.
func wayTo(path string) ([]node, error) {
	var way []node
	if parent := filepath.Dir(path); parent != path {
		above, err := wayTo(parent)
		if err != nil {
			return nil, err
		}
		way = above
	}
	var st unix.Stat_t
	if err := unix.Lstat(path, &st); err != nil {
		return nil, &fs.PathError{Op: "lstat", Path: path, Err: err}
	}
	return append(way, node{int(st.Uid), int(st.Gid), fs.FileMode(st.Mode & 0o777), hasACL(path)}), nil
}

// hasACL reports whether an access control list may decide instead of the mode: a POSIX
// one, or one of a network file system.
func hasACL(path string) bool {
	for _, name := range []string{"system.posix_acl_access", "system.nfs4_acl", "system.nfs4_acl_xdr", "system.cifs_acl"} {
		_, err := unix.Lgetxattr(path, name, nil)
		if err != nil && (errors.Is(err, unix.ENODATA) || errors.Is(err, unix.EOPNOTSUPP)) {
			continue
		}
		return true
	}
	return false
}
