package dist

import (
	"slices"
	"strings"
)

// symlinkSet holds the symlinks of an archive that finish must follow.
type symlinkSet struct {
	targets map[pathKey]string
	later   []Member // symlinks with ".." after a name
	names   int      // bytes stored
	steps   int      // parts of paths followed so far
}

// Limits that no package needs raised. The largest packages have some 10,000 symlinks, with
// 1 MB of names.
const (
	maxSymlinkNames = 16 << 20 // bytes of the stored symlinks of one archive
	maxSymlinkSteps = 16 << 20 // parts of paths followed in one archive
	maxSymlinkHops  = 40       // as many as Linux follows
)

// addSymlink stores a symlink for finish.
//
// A symlink may openly lead out: lib/certs -> /etc/ssl/certs. If its text stays inside the
// package, it must really do so. The folders above a symlink are not symlinks themselves,
// so ".." at the start of its target goes where it seems to go. After a name, ".." may
// follow another symlink; that is known only when all members are.
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

// finish makes the checks that need all members, and returns the path that is refused.
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

// followsOut returns the last symlink on the way of m out of the package, or "" if the way
// stays inside. The way may end in a symlink that openly leads out, but no ".." may follow
// it.
func (s *memberSet) followsOut(m Member) (string, error) {
	w, err := s.follow(m.Path, m.Target)
	if err != nil || !w.out || w.stated && !w.back {
		return "", err
	}
	return w.through, nil
}

// way is where a system arrives that follows a path.
type way struct {
	at      string // the place, without symlinks; "" is the package
	through string // the last symlink on the way
	out     bool   // the way leads out of the package, so at is unknown
	stated  bool   // if out: the text of through leads out
	back    bool   // if out: ".." follows through
	endless bool   // there are too many symlinks for a system to follow
}

// follow follows target from the folder of the clean path link, as a system would.
func (s *memberSet) follow(link, target string) (way, error) {
	var at []string // the folder reached so far
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

// reversed returns the parts of a path, the first one last.
func reversed(target string) []string {
	parts := strings.Split(target, "/")
	slices.Reverse(parts)
	return parts
}
