package dist

import (
	"io/fs"
	"strings"
	"time"
)

// MemberType is the type of a member of an archive.
type MemberType int

// The types of members. Devices, FIFOs, sparse files and others are refused.
const (
	File     MemberType = iota // a regular file
	Symlink                    // Target is relative to the symlink's folder
	Hardlink                   // Target is the path of an earlier file
	Folder
)

// String returns the name of the type.
func (t MemberType) String() string {
	switch t {
	case File:
		return "file"
	case Symlink:
		return "symlink"
	case Hardlink:
		return "hard link"
	case Folder:
		return "folder"
	}
	return "unknown"
}

// Member is one thing in an archive.
type Member struct {
	// Path is where the member is unpacked to, below the package, with slashes, without "."
	// and "..". For a member below a symlink, that is the place behind the symlink.
	Path    string
	Stated  string // its path in the archive, cleaned; differs from Path only behind symlinks
	Type    MemberType
	Size    int64       // bytes of a file; 0 for other types
	Mode    fs.FileMode // permission bits, setuid, setgid and sticky, as in the archive
	ModTime time.Time
	// Target is a symlink's target as in the archive, or a hard link's in the form of Path.
	// A symlink may lead out of the package, as lib/certs -> /etc/ssl/certs does: see
	// LeadsOut.
	Target string
	// Again says that an earlier file or symlink had this path, and that this one replaces
	// it. A file is written into the earlier file, so hard links of that get its content
	// too.
	Again bool
}

// LeadsOut reports whether m is a symlink whose text leads out of the package. Old packages
// have such symlinks and all tools make them, so they are no fault. Nothing may be written
// or read through one.
func (m Member) LeadsOut() bool { return m.Type == Symlink && leadsOut(m.Path, m.Target) }

// leadsOut reports whether the symlink at name, a path below a package, leads out of it if
// all names on the way are folders.
func leadsOut(name, target string) bool {
	if strings.HasPrefix(target, "/") {
		return true
	}
	depth := strings.Count(name, "/")
	for part := range strings.SplitSeq(target, "/") {
		switch part {
		case "", ".":
		case "..":
			if depth--; depth < 0 {
				return true
			}
		default:
			depth++
		}
	}
	return false
}
