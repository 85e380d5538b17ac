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

// Dir is the folder at the top of a cache that has what was put aside, and NoteName
// the note of an entry.
const (
	Dir      = ".gclean-quarantine"
	NoteName = "note.json"
)

// maxNote is how long a note may be, in bytes.
const maxNote = 64 << 10

// Found is a folder in Dir.
type Found struct {
	Name string    // of the folder
	Stat walk.Stat // of the folder
	// Note is nil where there is none, or where Err refuses it.
	Note *Note
	// Item describes the entry, and HasItem says that it is there.
	Item    walk.Stat
	HasItem bool
	// ByGroup says that the note may be believed only because the group of the cache
	// may write to the cache.
	ByGroup bool
	Err     error // a *RefusedError, or that of the system
}

// Whole says whether the folder has an entry that can be restored. One that is not
// whole, and not refused, is what a killed run has left.
func (f *Found) Whole() bool { return f.Err == nil && f.Note != nil && f.HasItem }

// RefusedError says that an entry in quarantine is left alone.
type RefusedError struct {
	Path string // of its folder
	Err  error  // why
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("%s: left in quarantine: %v", e.Path, e.Err)
}
func (e *RefusedError) Unwrap() error { return e.Err }

// errForeign says that another user may have written a note.
var errForeign = errors.New("its note belongs to another user")

// errOdd says that a folder has more in it than an entry and its note.
var errOdd = errors.New("its note is not a regular file")

// Trusted says whether a note may be believed: the user euid, root or the owner of
// the cache wrote it, or, where its group may write to the cache, one of the group.
func Trusted(cache, note walk.Stat, euid int) (trusted, byGroup bool) {
	switch {
	case runtime.GOOS == "windows", int(note.UID) == euid, note.UID == 0, note.UID == cache.UID:
		return true, false
	case note.GID == cache.GID && cache.Mode.Perm()&0o020 != 0:
		return true, true
	}
	return false, false
}

// Read lists what is in the quarantine of an open cache, in the order of the names.
// A cache without one has nothing in it. The error is that of the system.
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

// Open looks at one folder of a quarantine again.
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
		return // killed before it was written
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

// onlyNote says whether nothing but a note is in the folder.
func (f *Found) onlyNote(folder *walk.Dir) bool {
	items, err := folder.ReadDir()
	return err == nil && len(items) == 1
}

// readNote reads a note that is id: what took its place is not read.
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
