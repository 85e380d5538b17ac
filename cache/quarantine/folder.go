package quarantine

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"gclean/walk"
)

// Dir is the folder at the top of a cache that contains the quarantine. NoteName is the
// note of an entry.
const (
	Dir      = ".gclean-quarantine"
	NoteName = "note.json"
)

// maxNote is the maximum length of a note, in bytes.
const maxNote = 64 << 10

// Found is a folder in Dir.
type Found struct {
	Name string    // of the folder
	Stat walk.Stat // of the folder
	// Note is nil if the folder has no note, or if Err refuses it.
	Note *Note
	// Item describes the entry; HasItem says that it exists.
	Item    walk.Stat
	HasItem bool
	// ByGroup says that the note is trusted only because the group of the cache may write
	// to the cache.
	ByGroup bool
	Err     error // a *RefusedError, or an error of the system
}

// Whole reports whether the folder has an entry that can be restored. A folder that is
// neither whole nor refused is what a killed run left.
func (f *Found) Whole() bool { return f.Err == nil && f.Note != nil && f.HasItem }

// RefusedError says that gclean skips an entry in quarantine.
type RefusedError struct {
	Path string // path of the entry's folder
	Err  error  // the reason
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s: left in quarantine: %v", e.Path, e.Err)
}
func (e *RefusedError) Unwrap() error { return e.Err }

// errForeign means that another user may have written a note.
var errForeign = errors.New("its note belongs to another user")

// errOdd means that something other than a regular file has the note's name.
var errOdd = errors.New("its note is not a regular file")

// Trusted reports whether a note may be trusted. Its author must be the user euid, root, or
// the owner of the cache. If the group of the cache may write to the cache, notes of that
// group are trusted too, with byGroup set.
func Trusted(cache, note walk.Stat, euid int) (trusted, byGroup bool) {
	switch {
	case runtime.GOOS == "windows", int(note.UID) == euid, note.UID == 0, note.UID == cache.UID:
		return true, false
	case note.GID == cache.GID && cache.Mode.Perm()&0o020 != 0:
		return true, true
	}
	return false, false
}

// Read lists the quarantine of an open cache, sorted by name. It returns nothing for a
// cache without a quarantine. It returns an error if the folder cannot be read.
func Read(cache *walk.Dir) ([]Found, error) {
	dir, err := cache.OpenDir(Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &RefusedError{filepath.Join(cache.Path(), Dir), walk.Cause(err)}
	}
	defer dir.Close()
	items, err := dir.ReadDir()
	if err != nil {
		return nil, err
	}
	var list []Found
	for _, it := range items {
		f := Found{Name: it.Name, Stat: it.Stat}
		if it.IsDir() {
			f.read(cache.Stat(), dir)
		} else {
			f.Err = &RefusedError{filepath.Join(dir.Path(), it.Name), errors.New("it is not a folder")}
		}
		list = append(list, f)
	}
	return list, nil
}

// Open reads one folder of a quarantine again.
func Open(cache walk.Stat, dir *walk.Dir, name string) (Found, error) {
	st, err := dir.Lstat(name)
	if err != nil {
		return Found{}, err
	}
	f := Found{Name: name, Stat: st}
	f.read(cache, dir)
	return f, nil
}

// read reads the note of the folder, and looks for the entry.
func (f *Found) read(cache walk.Stat, dir *walk.Dir) {
	path := filepath.Join(dir.Path(), f.Name)
	refuse := func(err error) { f.Err = &RefusedError{path, walk.Cause(err)} }
	folder, err := dir.OpenDir(f.Name)
	if err != nil {
		refuse(err)
		return
	}
	defer folder.Close()
	st, err := folder.Lstat(NoteName)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return
	case err != nil:
		refuse(err)
		return
	case !st.Mode.IsRegular():
		refuse(errOdd)
		return
	}
	trusted, byGroup := Trusted(cache, st, os.Geteuid())
	if !trusted {
		refuse(errForeign)
		return
	}
	text, err := readNote(folder, st.ID)
	if err != nil {
		refuse(err)
		return
	}
	note, err := Parse(text)
	switch {
	case err != nil && len(text) == 0 && f.onlyNote(folder):
		return // killed before the note was written
	case err != nil:
		refuse(err)
		return
	}
	f.Note, f.ByGroup = note, byGroup
	if f.Item, err = folder.Lstat(note.Name()); err == nil {
		f.HasItem = true
	} else if !errors.Is(err, fs.ErrNotExist) {
		refuse(err)
	}
}

// onlyNote reports whether the folder contains nothing but one file, the note.
func (f *Found) onlyNote(folder *walk.Dir) bool {
	items, err := folder.ReadDir()
	return err == nil && len(items) == 1
}

// readNote reads the note if its identity is id, so that it never reads a file that took
// its place.
func readNote(folder *walk.Dir, id walk.ID) ([]byte, error) {
	f, err := folder.OpenFile(NoteName)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	now, err := walk.DescribeFile(f)
	if err != nil {
		return nil, err
	}
	if now.ID != id {
		return nil, walk.ErrChanged
	}
	text, err := io.ReadAll(io.LimitReader(f, maxNote+1))
	if err == nil && len(text) > maxNote {
		err = fmt.Errorf("%w: it is longer than %d bytes", ErrBadNote, maxNote)
	}
	return text, err
}
