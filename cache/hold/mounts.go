package hold

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Mount is one mounted file system, or a part of one, as a line of mountinfo has
// it (proc_pid_mountinfo(5)).
type Mount struct {
	ID, Parent string
	Device     string // major:minor of the file system
	Root       string // the folder or file of the file system that is mounted
	Point      string // where it is mounted
	Type       string // "ext4", "nfs4", "fuse.sshfs"
	Super      string // options of the file system, still escaped
}

// Mounts are the mounts of one mount namespace, in the order of its mountinfo.
type Mounts []Mount

// ParseMounts reads a mountinfo. Lines that are none are left out, and the error
// names the first of them.
func ParseMounts(data []byte) (Mounts, error) {
	var list Mounts
	var bad error
	for line := range strings.Lines(string(data)) {
		m, ok := parseMount(strings.TrimSuffix(line, "\n"))
		switch {
		case ok:
			list = append(list, m)
		case bad == nil:
			bad = fmt.Errorf("not a line of mountinfo: %q", line)
		}
	}
	return list, bad
}

// parseMount reads "36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/x rw".
func parseMount(line string) (Mount, bool) {
	f := strings.Split(line, " ")
	end := slices.Index(f, "-") // after any number of optional fields
	if end < 6 || len(f) < end+3 {
		return Mount{}, false
	}
	m := Mount{ID: f[0], Parent: f[1], Device: f[2], Root: unescape(f[3]), Point: unescape(f[4]), Type: unescape(f[end+1])}
	if len(f) > end+3 {
		m.Super = f[end+3]
	}
	return m, true
}

// unescape replaces \040 and its like by the byte that they stand for
// (mangle_path in fs/seq_file.c of Linux).
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		c, _, n := decode(s[i:])
		b.WriteByte(c)
		i += n
	}
	return b.String()
}

// decode returns the first byte that s stands for, whether it was escaped, and how
// long it is in s.
func decode(s string) (c byte, escaped bool, n int) {
	if s[0] == '\\' && len(s) > 3 && isOctal(s[1]) && isOctal(s[2]) && isOctal(s[3]) {
		return (s[1]-'0')<<6 | (s[2]-'0')<<3 | (s[3] - '0'), true, 4
	}
	return s[0], false, 1
}

func isOctal(c byte) bool { return '0' <= c && c <= '7' }

// At returns the mount that a path without symlinks is on. A mount that another
// one covers is passed over.
func (m Mounts) At(path string) (Mount, bool) {
	if at, ok := m.walkTo(path); ok {
		return at, true
	}
	// Where the root of this process is no mount point, as after chroot, the tree
	// has no top.
	best := -1
	for i, x := range m {
		if isBelow(path, x.Point) && (best < 0 || len(x.Point) >= len(m[best].Point)) {
			best = i
		}
	}
	if best < 0 {
		return Mount{}, false
	}
	return m[best], true
}

// walkTo goes from the mount at the root to the next one on the way to path, as the
// kernel does.
func (m Mounts) walkTo(path string) (Mount, bool) {
	ids := map[string]bool{}
	for _, x := range m {
		ids[x.ID] = true
	}
	top := slices.IndexFunc(m, func(x Mount) bool { return x.Point == "/" && (!ids[x.Parent] || x.Parent == x.ID) })
	if top < 0 {
		return Mount{}, false
	}
	at := m[top]
	for range m { // no more steps than mounts, whatever the parents are
		next := -1
		for i, x := range m {
			if x.Parent == at.ID && x.ID != at.ID && isBelow(path, x.Point) && isBelow(x.Point, at.Point) &&
				(next < 0 || len(x.Point) < len(m[next].Point)) {
				next = i
			}
		}
		if next < 0 {
			break
		}
		at = m[next]
	}
	return at, true
}

// isBelow says whether a path is dir or inside it. Both are absolute and clean.
func isBelow(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}

// inside returns where m has what is at path, which is on it: the path inside the
// file system.
func (m Mount) inside(p string) string {
	return path.Join(m.Root, strings.TrimPrefix(p, m.Point))
}

// source is one mount that shows what is inside a folder elsewhere.
type source struct {
	inside string // path inside the file system
	point  string
}

// sources are the mounts of list that have a part of the file system of on, inside
// the folder dir of it: bind mounts, with the path of what they show.
func (m Mounts) sources(on Mount, dir string) []source {
	var list []source
	for _, x := range m {
		if x.Device == on.Device && x.Root != dir && isBelow(x.Root, dir) && !strings.HasSuffix(x.Root, removedRoot) {
			list = append(list, source{x.Root, x.Point})
		}
	}
	return list
}

// removedRoot ends the root of a mount whose folder or file was removed since.
const removedRoot = "//deleted"

// layers are the folders that an overlay is made of: lowerdir, in its old and new
// form, upperdir and workdir, as the one who mounted it named them. They may be
// relative to a folder that nobody knows any more. Of other file systems there are
// none.
func (m Mount) layers() []string {
	if m.Type != "overlay" {
		return nil
	}
	var list []string
	for option := range strings.SplitSeq(m.Super, ",") { // a comma in a path is \054
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "lowerdir":
			list = append(list, splitLayers(value)...)
		case "lowerdir+", "datadir+", "upperdir", "workdir":
			// Kernels differ in whether a backslash is one here.
			list = append(list, unescape(value))
			if joined := strings.Join(splitLayers(value), ":"); joined != unescape(value) {
				list = append(list, joined)
			}
		}
	}
	return list
}

// splitLayers splits what lowerdir says at its colons, those in paths aside: they
// follow a backslash (ovl_parse_param_split_lowerdirs in fs/overlayfs/params.c of
// Linux), or are shown as \072.
func splitLayers(value string) []string {
	var list []string
	var b strings.Builder
	end := func() {
		if b.Len() > 0 { // "::" sets layers of data apart
			list = append(list, b.String())
		}
		b.Reset()
	}
	literal := false
	for i := 0; i < len(value); {
		c, escaped, n := decode(value[i:])
		i += n
		switch {
		case literal:
			b.WriteByte(c)
			literal = false
		case c == '\\':
			literal = true
		case c == ':' && !escaped:
			end()
		default:
			b.WriteByte(c)
		}
	}
	end()
	return list
}
