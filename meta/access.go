package meta

import (
	"io/fs"
	"math"
	"slices"
)

// node describes who may pass through a folder.
type node struct {
	uid, gid int
	perm     fs.FileMode
	acl      bool // an access control list may decide otherwise
}

// nobody is the owner that the kernel shows for an owner without a number here (overflowuid
// and overflowgid, in user namespaces and on NFS).
const nobody = 65534

const (
	mayRead  fs.FileMode = 4
	mayEnter fs.FileMode = 1
)

// isAnybody reports whether nobody can tell what this user may do: it is nil (everybody),
// unknown, or root.
func (u *User) isAnybody() bool {
	return u == nil || u.shared || u.UID <= 0 || u.UID == nobody
}

// Told reports whether it can be told what the user may read.
func (u *User) Told() bool { return !u.isAnybody() }

// allows reports whether the user may do any of want with a folder; true if that cannot be
// told. Owners can give themselves every right.
func (n node) allows(u *User, want fs.FileMode) bool {
	switch {
	case u.isAnybody():
		return true
	case n.acl || n.uid == nobody || n.gid == nobody:
		return true
	case n.uid == u.UID:
		return true
	case u.stranger && n.gid == n.uid: // a group with only this user in it
		return n.perm&want != 0
	case u.GIDs == nil:
		return (n.perm>>3|n.perm)&want != 0
	case slices.Contains(u.GIDs, n.gid):
		return n.perm>>3&want != 0
	}
	return n.perm&want != 0
}

// reaches reports whether the user may pass through all folders of a path, from the root
// down, and enter or read the last.
func (u *User) reaches(way []node) bool {
	for i, n := range way {
		want := mayEnter
		if i == len(way)-1 {
			want |= mayRead
		}
		if !n.allows(u, want) {
			return false
		}
	}
	return true
}

// OthersCanRead reports whether some user about whom nothing is known may reach the folder
// at path and read or enter it. The modes of the folders on the path decide, for all users
// or for a group.
func OthersCanRead(path string) bool {
	return (&User{UID: math.MaxInt32, stranger: true}).CanRead(path)
}
