package dist

import (
	"slices"
	"strings"
)

// symlinkSet are the symlinks of an archive, as far as finish has to follow them.
type symlinkSet struct {
	targets map[pathKey]string
	later   []Member // symlinks with ".." behind a name
	names   int      // bytes of what is kept
	steps   int      // parts of paths that were followed
}

// Bounds that no package needs raised. The largest packages have some 10,000
// symlinks, with 1 MB of names.
const (
	maxSymlinkNames = 16 << 20 // bytes of the symlinks that are kept, in one archive
	maxSymlinkSteps = 16 << 20 // parts of paths that are followed, in one archive
	maxSymlinkHops  = 40       // as often as Linux follows
)

// addSymlink keeps a symlink for finish.
//
// A symlink may say that it leads out: lib/certs -> /etc/ssl/certs. One whose text
// stays inside must do so in truth. The folders above a symlink are none
// themselves, so ".." at the start of its target goes where it seems to go.
// Behind a name it may come after another symlink; that is known only when all
// members are.
func (s *memberSet) addSymlink(m Member) error {
	switch {
	case len(m.Target) > s.limits.Path:
		return tooLarge("is a symlink to a path of %d bytes, %d are allowed", len(m.Target), s.limits.Path)
	case strings.ContainsRune(m.Target, 0):
		return refused("is a symlink to %s, which holds a NUL", printable(m.Target))
	case s.windows && strings.ContainsAny(m.Target, `\:`):
		return refused("is a symlink to %s, which leads out of the package", printable(m.Target))
	}
	s.names += len(m.Path) + len(m.Target) + 64
	if s.names > maxSymlinkNames {
		return tooLarge("the names of all symlinks have more than %d bytes", maxSymlinkNames)
	}
	if s.targets == nil {
		s.targets = make(map[pathKey]string)
	}
	s.targets[s.key(m.Path)] = m.Target
	if rest := strings.TrimLeft(m.Target, "./"); strings.Contains("/"+rest+"/", "/../") && !m.LeadsOut() {
		s.later = append(s.later, m)
	}
	return nil
}

// finish checks what could not be before all members were known, and returns
// the path that is refused.
func (s *memberSet) finish() (string, error) {
	for _, m := range s.later {
		out, err := s.followsOut(m)
		if err != nil {
			return m.Path, err
		}
		if out != "" {
			return m.Path, refused("is a symlink to %s, which leads out of the package through the symlink %s", printable(m.Target), printable(out))
		}
	}
	return "", nil
}

// followsOut returns the last symlink on the way of m out of the package, "" where the
// way stays inside. A symlink that says itself that it leads out may be the end of the
// way, but nothing goes back behind it.
func (s *memberSet) followsOut(m Member) (string, error) {
	w, err := s.follow(m.Path, m.Target)
	if err != nil || !w.out || w.stated && !w.back {
		return "", err
	}
	return w.through, nil
}

// way is where a system comes to that follows a path.
type way struct {
	at      string // the place, with no symlink before it or at it; "" is the package
	through string // the last symlink on the way
	out     bool   // the way leads out of the package: nothing is known of at
	stated  bool   // out: by the text of through
	back    bool   // out: there are ".." behind through
	endless bool   // there are too many symlinks for a system to follow
}

// follow follows target from the folder that the clean path link is in, as a system
// would.
func (s *memberSet) follow(link, target string) (way, error) {
	var at []string // the folder that the way has come to
	if dir := above(link); dir != "" {
		at = strings.Split(dir, "/")
	}
	rest := reversed(target)
	w := way{through: link}
	for hops := 0; len(rest) > 0; {
		if s.steps += 1 + len(at); s.steps > maxSymlinkSteps {
			return w, tooLarge("following the symlinks takes more than %d steps", maxSymlinkSteps)
		}
		part := rest[len(rest)-1]
		rest = rest[:len(rest)-1]
		switch part {
		case "", ".":
			continue
		case "..":
			if len(at) == 0 {
				w.out = true
				return w, nil
			}
			at = at[:len(at)-1]
			continue
		}
		name := strings.Join(append(slices.Clone(at), part), "/")
		target, ok := s.targets[s.key(name)]
		switch {
		case !ok:
			at = append(at, part)
			continue
		case leadsOut(name, target):
			w.through, w.out, w.stated, w.back = name, true, true, slices.Contains(rest, "..")
			return w, nil
		}
		if hops++; hops > maxSymlinkHops {
			w.endless = true
			return w, nil
		}
		w.through = name
		rest = append(rest, reversed(target)...)
	}
	w.at = strings.Join(at, "/")
	return w, nil
}

// reversed are the parts of a path, the first one last.
func reversed(target string) []string {
	parts := strings.Split(target, "/")
	slices.Reverse(parts)
	return parts
}
