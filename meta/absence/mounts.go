package absence

import "gclean/walk/mounts"

// mountTable knows what is mounted where.
type mountTable struct {
	known bool                    // false if the system does not tell
	top   map[string]mounts.Mount // the topmost mount at each mount point
}

func newMountTable(list mounts.Table) mountTable {
	t := mountTable{known: true, top: map[string]mounts.Mount{}}
	for _, m := range list.Topmost() {
		t.top[m.Point] = m
	}
	return t
}

// mountState says what is mounted at a folder.
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
	case m.Type == "autofs":
		return automounted
	}
	return mounted
}
