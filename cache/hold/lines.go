package hold

import (
	"cmp"
	"path"
	"strings"

	"gclean/walk"
	"gclean/walk/mounts"
)

// lines are folders that are in use, by identity, with all the folders that they are
// in.
type lines struct {
	identify func(string) (walk.ID, error)
	by       map[walk.ID]Use
	seen     map[string]bool
	// unread are those that could not be identified: what is known of them is the
	// path. relative are layers whose beginning is not known.
	unread, relative []unread
}

type unread struct {
	path string
	use  Use
}

// add notes that dir, without symlinks, is in use. It is reached through root. What is
// reached through another root of the same space was followed before.
func (l *lines) add(space, root, dir string, use Use) {
	for ; ; dir = path.Dir(dir) {
		key := space + "\x00" + dir
		if l.seen[key] {
			return
		}
		id, err := l.identify(root + dir)
		switch {
		case err == nil:
			l.seen[key] = true
			l.set(id, use)
		case !walk.IsGone(err): // else removed, or the process has ended: others may be in it
			l.seen[key] = true
			l.unread = append(l.unread, unread{dir, use})
		}
		if dir == "/" || dir == "." {
			return
		}
	}
}

// climb is add of a folder that also can be reached by link, without a path. That way
// leads to the folder itself even where the path means another one, or none.
func (l *lines) climb(key, dir, link string, use Use) {
	if key = "cwd\x00" + key; l.seen[key] {
		return
	}
	var last walk.ID
	for range maxDepth {
		id, err := l.identify(link)
		switch {
		case err != nil && gone(err):
			return // the process has ended
		case err != nil:
			l.unread = append(l.unread, unread{dir, use})
			return
		case id == last:
			l.seen[key] = true
			return // the root
		}
		l.set(id, use)
		last = id
		link += "/.."
	}
}

// maxDepth bounds how deep a working folder is followed up. A path has fewer parts
// than half of PATH_MAX.
const maxDepth = 2048

func (l *lines) set(id walk.ID, use Use) {
	if _, ok := l.by[id]; !ok {
		l.by[id] = use
	}
}

// of says what uses the folder with this identity at dir.
func (l *lines) of(id walk.ID, dir string) (Use, bool) {
	if use, ok := l.by[id]; ok {
		return use, true
	}
	for _, x := range l.unread {
		if mounts.IsBelow(x.path, dir) {
			return x.use, true
		}
	}
	// A relative layer may be anywhere: one with a folder of this name in it is taken
	// for one of this folder.
	for _, x := range l.relative {
		for part := range strings.SplitSeq(x.path, "/") {
			if part != "" && part == path.Base(cmp.Or(dir, "/")) {
				return x.use, true
			}
		}
	}
	return Use{}, false
}
