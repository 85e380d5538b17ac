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

// ErrNoQuarantine says that an entry cannot be put in quarantine, and is kept: the file
// system cannot rename it, as in a lower layer of an overlay.
var ErrNoQuarantine = errors.New("kept: it cannot be renamed into the quarantine of its cache")

// errForeignQuarantine is why a folder is not used as the quarantine of a cache.
var errForeignQuarantine = errors.New("kept: this user cannot use the quarantine of its cache")

// isInQuarantine says whether an entry is a folder of the quarantine.
func isInQuarantine(e *cache.Entry) bool {
	top, _, inside := strings.Cut(e.Name, "/")
	return inside && top == quarantine.Dir
}

// putAside moves an entry to the quarantine: a folder is made, the note is written,
// the entry is renamed into the folder, then what goes with it. A run that is killed
// before the rename leaves a folder without an entry, which is trash.
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
			return errSpared // what took its place is where it was
		case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EBUSY):
			return fmt.Errorf("%s: %w: %w", e.Path(), ErrNoQuarantine, walk.Cause(err))
		}
	}
	return err
}

// moveBeside puts aside what goes with an entry. What stays behind is taken for no
// package, and is where it should be when the entry comes back.
func (x *execution) moveBeside(in, folder *walk.Dir, e *cache.Entry) {
	for _, also := range alsoOf(e) {
		if x.before("rename", filepath.Join(in.Path(), also)) == nil {
			_ = in.Rename(also, folder, also)
		}
	}
}

// alsoOf are the files beside an entry that are put aside with it. mamba's urls.txt
// stays with its folder.
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
		n.Time = n.Until // the plan is older than its time
	}
	for _, name := range alsoOf(e) {
		n.Also = append(n.Also, wire.Path(name))
	}
	return n
}

// openQuarantine opens the folder of the quarantine, and makes it if there is none.
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

// writeNote writes the note of an entry, so that it is on the disk before the entry is
// in the folder.
func (x *execution) writeNote(folder *walk.Dir, n *quarantine.Note) error {
	text, err := n.Encode()
	if err != nil {
		return fmt.Errorf("%s: %w", n.Path, err)
	}
	if err := x.before("create", filepath.Join(folder.Path(), quarantine.NoteName)); err != nil {
		return err
	}
	root, err := folder.AsRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.OpenFile(quarantine.NoteName, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, openTo(f, 0o644), f.Sync(), f.Close())
}

// moveWhole renames what st is of, and leaves its mode as it was. path is told to
// Before.
func (x *execution) moveWhole(from *walk.Dir, name string, st walk.Stat, to *walk.Dir, path string) error {
	if err := x.before("rename", path); err != nil {
		return err
	}
	_, err := from.Move(name, st.ID, to, name)
	if !errors.Is(err, fs.ErrPermission) || !st.Mode.IsDir() || from.Unlock(name) != nil {
		return err
	}
	// Moving a folder changes its ".."; its owner may lack the right.
	at := to
	if _, err = from.Move(name, st.ID, to, name); err != nil {
		at = from
	}
	if root, failed := at.AsRoot(); failed == nil {
		_ = root.Chmod(name, st.Mode.Perm()) // its owner has more rights than before, at worst
		root.Close()
	}
	return err
}

// dropFolder removes the folder name of the quarantine, which has no entry. What is in
// it beside a note stays.
func (x *execution) dropFolder(aside *walk.Dir, name string) {
	if err := x.removeNote(aside, name); err == nil && x.before("rmdir", filepath.Join(aside.Path(), name)) == nil {
		_ = aside.Rmdir(name) // the next run finds it
	}
}

// removeNote removes the note of a folder of the quarantine: what is left is trash then,
// whatever it looks like.
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

// dropQuarantine removes the folder of the quarantine if nothing is left in it. It is
// looked at if anything was put there, or was to go from there.
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
		_ = dir.Rmdir(quarantine.Dir) // somebody has put something there since
	}
}
