package hold

import (
	"cmp"
	"path"
	"strings"

	"gclean/walk"
	"gclean/walk/mounts"
)

// lines records which folders are in use, by identity, together with all folders above
// them.
type lines struct {
	identify func(string) (walk.ID, error)
	by       map[walk.ID]Use
	seen     map[string]bool
	// unread are folders that cannot be identified; only their paths are known. relative
	// are overlay layers with relative paths, whose starting folder is unknown.
	unread, relative []unread
}

type unread struct {
	path string
	use  Use
}

// add notes that dir, a path without symlinks, is in use, and so are the folders above it.
// root leads to the root that dir is relative to, and space names the pair of namespace and
// root.
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
		case !walk.IsGone(err): // else it was removed or the process ended; the folders above may still be in use
			l.seen[key] = true
			l.unread = append(l.unread, unread{dir, use})
		}
		if dir == "/" || dir == "." {
			return
		}
	}
}

// climb is add for a folder that can also be reached through link, without its path. link
// leads to the folder itself, even if its path leads elsewhere or nowhere.
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

// maxDepth limits how far climb follows a working folder upwards. A path has fewer parts
// than half of PATH_MAX.
const maxDepth = 2048

func (l *lines) set(id walk.ID, use Use) {
	if _, ok := l.by[id]; !ok {
		l.by[id] = use
	}
}

// of returns what uses the folder with this identity at dir.
func (l *lines) of(id walk.ID, dir string) (Use, bool) {
	if use, ok := l.by[id]; ok {
		return use, true
	}
	for _, x := range l.unread {
		if mounts.IsBelow(x.path, dir) {
			return x.use, true
		}
	}
	// A relative layer may be anywhere: assume that it is in this folder if one of its
	// parts has the folder's name.
	for _, x := range l.relative {
		for part := range strings.SplitSeq(x.path, "/") {
			if part != "" && part == path.Base(cmp.Or(dir, "/")) {
				return x.use, true
			}
		}
	}
	return Use{}, false
}
