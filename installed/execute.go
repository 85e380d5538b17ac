package installed

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"

	"gclean/meta/dist"
	"gclean/walk"
)

// RepairOptions say how a plan is carried out. The zero value is usable.
type RepairOptions struct {
	// Done is called with each file that is put back, or with the reason why it is not.
	Done func(f *File, err error)
	// Before is asked before each change of the file system; its error takes the place
	// of the change. It is there for tests of faults.
	Before func(op, path string) error
}

// Failure is a file that is as it was, and why.
type Failure struct {
	File *File
	Err  error // names the path
}

// RepairResult is what became of a RepairPlan.
type RepairResult struct {
	Repaired []*File
	Failures []Failure // a file is in neither list when the run was interrupted before it
	Err      error     // the context's, when the run was interrupted
}

// errTouched says that somebody put the file back meanwhile, or changed it again.
var errTouched = errors.New("skipped, because it changed after the plan was made")

// Execute carries the plan out, one package after the other. Each file is made beside
// its place and renamed over it; whatever fails leaves what was there.
func (p *RepairPlan) Execute(ctx context.Context, o RepairOptions) *RepairResult {
	r := &RepairResult{}
	x := &repairing{plan: p, o: o}
	done := func(f *File, err error) {
		if err == nil {
			r.Repaired = append(r.Repaired, f)
		} else {
			r.Failures = append(r.Failures, Failure{f, fmt.Errorf("%s: %w", filepath.Join(p.Prefix, filepath.FromSlash(f.Path)), walk.Advise(err))})
		}
		if o.Done != nil {
			o.Done(f, err)
		}
	}
	prefix, err := walk.Open(p.Prefix)
	if err == nil {
		defer prefix.Close()
		if err = p.busy(); err == nil && prefix.ID() != p.id {
			err = walk.ErrChanged
		}
	}
	x.prefix = prefix
	for rest := p.Files; len(rest) > 0 && ctx.Err() == nil; {
		n := 1
		for n < len(rest) && rest[n].check == rest[0].check && rest[n].From == rest[0].From {
			n++
		}
		files := rest[:n]
		rest = rest[n:]
		pending := make(map[string]*File)
		for _, f := range files {
			pending[f.source] = f
		}
		failed := err
		if failed == nil {
			s := &source{pkg: files[0].pkg, from: files[0].From, archive: files[0].archive}
			failed = s.read(ctx, files[0].check, func(name string, same bool, _ dist.Paths, got content) error {
				f := pending[name]
				if f == nil {
					return nil
				}
				err := x.put(ctx, f, same, got)
				if ctx.Err() != nil {
					return ctx.Err()
				}
				delete(pending, name)
				done(f, err)
				return nil
			})
		}
		for _, f := range files {
			if pending[f.source] == nil || ctx.Err() != nil {
				continue
			}
			if failed == nil {
				failed = fmt.Errorf("%s: %w", f.From, walk.ErrChanged)
			}
			done(f, failed)
		}
	}
	r.Err = ctx.Err()
	return r
}

// repairing puts files back into one environment.
type repairing struct {
	plan   *RepairPlan
	o      RepairOptions
	prefix *walk.Dir
	n      int
}

func (x *repairing) before(op, name string) error {
	if x.o.Before == nil {
		return nil
	}
	return x.o.Before(op, name)
}

// folder opens the folder of a path, and makes those on the way that are gone.
func (x *repairing) folder(rel string) (*walk.Dir, error) {
	dir, err := openFolder(x.prefix, rel)
	if err == nil || !errors.Is(err, fs.ErrNotExist) || rel == "." {
		return dir, err
	}
	above, err := x.folder(path.Dir(rel))
	if err != nil {
		return nil, err
	}
	defer above.Close()
	if err := x.before("mkdir", filepath.Join(above.Path(), path.Base(rel))); err != nil {
		return nil, err
	}
	if err := above.MkdirLike(path.Base(rel)); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return above.OpenDir(path.Base(rel))
}

// put makes one file beside its place and renames it over that.
func (x *repairing) put(ctx context.Context, f *File, same bool, got content) error {
	dir, err := x.folder(path.Dir(f.Path))
	if err != nil {
		return err
	}
	defer dir.Close()
	root, err := dir.AsRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	x.n++
	tmp := ".gclean-" + strconv.Itoa(os.Getpid()) + "-" + strconv.Itoa(x.n) + ".tmp"
	if err := x.make(ctx, f, same, got, dir, root, tmp); err != nil {
		return errors.Join(err, gone(root.Remove(tmp)))
	}
	name := path.Base(f.Path)
	err = f.untouched(dir, name)
	if err == nil {
		err = x.before("rename", filepath.Join(dir.Path(), name))
	}
	if err == nil {
		err = root.Rename(tmp, name)
	}
	if err != nil {
		return errors.Join(err, gone(root.Remove(tmp)))
	}
	return nil
}

// gone is err, unless it says that there is nothing to remove.
func gone(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// untouched says whether what is in the place of the file is what the plan was made
// for.
func (f *File) untouched(dir *walk.Dir, name string) error {
	now, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && f.was == walk.Stat{}:
		return nil
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	case err != nil, now.ID != f.was.ID, now.Mode != f.was.Mode, now.Size != f.was.Size, now.Mtime != f.was.Mtime:
		return errTouched
	}
	return nil
}

// make makes the new file under a name of its own. It makes a hard link or a symlink into
// the cache if the record says so, else a copy.
func (x *repairing) make(ctx context.Context, f *File, same bool, got content, dir *walk.Dir, root *os.Root, tmp string) error {
	full := filepath.Join(dir.Path(), tmp)
	symlink := got.mode&fs.ModeSymlink != 0
	if symlink || got.file != nil { // of an archive, the content is proven while it is written
		if err := f.write(ctx, x.plan.prefixes, same, got, io.Discard); err != nil {
			return err
		}
	}
	placeholder, _ := f.replaced()
	target := got.target
	switch linkType := f.check.record.Link.Type; {
	case symlink:
	case got.file == nil || placeholder != "" || f.entry.NoLink:
	case linkType == dist.SoftLink:
		target = filepath.Join(f.From, filepath.FromSlash(f.source))
	case linkType == dist.HardLink:
		if err := x.before("link", full); err != nil {
			return err
		}
		if x.link(got, f, dir, tmp) == nil {
			return nil
		}
	}
	if target != "" {
		if err := x.before("symlink", full); err != nil {
			return err
		}
		if err := root.Symlink(filepath.FromSlash(target), tmp); err != nil {
			return err
		}
		return x.own(func(uid, gid int) error { return root.Lchown(tmp, uid, gid) })
	}
	if err := x.before("create", full); err != nil {
		return err
	}
	out, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if got.file != nil {
		_, err = got.file.Seek(0, 0)
	}
	if err == nil {
		err = f.write(ctx, x.plan.prefixes, same, got, out)
	}
	if err == nil {
		err = errors.Join(x.own(out.Chown), out.Chmod(got.mode.Perm()), out.Sync())
	}
	return errors.Join(err, out.Close())
}

// link makes a hard link of a file of the cache, which is the one that was proven.
func (x *repairing) link(got content, f *File, dir *walk.Dir, tmp string) error {
	in, err := walk.Open(filepath.Join(f.From, filepath.FromSlash(path.Dir(f.source))))
	if err != nil {
		return err
	}
	defer in.Close()
	if err := in.Link(path.Base(f.source), dir, tmp); err != nil {
		return err
	}
	a, err := got.file.Stat()
	if err != nil {
		return err
	}
	b, err := os.Lstat(filepath.Join(dir.Path(), tmp))
	if err == nil && !os.SameFile(a, b) {
		err = walk.ErrChanged
	}
	if err != nil {
		return errors.Join(err, dir.Unlink(tmp))
	}
	return nil
}

// own gives what root makes to the owner of the environment.
func (x *repairing) own(give func(uid, gid int) error) error {
	st := x.prefix.Stat()
	if os.Geteuid() != 0 || st.UID == 0 {
		return nil
	}
	return give(int(st.UID), int(st.GID))
}
