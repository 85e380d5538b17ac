package mounts

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Mount is one mounted file system, or a part of one: a line of mountinfo
// (proc_pid_mountinfo(5)).
type Mount struct {
	ID, Parent string
	Device     string // major:minor of the file system
	Root       string // folder or file of the file system that is mounted
	Point      string // where it is mounted
	Type       string // "ext4", "nfs4", "fuse.sshfs"
	Source     string // what is mounted: "/dev/sda1", "server:/export"
	Super      string // options of the file system, still escaped
}

// Table has the mounts of one mount namespace, in the order of its mountinfo.
type Table []Mount

// Parse parses a mountinfo. It skips invalid lines; the error contains the first of them.
func Parse(data []byte) (Table, error) {
	var list Table
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

// parseMount parses "36 35 98:0 /root /point rw,noatime master:1 - ext3 /dev/x rw".
func parseMount(line string) (Mount, bool) {
	f := strings.Split(line, " ")
	end := slices.Index(f, "-") // after any number of optional fields
	if end < 6 || len(f) < end+3 {
		return Mount{}, false
	}
	m := Mount{ID: f[0], Parent: f[1], Device: f[2], Root: unescape(f[3]), Point: unescape(f[4]), Type: unescape(f[end+1]), Source: unescape(f[end+2])}
	if len(f) > end+3 {
		m.Super = f[end+3]
	}
	return m, true
}

// At returns the mount that a path without symlinks is on. It ignores mounts that another
// mount covers.
func (m Table) At(path string) (Mount, bool) {
	if at, ok := m.walkTo(path); ok {
		return at, true
	}
	// If the root of this process is not a mount point, as after chroot, the tree has no
	// top.
	best := -1
	for i, x := range m {
		if IsBelow(path, x.Point) && (best < 0 || len(x.Point) >= len(m[best].Point)) {
			best = i
		}
	}
	if best < 0 {
		return Mount{}, false
	}
	return m[best], true
}

// walkTo goes from the mount at the root to the next one on the way to path, as the kernel
// does.
func (m Table) walkTo(path string) (Mount, bool) {
	ids := map[string]bool{}
	for _, x := range m {
		ids[x.ID] = true
	}
	top := slices.IndexFunc(m, func(x Mount) bool { return x.Point == "/" && (!ids[x.Parent] || x.Parent == x.ID) })
	if top < 0 {
		return Mount{}, false
	}
	at := m[top]
	for range m { // at most one step for each mount, even if the parents form a loop
		next := -1
		for i, x := range m {
			if x.Parent == at.ID && x.ID != at.ID && IsBelow(path, x.Point) && IsBelow(x.Point, at.Point) &&
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

// IsBelow reports whether a path is dir or inside it. Both must be absolute and clean.
func IsBelow(path, dir string) bool {
	return path == dir || dir == "/" || strings.HasPrefix(path, dir) && path[len(dir)] == '/'
}

// Inside returns the path, inside the file system of m, of the file at p, which is on m.
func (m Mount) Inside(p string) string {
	return path.Join(m.Root, strings.TrimPrefix(p, m.Point))
}

// Topmost returns one mount for each mount point: the one that no other covers.
func (m Table) Topmost() []Mount {
	type place struct{ id, point string }
	covered := map[place]bool{} // mounts with another at the same point
	for _, x := range m {
		if x.Parent != x.ID {
			covered[place{x.Parent, x.Point}] = true
		}
	}
	var list []Mount
	at := map[string]int{}
	for _, x := range m {
		i, ok := at[x.Point]
		switch {
		case covered[place{x.ID, x.Point}]:
		case ok:
			list[i] = x
		default:
			at[x.Point] = len(list)
			list = append(list, x)
		}
	}
	return list
}
