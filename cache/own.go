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

// Names of what gclean itself leaves in a cache, while it works or when it is killed.
const (
	OwnTrash = ".gclean-trash" // entries that are being removed
	OwnLock  = ".gclean.lock"  // the lock file where nothing else can be locked
	OwnLease = ".gclean.lease" // keeps other hosts out, on a network file system
)

// IsOwnTrash reports whether name, at the top of a cache, is a trash of gclean: OwnTrash,
// or one made because OwnTrash cannot be used.
func IsOwnTrash(name string) bool {
	return name == OwnTrash || strings.HasPrefix(name, OwnTrash+"-")
}

// UsableTrash reports whether this process may move entries of a cache to a trash in it. It
// must be able to write to the trash. The trash must belong to this user, to the owner of
// the cache, or to the group that may write to the cache. A sticky trash of another user is
// unusable except for root, because nobody else can remove what that user leaves there.
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

// markerSuffix ends the names of markers. A marker is a file in the trash, named after a
// package that is being removed in place.
const markerSuffix = ".removing"

// MarkerOf returns the name of the marker of an entry: its path below the cache, with
// slashes escaped.
func MarkerOf(name string) string { return url.PathEscape(name) + markerSuffix }

// MarkedBy returns the name of the entry that marker belongs to.
func MarkedBy(marker string) (name string, ok bool) {
	escaped, ok := strings.CutSuffix(marker, markerSuffix)
	if !ok {
		return "", false
	}
	name, err := url.PathUnescape(escaped)
	return name, err == nil
}

// ownTrash lists what earlier runs of gclean left: entries in their trashes, and entries
// that they had to remove in place. It skips trashes in which this process may not remove
// anything.
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
			l.add(Trash, it.Name, it.Stat) // a run was killed before it moved anything there
		}
	}
	l.entries = slices.DeleteFunc(l.entries, func(e *candidate) bool {
		e.leftover = true
		name, ok := MarkedBy(path.Base(e.Name))
		if !ok || !l.isHalf(name) {
			return false // a marker without its package is removed itself
		}
		l.marked[name] = true
		return true
	})
	return errors.Join(errs...)
}

// quarantined lists the quarantine. Until an entry in it is removed, it counts for the
// links of its files. What a killed run left there is trash.
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
			e.Because = f.Note.Reason
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

// mayEmpty reports whether this process may remove what is in a trash. Root may, even from
// a trash that it would not use itself.
func (l *lister) mayEmpty(name string) bool {
	dir, err := l.Dir.OpenDir(name)
	if err != nil {
		return !errors.Is(err, fs.ErrPermission) // the listing returns the error
	}
	defer dir.Close()
	return UsableTrash(l.Dir.Stat(), dir) || os.Geteuid() == 0
}

// isHalf reports whether the package name has lost its info/index.json. If it has the file,
// it was extracted again since.
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
