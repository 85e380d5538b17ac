package removal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"gclean/cache"
	"gclean/cache/quarantine"
	"gclean/internal/asuser/wire"
	"gclean/meta"
	"gclean/walk"
)

// ErrNoQuarantine means that an entry is kept because it cannot be moved to the quarantine.
// The file system cannot rename it, for example in a lower layer of an overlay.
var ErrNoQuarantine = errors.New("kept: it cannot be renamed into the quarantine of its cache")

// errForeignQuarantine means that a folder cannot serve as the quarantine of a cache.
var errForeignQuarantine = errors.New("kept: this user cannot use the quarantine of its cache")

// isInQuarantine reports whether an entry is a folder in the quarantine.
func isInQuarantine(e *cache.Entry) bool {
	top, _, inside := strings.Cut(e.Name, "/")
	return inside && top == quarantine.Dir
}

// putAside moves an entry to the quarantine. It makes a folder, writes the note, renames
// the entry into the folder, and then the files in Also. A run that is killed before the
// rename leaves a folder without an entry, which is trash.
func (r *rounds) putAside(e *cache.Entry) error {
	in, name, st, err := r.at.find(e)
	if err != nil {
		return err
	}
	if err := r.openQuarantine(); err != nil {
		return err
	}
	folder, err := r.x.freshFolder(r.aside, e)
	if err != nil {
		return err
	}
	r.at.leave(e.Name)
	err = r.x.writeNote(folder, r.noteOf(e))
	if err == nil {
		err = r.x.moveWhole(in, name, st, folder, filepath.Join(in.Path(), name))
	}
	if err == nil {
		r.x.moveBeside(in, folder, e)
	}
	folder.Close()
	if err != nil {
		r.x.dropFolder(r.aside, filepath.Base(folder.Path()))
		switch {
		case errors.Is(err, walk.ErrChanged):
			return errSpared // the file that took its place was not moved
		case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EBUSY):
			return fmt.Errorf("%s: %w: %w", e.Path(), ErrNoQuarantine, walk.Cause(err))
		}
	}
	return err
}

// moveBeside moves the files in e.Also to the quarantine. A file that stays behind does no
// harm. No tool considers it a package, and it is in the right place when the entry is
// restored.
func (x *execution) moveBeside(in, folder *walk.Dir, e *cache.Entry) {
	for _, also := range alsoOf(e) {
		st, err := in.Lstat(also)
		if err != nil || !st.Mode.IsRegular() || st.ID != e.AlsoIDs[also] {
			continue // it is not what was planned
		}
		if x.before("rename", filepath.Join(in.Path(), also)) == nil {
			_, _ = in.Move(also, st.ID, folder, also)
		}
	}
}

// alsoOf returns the files beside an entry that are set aside with it. mamba's urls.txt
// stays in its folder.
func alsoOf(e *cache.Entry) (list []string) {
	for _, name := range e.Also {
		if name != meta.URLsTxt {
			list = append(list, name)
		}
	}
	return list
}

func (r *rounds) noteOf(e *cache.Entry) *quarantine.Note {
	n := &quarantine.Note{
		Schema: quarantine.Schema, Cache: wire.Path(e.Dir), Path: wire.Path(e.Name), Category: e.Category.Code(), Dist: wire.Path(e.Dist),
		Reason: e.Because, Time: r.x.now().UTC(), Until: e.Until.UTC(),
		ApparentSize: e.Usage.Apparent, DiskSize: e.Usage.Disk, Files: e.Usage.Files,
	}
	if n.Until.Before(n.Time) {
		n.Time = n.Until // the time in quarantine is over already
	}
	for _, name := range alsoOf(e) {
		n.Also = append(n.Also, wire.Path(name))
	}
	return n
}

// openQuarantine opens the folder of the quarantine, and makes it if needed.
func (r *rounds) openQuarantine() error {
	if r.aside != nil {
		return nil
	}
	in := r.at.dir
	if _, err := in.Lstat(quarantine.Dir); errors.Is(err, fs.ErrNotExist) {
		if err := r.x.before("mkdir", filepath.Join(in.Path(), quarantine.Dir)); err != nil {
			return err
		}
		if err := in.MkdirLike(quarantine.Dir); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	dir, err := in.OpenDir(quarantine.Dir)
	if err != nil {
		return err
	}
	if !cache.UsableTrash(in.Stat(), dir) {
		dir.Close()
		return fmt.Errorf("%s: %w", dir.Path(), errForeignQuarantine)
	}
	r.aside = dir
	return nil
}

// freshFolder makes a folder for an entry.
func (x *execution) freshFolder(aside *walk.Dir, e *cache.Entry) (*walk.Dir, error) {
	for n := 1; ; n++ {
		name := fmt.Sprintf("%d-%d-%d", e.Until.Unix(), os.Getpid(), n)
		if _, err := aside.Lstat(name); err == nil {
			continue
		}
		if err := x.before("mkdir", filepath.Join(aside.Path(), name)); err != nil {
			return nil, err
		}
		err := aside.MkdirLike(name)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		return aside.OpenDir(name)
	}
}

// writeNote writes the note of an entry. It flushes the note, so that it is on the disk
// before the entry is in the folder.
func (x *execution) writeNote(folder *walk.Dir, n *quarantine.Note) error {
	text, err := n.Encode()
	if err != nil {
		return fmt.Errorf("%s: %w", n.Path, err)
	}
	if err := x.before("create", filepath.Join(folder.Path(), quarantine.NoteName)); err != nil {
		return err
	}
	return folder.WriteNew(quarantine.NoteName, text)
}

// moveWhole renames an entry whose state is st, and leaves its mode as it was. path is
// passed to Before.
func (x *execution) moveWhole(from *walk.Dir, name string, st walk.Stat, to *walk.Dir, path string) error {
	if err := x.before("rename", path); err != nil {
		return err
	}
	_, err := from.Move(name, st.ID, to, name)
	if !errors.Is(err, fs.ErrPermission) || !st.Mode.IsDir() || from.Unlock(name) != nil {
		return err
	}
	// Moving a folder changes its "..", so it must be writable.
	at := to
	if _, err = from.Move(name, st.ID, to, name); err != nil {
		at = from
	}
	if root, failed := at.AsRoot(); failed == nil {
		_ = root.Chmod(name, st.Mode.Perm()) // at worst its owner keeps the additional rights
		root.Close()
	}
	return err
}

// dropFolder removes the folder name of the quarantine, which has no entry, and its note.
// If the folder contains anything else, it is kept.
func (x *execution) dropFolder(aside *walk.Dir, name string) {
	if err := x.removeNote(aside, name); err == nil && x.before("rmdir", filepath.Join(aside.Path(), name)) == nil {
		_ = aside.Rmdir(name) // otherwise the next run removes it
	}
}

// removeNote removes the note of a folder in the quarantine. That makes the folder trash,
// whatever else is in it.
func (x *execution) removeNote(in *walk.Dir, name string) error {
	folder, err := in.OpenDir(name)
	if err != nil {
		return err
	}
	defer folder.Close()
	if err := x.before("unlink", filepath.Join(folder.Path(), quarantine.NoteName)); err != nil {
		return err
	}
	if err := folder.Unlink(quarantine.NoteName); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// dropQuarantine removes the folder of the quarantine if it is empty. It does so only if
// entries were moved there or removed from there.
func (x *execution) dropQuarantine(dir *walk.Dir, entries []*cache.Entry) {
	for _, e := range entries {
		if e.Aside() || isInQuarantine(e) {
			x.dropEmpty(dir)
			return
		}
	}
}

func (x *execution) dropEmpty(dir *walk.Dir) {
	aside, err := dir.OpenDir(quarantine.Dir)
	if err != nil {
		return
	}
	items, err := aside.ReadDir()
	aside.Close()
	if err == nil && len(items) == 0 && x.before("rmdir", filepath.Join(dir.Path(), quarantine.Dir)) == nil {
		_ = dir.Rmdir(quarantine.Dir) // fails if another process has just put something there
	}
}
