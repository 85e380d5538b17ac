package meta

import (
	"path/filepath"
	"strconv"
	"strings"
)

// mount is a line of mountinfo: a file system, and the folder that it is at.
type mount struct {
	id, parent int
	point      string
	fstype     string
}

// parseMountinfo reads /proc/self/mountinfo (Documentation/filesystems/proc.rst
// of Linux). A line that is none is passed over: what it would tell of counts as
// not mounted.
func parseMountinfo(data []byte) []mount {
	var list []mount
	for line := range strings.Lines(string(data)) {
		before, after, ok := strings.Cut(line, " - ")
		fields, types := strings.Fields(before), strings.Fields(after)
		if !ok || len(fields) < 6 || len(types) < 1 {
			continue
		}
		id, err1 := strconv.Atoi(fields[0])
		parent, err2 := strconv.Atoi(fields[1])
		if err1 != nil || err2 != nil {
			continue
		}
		list = append(list, mount{id, parent, unescapeMount(fields[4]), types[0]})
	}
	return list
}

// parseFstab returns the mount points in an fstab (fstab(5)), but not "/", which
// is always there. Those that are mounted by hand (noauto) count too: nothing
// else is at the path of what is on them.
func parseFstab(data []byte) []string {
	var points []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0][0] == '#' || fields[2] == "swap" {
			continue
		}
		// Of swap, the mount point is "none" or "swap".
		if point := filepath.Clean(unescapeMount(fields[1])); filepath.IsAbs(point) && point != filepath.Dir(point) {
			points = append(points, point)
		}
	}
	return points
}

// unescapeMount puts characters in the place of \040 and the like (getmntent(3),
// mangle in fs/proc_namespace.c of Linux).
func unescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// mountTable is what is mounted where.
type mountTable struct {
	known bool             // false where the system does not tell
	top   map[string]mount // the uppermost mount at each mount point
}

func newMountTable(list []mount) mountTable {
	type place struct {
		id    int
		point string
	}
	covered := map[place]bool{} // mounts with another at the same point
	for _, m := range list {
		covered[place{m.parent, m.point}] = true
	}
	t := mountTable{known: true, top: map[string]mount{}}
	for _, m := range list {
		if !covered[place{m.id, m.point}] {
			t.top[m.point] = m
		}
	}
	return t
}

// mountState is what is mounted at one folder.
type mountState int

const (
	notMounted mountState = iota
	mounted
	automounted // an automounter waits there, and nothing is mounted on it
)

func (t mountTable) at(path string) mountState {
	m, ok := t.top[path]
	switch {
	case !ok:
		return notMounted
	case m.fstype == "autofs":
		return automounted
	}
	return mounted
}
