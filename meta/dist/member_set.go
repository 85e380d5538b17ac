package dist

import (
	"hash/maphash"
	"path"
	"path/filepath"
	"runtime"
	"strings"
)

// memberSet records the members of an archive seen so far. It refuses those that an
// unpacker must not make, and says where the others go. It stores a hash of each path
// instead of the path. A million paths of 4 KiB would take 4 GB, but their hashes take 40
// MB. Each set has new random seeds, so that nobody can construct two paths with the same
// hash.
type memberSet struct {
	limits  Limits
	windows bool // paths must be safe on Windows
	seeds   [2]maphash.Seed
	types   map[pathKey]uint8 // a MemberType
	large   func() error      // called once, before the set becomes large; may wait
	symlinkSet
}

// pathKey is the hash of a path.
type pathKey [2]uint64

// fewMembers is the size up to which a set counts as small: 2 MB.
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

// clean checks a path from an archive. It returns the path without the "." and double
// slashes that some writers leave; "" is the package itself.
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

// add checks m against all earlier members. m.Path, and the Target of a hard link, must be
// clean. add sets m.Path to where conda's unpacker would put the member: below a symlink
// that stays in the package, that is behind the symlink. leftOut is why conda leaves the
// member out, or "".
//
// A path may occur twice; the last one counts. conda writes a file through a symlink at its
// path, while mamba and rattler replace the symlink.
func (s *memberSet) add(m *Member) (leftOut string, err error) {
	if m.Path, err = s.addFolders(m.Path); err != nil {
		return "", err
	}
	if m.Type == Hardlink {
		if err := s.addHardlink(m); err != nil {
			return "", err
		}
	}
	if before, ok := s.typeOf(m.Path); ok {
		if before == Symlink && (m.Type == Folder || m.Type == File) {
			if before, err = s.addThrough(m); err != nil {
				return "", err
			}
		}
		switch {
		case before == Folder && m.Type == Folder:
			return "", nil // it occurs twice, or is known from its files
		case before == Folder && m.Type == Symlink:
			return "a folder is in its place", nil
		case before == Folder, m.Type == Folder, m.Type == Hardlink:
			return "", refused("is twice in the archive, as a %v and as a %v", before, m.Type)
		}
		m.Again = true
	}
	if m.Type == Symlink {
		if m.Target == "" {
			return "it has no target", nil
		}
		if err := s.addSymlink(*m); err != nil {
			return "", err
		}
	}
	return "", s.set(m.Path, m.Type)
}

// addThrough handles a file or folder that comes after a symlink with its path. It sets the
// path to the place behind the symlink, and returns the type of the member there, or File
// if there is nothing.
func (s *memberSet) addThrough(m *Member) (MemberType, error) {
	link := m.Path
	w, err := s.follow("", link)
	switch {
	case err != nil:
		return 0, err
	case w.out:
		return 0, refused("is twice in the archive, as a symlink out of the package and as a %v", m.Type)
	case w.endless:
		return 0, refused("is twice in the archive, as a symlink to nothing and as a %v", m.Type)
	case w.at == "":
		return Folder, nil
	}
	before, ok := s.typeOf(w.at)
	if in, known := s.typeOf(above(w.at)); !ok && (m.Type == Folder || above(w.at) != "" && (!known || in != Folder)) {
		return 0, refused("is twice in the archive, as a symlink to nothing and as a %v", m.Type)
	}
	m.Path = w.at
	if !ok {
		before = File
	}
	return before, nil
}

// addHardlink checks the target of a hard link. A hard link to a symlink is another
// symlink.
func (s *memberSet) addHardlink(m *Member) error {
	in, known, err := s.placeOf(above(m.Target))
	if err != nil {
		return err
	}
	stated := m.Target
	m.Target = path.Join(in, path.Base(m.Target))
	switch t, ok := s.typeOf(m.Target); {
	case !ok || !known:
		return refused("is a hard link to %s, which does not come before it", printable(stated))
	case t == Symlink:
		m.Type, m.Target = Symlink, s.targets[s.key(m.Target)]
	case t == Folder:
		return refused("is a hard link to %s, which is a %v", printable(stated), t)
	}
	return nil
}

// placeOf returns where the clean path of a folder leads to. known reports whether an
// earlier member is a folder there.
func (s *memberSet) placeOf(dir string) (place string, known bool, err error) {
	w, err := s.follow("", dir)
	if err != nil || w.out || w.endless {
		return "", false, err
	}
	t, ok := s.typeOf(w.at)
	return w.at, w.at == "" || ok && t == Folder, nil
}

// addFolders adds the folders above name, and returns name without symlinks on its way. The
// folders above a known folder are known too, so each is added once, and the work does not
// grow with the depth.
func (s *memberSet) addFolders(name string) (string, error) {
	var unknown []string
	for dir := above(name); dir != ""; dir = above(dir) {
		t, ok := s.typeOf(dir)
		if ok && t == Symlink {
			place, known, err := s.placeOf(dir)
			switch {
			case err != nil:
				return "", err
			case !known:
				return "", refused("is below %s, which is a symlink to no folder of the package that comes before it", printable(dir))
			}
			if name = strings.TrimPrefix(path.Join(place, name[len(dir):]), "/"); len(name) > s.limits.Path {
				return "", tooLarge("the path has %d bytes, %d are allowed", len(name), s.limits.Path)
			}
			dir, unknown = name, unknown[:0] // that place has no symlink above it
			continue
		}
		if ok && t != Folder {
			return "", refused("is below %s, which is a %v", printable(dir), t)
		}
		if ok {
			break
		}
		unknown = append(unknown, dir)
	}
	for _, dir := range unknown {
		if err := s.set(dir, Folder); err != nil {
			return "", err
		}
	}
	return name, nil
}

// above returns the folder that a clean path is in; "" is the package.
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
