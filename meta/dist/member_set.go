package dist

import (
	"hash/maphash"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// memberSet knows the members of an archive that were seen, and refuses those that
// an unpacker must not make. It keeps a hash of each path in place of the path: a
// million paths of 4 KiB would take 4 GB, their hashes take 40 MB. The seeds are
// drawn anew for each set, so that nobody can make two paths meet.
type memberSet struct {
	limits  Limits
	windows bool // paths are to be safe on Windows
	seeds   [2]maphash.Seed
	types   map[pathKey]uint8 // a MemberType
	large   func() error      // asked once, before the set becomes large; may wait
	symlinkSet
}

// pathKey is the hash of a path.
type pathKey [2]uint64

// fewMembers is up to how many members a set is small: 2 MB.
const fewMembers = 1 << 16

func newMemberSet(l Limits) *memberSet {
	return &memberSet{
		limits:  l,
		windows: runtime.GOOS == "windows",
		seeds:   [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		types:   make(map[pathKey]uint8),
	}
}

func (s *memberSet) key(name string) pathKey {
	return pathKey{maphash.String(s.seeds[0], name), maphash.String(s.seeds[1], name)}
}

func (s *memberSet) typeOf(name string) (MemberType, bool) {
	t, ok := s.types[s.key(name)]
	return MemberType(t), ok
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
	if err := s.addFolders(m.Path); err != nil {
		return err
	}
	switch before, ok := s.typeOf(m.Path); {
	case ok && before == Folder && m.Type == Folder:
		return nil // said twice, or known from what is in it
	case ok:
		return refused("is twice in the archive, as a %v and as a %v", before, m.Type)
	}
	switch m.Type {
	case Hardlink:
		switch t, ok := s.typeOf(m.Target); {
		case !ok:
			return refused("is a hard link to %s, which does not come before it", printable(m.Target))
		case t != File && t != Hardlink:
			return refused("is a hard link to %s, which is a %v", printable(m.Target), t)
		}
	case Symlink:
		if err := s.addSymlink(m); err != nil {
			return err
		}
	}
	return s.set(m.Path, m.Type)
}

// addFolders adds the folders above name. Those above a folder that is known are
// known too, so that each is added once and the work does not grow with the
// depth.
func (s *memberSet) addFolders(name string) error {
	var unknown []string
	for dir := above(name); dir != ""; dir = above(dir) {
		t, ok := s.typeOf(dir)
		if ok && t != Folder {
			return refused("is below %s, which is a %v", printable(dir), t)
		}
		if ok {
			break
		}
		unknown = append(unknown, dir)
	}
	for _, dir := range unknown {
		if err := s.set(dir, Folder); err != nil {
			return err
		}
	}
	return nil
}

// above is the folder that a clean path is in; "" is the package.
func above(name string) string {
	return name[:max(strings.LastIndexByte(name, '/'), 0)]
}

func (s *memberSet) set(name string, t MemberType) error {
	switch n := len(s.types); {
	case n >= s.limits.Members:
		return tooLarge("the archive holds more than %d paths", s.limits.Members)
	case n == fewMembers && s.large != nil:
		if err := s.large(); err != nil {
			return err
		}
	}
	s.types[s.key(name)] = uint8(t)
	return nil
}
