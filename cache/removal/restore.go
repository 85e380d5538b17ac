package removal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/quarantine"
	"gclean/walk"
)

// OccupiedError says that something else is where an entry in quarantine was. It is not
// overwritten, and the entry stays in quarantine.
type OccupiedError struct{ Path string }

func (e *OccupiedError) Error() string {
	return e.Path + ": something else is there now; gclean did not overwrite it, and the entry stays in quarantine"
}

// errOtherFolder means that a member of the cache's group set an entry aside, so it must
// not return to a folder closed to that group.
var errOtherFolder = errors.New("not restored: the user who put it aside may not write to the folder that it was in")

// RestoreOptions say how to restore entries.
type RestoreOptions struct {
	LockTimeout time.Duration
	Waiting     func(path string)
	Before      func(op, path string) error // as in Options
}

// Restored is the outcome for one entry.
type Restored struct {
	Path string // where it was; it is there again if Err is nil
	Note *quarantine.Note
	Err  error
}

// Restore moves entries from the quarantine of a cache back to where they were, by
// renaming. For each place it restores the newest entry that wanted accepts. It locks the
// cache meanwhile. A run that is killed leaves each entry whole, in the quarantine or in
// its place.
func Restore(ctx context.Context, loc cache.Location, wanted func(*quarantine.Note) bool, o RestoreOptions) ([]Restored, error) {
	dir, err := walk.Open(loc.Path)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if dir.ID() != loc.ID {
		return nil, fmt.Errorf("%s: %w", loc.Path, walk.ErrChanged)
	}
	held, _, err := Lock(ctx, dir, loc, &Waiting{Timeout: o.LockTimeout, Told: o.Waiting, Before: o.Before}, nil)
	if err != nil {
		return nil, err
	}
	defer held.Unlock()
	found, err := quarantine.Read(dir)
	if err != nil {
		return nil, err
	}
	aside, err := dir.OpenDir(quarantine.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer aside.Close()
	r := &restorer{x: &execution{o: Options{Before: o.Before}}, dir: dir, aside: aside}
	var list []Restored
	for _, f := range newest(found, wanted) {
		if ctx.Err() != nil {
			return list, ctx.Err()
		}
		path := filepath.Join(loc.Path, filepath.FromSlash(string(f.Note.Path)))
		list = append(list, Restored{Path: path, Note: f.Note, Err: r.restore(&f)})
	}
	r.x.dropEmpty(dir)
	return list, nil
}

// newest returns the entries that can be restored and are wanted: for each place, the one
// that was set aside last.
func newest(found []quarantine.Found, wanted func(*quarantine.Note) bool) []quarantine.Found {
	found = slices.DeleteFunc(found, func(f quarantine.Found) bool { return !f.Whole() || !wanted(f.Note) })
	last := map[string]*quarantine.Found{}
	for i, f := range found {
		place := string(f.Note.Path)
		if last[place] == nil || last[place].Note.Time.Before(f.Note.Time) {
			last[place] = &found[i]
		}
	}
	var list []quarantine.Found
	for i, f := range found {
		if last[string(f.Note.Path)] == &found[i] {
			list = append(list, f)
		}
	}
	return list
}

// restorer restores entries of one locked cache.
type restorer struct {
	x          *execution
	dir, aside *walk.Dir
}

// restore puts an entry back, and then removes its note.
func (r *restorer) restore(f *quarantine.Found) error {
	if err := r.putBack(f); err != nil {
		return err
	}
	r.dropBeside(f)
	r.x.dropFolder(r.aside, f.Name)
	return nil
}

// putBack renames first the files in Also, which are harmless without the entry, and then
// the entry.
func (r *restorer) putBack(f *quarantine.Found) error {
	n := f.Note
	in, err := r.folder(n.Folder())
	if err != nil {
		return err
	}
	defer in.Close()
	place := filepath.Join(in.Path(), n.Name())
	if f.ByGroup && (in.Stat().Mode.Perm()&0o020 == 0 || in.Stat().GID != r.dir.Stat().GID) {
		return fmt.Errorf("%s: %w", place, errOtherFolder)
	}
	switch _, err := in.Lstat(n.Name()); {
	case err == nil:
		return &OccupiedError{place}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	folder, err := r.aside.OpenDir(f.Name)
	if err != nil {
		return err
	}
	defer folder.Close()
	if folder.ID() != f.Stat.ID {
		return fmt.Errorf("%s: %w", folder.Path(), walk.ErrChanged)
	}
	for _, also := range n.Also {
		if err := r.beside(folder, in, string(also)); err != nil {
			return err
		}
	}
	if err := r.x.moveWhole(folder, n.Name(), f.Item, in, place); err != nil {
		if errors.Is(err, fs.ErrExist) || walk.IsNotEmpty(err) {
			return &OccupiedError{place}
		}
		return err
	}
	return nil
}

// beside renames a file that was set aside with an entry. If the file exists in its place,
// rattler has written a newer one since, and that is kept.
func (r *restorer) beside(folder, in *walk.Dir, name string) error {
	st, err := folder.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !st.Mode.IsRegular() {
		return nil // it was not moved in the first place
	}
	if err != nil {
		return err
	}
	if _, err := in.Lstat(name); err == nil {
		return nil
	}
	if err := r.x.before("rename", filepath.Join(in.Path(), name)); err != nil {
		return err
	}
	if _, err := folder.Move(name, st.ID, in, name); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// dropBeside removes the files set aside with a restored entry that were not needed. If
// that fails they are trash for the next run, since their folder has no entry.
func (r *restorer) dropBeside(f *quarantine.Found) {
	folder, err := r.aside.OpenDir(f.Name)
	if err != nil {
		return
	}
	defer folder.Close()
	for _, also := range f.Note.Also {
		if _, err := folder.Lstat(string(also)); err == nil && r.x.before("unlink", filepath.Join(folder.Path(), string(also))) == nil {
			_ = folder.Unlink(string(also))
		}
	}
}

// folder opens the folder that an entry was in, and makes it if it was removed meanwhile.
func (r *restorer) folder(below string) (*walk.Dir, error) {
	in, err := r.dir.OpenBelow("")
	if err != nil || below == "" {
		return in, err
	}
	for name := range strings.SplitSeq(below, "/") {
		sub, err := r.enter(in, name)
		in.Close()
		if err != nil {
			return nil, err
		}
		in = sub
	}
	return in, nil
}

func (r *restorer) enter(in *walk.Dir, name string) (*walk.Dir, error) {
	dir, err := in.OpenDir(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := r.x.before("mkdir", filepath.Join(in.Path(), name)); err != nil {
		return nil, err
	}
	if err := in.MkdirLike(name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return in.OpenDir(name)
}
