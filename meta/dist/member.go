package dist

import (
	"io/fs"
	"strings"
	"time"
)

// MemberType is what a member of an archive is.
type MemberType int

// The types of members. Devices, FIFOs, sparse files and others are refused.
const (
	File     MemberType = iota // a regular file
	Symlink                    // Target is relative to the symlink's folder
	Hardlink                   // Target is the path of a file that came before
	Folder
)

// String is the name of the type.
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
	// Path is where the member comes to lie below the package, with slashes, without
	// "." and "..": of one below a symlink, the place behind that.
	Path    string
	Stated  string // its path as the archive says, cleaned: differs behind symlinks only
	Type    MemberType
	Size    int64       // bytes of a file; 0 for the others
	Mode    fs.FileMode // permission bits, setuid, setgid and sticky, as the archive says
	ModTime time.Time
	// Target is that of a symlink as the archive says, that of a hard link as
	// Path is. A symlink's may lead out of the package, as lib/certs ->
	// /etc/ssl/certs does: LeadsOut tells.
	Target string
	// Again says that a file or symlink of this path came before: this one takes its
	// place. A file is written over the one before, whose hard links get its content.
	Again bool
}

// LeadsOut says whether m is a symlink whose text leads out of the package. Old
// packages have them and every tool makes them, so that they are no fault of an
// archive. Nothing may be written or read through one.
func (m Member) LeadsOut() bool { return m.Type == Symlink && leadsOut(m.Path, m.Target) }

// leadsOut says whether the symlink at name, a path below a package, leads out
// of it if all names on the way are folders.
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
