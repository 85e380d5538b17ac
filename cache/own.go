package cache

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"

	"gclean/cache/quarantine"
	"gclean/walk"
)

// Names of what gclean itself leaves in a cache, while it works or when it is
// killed.
const (
	OwnTrash = ".gclean-trash" // entries on their way out
	OwnLock  = ".gclean.lock"  // the lock file where nothing else can be locked
	OwnLease = ".gclean.lease" // what keeps other hosts out, on a network file system
)

// IsOwnTrash says whether name, at the top of a cache, is one of a trash of gclean:
// OwnTrash, or what is made where that cannot be used.
func IsOwnTrash(name string) bool {
	return name == OwnTrash || strings.HasPrefix(name, OwnTrash+"-")
}

// UsableTrash says whether entries of a cache may be moved to a trash in it: one that
// this process can write to, of this user, of the owner of the cache, or of the group
// that may write to the cache. In a sticky one of another user, nobody else can remove
// what that user has left.
func UsableTrash(cache walk.Stat, trash *walk.Dir) bool {
	st, euid := trash.Stat(), os.Geteuid()
	if runtime.GOOS != "windows" && int(st.UID) != euid {
		group := st.GID == cache.GID && cache.Mode.Perm()&0o020 != 0
		sticky := st.Mode&fs.ModeSticky != 0 && euid != 0
		if sticky || st.UID != cache.UID && !group {
			return false
		}
	}
	return trash.Writable() == nil
}

// markerSuffix ends the names of markers: files in the trash that are named
// after a package that is being removed where it is.
const markerSuffix = ".removing"

// MarkerOf is the name of the marker of an entry: its path below the cache, with
// slashes escaped.
func MarkerOf(name string) string { return url.PathEscape(name) + markerSuffix }

// MarkedBy is the entry that a marker is of.
func MarkedBy(marker string) (name string, ok bool) {
	escaped, ok := strings.CutSuffix(marker, markerSuffix)
	if !ok {
		return "", false
	}
	name, err := url.PathUnescape(escaped)
	return name, err == nil
}

// ownTrash lists what earlier runs of gclean have left: entries in their trashes,
// and those that they had to remove where they are. A trash in which this process
// may not remove anything is passed over.
func (l *lister) ownTrash(items []walk.Item) error {
	l.marked, l.trashes = map[string]bool{}, map[string]bool{}
	var errs []error
	for _, it := range items {
		if !IsOwnTrash(it.Name) || !it.IsDir() || !l.mayEmpty(it.Name) {
			continue
		}
		first := len(l.entries)
		if err := l.children(it.Name, Trash); err != nil {
			errs = append(errs, err)
			continue
		}
		l.trashes[it.Name] = true
		if len(l.entries) == first && it.Name != OwnTrash {
			l.add(Trash, it.Name, it.Stat) // killed before it put anything there
		}
	}
	l.entries = slices.DeleteFunc(l.entries, func(e *candidate) bool {
		e.leftover = true
		name, ok := MarkedBy(path.Base(e.Name))
		if !ok || !l.isHalf(name) {
			return false // a marker of nothing goes itself
		}
		l.marked[name] = true
		return true
	})
	return errors.Join(errs...)
}

// quarantined lists what is in quarantine. Until it goes, it counts for the links of
// its files; what a killed run has left there is trash.
func (l *lister) quarantined() {
	found, err := quarantine.Read(l.Dir)
	if err != nil {
		l.problems = append(l.problems, err)
	}
	l.aside = map[string]bool{}
	for _, f := range found {
		name := path.Join(quarantine.Dir, f.Name)
		switch {
		case f.Err != nil:
			l.problems = append(l.problems, f.Err)
		case !f.Whole():
			l.add(Trash, name, f.Stat).leftover = true
		default:
			e := l.add(Quarantined, name, f.Stat)
			e.Dist, e.Until, e.Origin = string(f.Note.Dist), f.Note.Until, string(f.Note.Path)
			e.Because, e.noted = f.Note.Reason, f.Note.DiskSize
			l.aside[e.Origin] = true
			for _, also := range f.Note.Also {
				l.aside[path.Join(f.Note.Folder(), string(also))] = true
			}
			for dir := f.Note.Folder(); dir != "" && dir != "."; dir = path.Dir(dir) {
				l.aside[dir] = true
			}
		}
	}
}

// mayEmpty says whether this process may remove what is in a trash. Root may, even
// where it would put nothing of its own.
func (l *lister) mayEmpty(name string) bool {
	dir, err := l.Dir.OpenDir(name)
	if err != nil {
		return !errors.Is(err, fs.ErrPermission) // and the listing tells why
	}
	defer dir.Close()
	return UsableTrash(l.Dir.Stat(), dir) || os.Geteuid() == 0
}

// isHalf says whether the package name has lost its info/index.json: one that
// has it was extracted anew since.
func (l *lister) isHalf(name string) bool {
	dir, err := l.Dir.OpenBelow(name)
	if err != nil {
		return false
	}
	defer dir.Close()
	info, err := dir.OpenDir("info")
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	defer info.Close()
	_, err = info.Lstat("index.json")
	return errors.Is(err, fs.ErrNotExist)
}
