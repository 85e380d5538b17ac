package dist

import (
	"io/fs"
	"path"
	"path/filepath"
	"runtime"
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
	Path    string // below the package, with slashes, without "." and ".."
	Type    MemberType
	Size    int64       // bytes of a file; 0 for the others
	Mode    fs.FileMode // permission bits, setuid, setgid and sticky, as the archive says
	ModTime time.Time
	// Target is that of a symlink as the archive says, that of a hard link as
	// Path is. A symlink's may be "" in archives that were converted on
	// Windows; such a symlink cannot be made.
	Target string
}

// memberSet knows the members of an archive that were seen, and refuses those that
// an unpacker must not make.
type memberSet struct {
	limits  Limits
	windows bool // paths are to be safe on Windows
	types   map[string]MemberType
	later   []Member // symlinks with ".." behind a name
}

func newMemberSet(l Limits) *memberSet {
	return &memberSet{limits: l, windows: runtime.GOOS == "windows", types: make(map[string]MemberType)}
}

// clean checks a path that an archive states, and returns it without the "."
// and double slashes that some writers leave; "" is the package itself.
func (s *memberSet) clean(what, name string) (string, error) {
	switch {
	case name == "":
		return "", damaged("the %s is empty", what)
	case len(name) > s.limits.Path:
		return "", tooLarge("the %s has %d bytes, %d are allowed", what, len(name), s.limits.Path)
	case strings.ContainsRune(name, 0):
		return "", refused("the %s %s holds a NUL", what, printable(name))
	case strings.HasPrefix(name, "/"):
		return "", refused("the %s %s is absolute", what, printable(name))
	case s.windows && strings.ContainsAny(name, `\:`):
		return "", refused(`the %s %s holds a \ or a :`, what, printable(name))
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == ".." {
			return "", refused("the %s %s leads upwards", what, printable(name))
		}
	}
	name = path.Clean(name)
	if name == "." {
		return "", nil
	}
	if s.windows && runtime.GOOS == "windows" && !filepath.IsLocal(filepath.FromSlash(name)) {
		return "", refused("the %s %s is a device of Windows", what, printable(name))
	}
	return name, nil
}

// add checks m, whose Path and hard link Target are clean, against all
// members before it.
func (s *memberSet) add(m Member) error {
	for i, c := range m.Path {
		if c != '/' {
			continue
		}
		dir := m.Path[:i]
		switch t, ok := s.types[dir]; {
		case !ok:
			if err := s.set(dir, Folder); err != nil {
				return err
			}
		case t != Folder:
			return refused("is below %s, which is a %v", printable(dir), t)
		}
	}
	switch before, ok := s.types[m.Path]; {
	case ok && before == Folder && m.Type == Folder:
		return nil // said twice, or known from what is in it
	case ok:
		return refused("is twice in the archive, as a %v and as a %v", before, m.Type)
	}
	switch m.Type {
	case Hardlink:
		switch t, ok := s.types[m.Target]; {
		case !ok:
			return refused("is a hard link to %s, which does not come before it", printable(m.Target))
		case t != File && t != Hardlink:
			return refused("is a hard link to %s, which is a %v", printable(m.Target), t)
		}
	case Symlink:
		if err := s.checkSymlink(m); err != nil {
			return err
		}
	}
	return s.set(m.Path, m.Type)
}

func (s *memberSet) set(name string, t MemberType) error {
	if len(s.types) >= s.limits.Members {
		return tooLarge("the archive holds more than %d paths", s.limits.Members)
	}
	s.types[name] = t
	return nil
}

// checkSymlink refuses a symlink that leads out of the package.
//
// The folders above a symlink are none themselves, so ".." at the start of its
// target goes where it seems to go. Behind a name it might follow another
// symlink; that is known only when all members are.
func (s *memberSet) checkSymlink(m Member) error {
	switch {
	case len(m.Target) > s.limits.Path:
		return tooLarge("is a symlink to a path of %d bytes, %d are allowed", len(m.Target), s.limits.Path)
	case strings.ContainsRune(m.Target, 0):
		return refused("is a symlink to %s, which holds a NUL", printable(m.Target))
	case leadsOut(m.Path, m.Target), s.windows && strings.ContainsAny(m.Target, `\:`):
		return refused("is a symlink to %s, which leads out of the package", printable(m.Target))
	}
	if rest := strings.TrimLeft(m.Target, "./"); strings.Contains("/"+rest+"/", "/../") {
		s.later = append(s.later, m)
	}
	return nil
}

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

// finish checks what could not be before all members were known, and returns
// the path that is refused.
func (s *memberSet) finish() (string, error) {
	for _, m := range s.later {
		at := path.Dir(m.Path)
		for part := range strings.SplitSeq(m.Target, "/") {
			if t, ok := s.types[at]; part == ".." && ok && t == Symlink {
				return m.Path, refused("is a symlink to %s, which goes back through the symlink %s", printable(m.Target), printable(at))
			}
			at = path.Join(at, part)
		}
	}
	return "", nil
}
