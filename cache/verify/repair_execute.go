package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/meta/dist"
	"gclean/walk"
)

// Execute carries the plan out, one package after the other. It extracts each package in
// the cache's trash, where the next run removes what a killed run leaves. Then it compares
// the package with its list of files, flushes it to the disk, and swaps it with the old one
// in one step. If anything fails, the old package remains as it was. If an archive was
// replaced since the plan was made, Execute proves it again; the error is ErrUnproven.
//
// Execute locks each cache meanwhile. It skips packages that were repaired or replaced
// since they were checked.
func (p *RepairPlan) Execute(ctx context.Context, o removal.Options) *RepairResult {
	r := &RepairResult{}
	waiting := &removal.Waiting{Timeout: o.LockTimeout, Told: o.Waiting, Before: o.Before}
	for rest := p.Repairs; len(rest) > 0 && ctx.Err() == nil; {
		n := 1
		for n < len(rest) && rest[n].Check.Entry.Dir == rest[0].Check.Entry.Dir {
			n++
		}
		p.inCache(ctx, rest[:n], o, waiting, r)
		rest = rest[n:]
	}
	r.Err = ctx.Err()
	return r
}

// inCache carries out the repairs in one cache.
func (p *RepairPlan) inCache(ctx context.Context, repairs []*Repair, o removal.Options, waiting *removal.Waiting, r *RepairResult) {
	loc := repairs[0].Check.Package.Cache
	dir, err := walk.Open(loc.Path)
	if err == nil {
		defer dir.Close()
		if dir.ID() != loc.ID {
			err = fmt.Errorf("%s: %w", loc.Path, walk.ErrChanged)
		}
	}
	if err == nil {
		var held *removal.Locks
		held, _, err = removal.Lock(ctx, dir, loc, waiting, nil)
		defer held.Unlock()
	}
	x := &repairing{v: p.verification, o: o, cache: dir}
	if dir != nil {
		x.trash = removal.NewTrash(dir, o.Before)
		defer x.trash.Close()
	}
	for _, m := range repairs {
		if ctx.Err() != nil {
			return
		}
		failed := err
		if failed == nil {
			failed = x.repair(ctx, m, r)
		}
		switch {
		case failed == nil:
			r.Repaired = append(r.Repaired, m)
		case ctx.Err() != nil && errors.Is(failed, ctx.Err()):
			return // neither done nor failed
		default:
			r.fail(m, walk.Advise(failed))
		}
		if o.Done != nil {
			o.Done(m.Check.Entry, failed)
		}
	}
}

// repairing repairs packages of one cache.
type repairing struct {
	v     *Verification
	o     removal.Options
	cache *walk.Dir
	trash *removal.Trash
	n     int
}

func (x *repairing) before(op, path string) error {
	if x.o.Before == nil {
		return nil
	}
	return x.o.Before(op, path)
}

// errMended means that a package no longer needs a repair.
var errMended = errors.New("skipped, because it is sound now")

// repair extracts one package again.
func (x *repairing) repair(ctx context.Context, m *Repair, r *RepairResult) error {
	c := m.Check
	switch faults, err := x.v.again(ctx, x.cache, c); {
	case err != nil:
		return err
	case !(&Check{Faults: faults}).Broken():
		return errMended
	}
	if err := x.checkArchive(ctx, m.Archive); err != nil {
		return err
	}
	if err := x.prove(ctx, m); err != nil {
		return err
	}
	if err := x.trash.Open(); err != nil {
		return err
	}
	if !trusted(os.Geteuid(), x.trash.Dir().Stat(), x.cache.Stat()) {
		return fmt.Errorf("%s: %w", x.trash.Dir().Path(), ErrForeignTrash)
	}
	name, err := x.fresh(ctx, m)
	var old walk.ID
	if err == nil {
		old, err = x.swap(m, name)
	}
	if err != nil {
		x.discard(name, nil)
		return err
	}
	// name now contains the old package.
	if err := x.discard(name, &old); err != nil {
		r.Left = append(r.Left, err)
	}
	return nil
}

// ErrForeignTrash means that gclean extracts nothing in the trash of a cache, because its
// owner could change the files meanwhile. The trash must be removed first.
var ErrForeignTrash = errors.New("it does not belong to the owner of the cache")

// trusted reports whether files may be extracted in the trash of a cache. Root uses a trash
// of its own, or one of the cache's owner, who controls the cache anyway. Nobody else may
// influence what root extracts.
func trusted(euid int, trash, cache walk.Stat) bool {
	return euid != 0 || trash.UID == 0 || trash.UID == cache.UID
}

// checkArchive reads the archive to its end, and compares it with everything known about
// it.
func (x *repairing) checkArchive(ctx context.Context, a *Check) error {
	whole := *x.v
	whole.options.Fast = false
	faults, err := whole.again(ctx, x.cache, a)
	if err == nil && len(faults) > 0 {
		err = fmt.Errorf("%s: %s", a.Entry.Path(), faults[0].Finding)
	}
	return err
}

// fresh extracts the archive to a new folder in the trash, and returns the folder's name.
func (x *repairing) fresh(ctx context.Context, m *Repair) (name string, err error) {
	x.n++
	name = fmt.Sprintf("new-%d-%d", os.Getpid(), x.n)
	for {
		if err := x.before("mkdir", filepath.Join(x.trash.Dir().Path(), name)); err != nil {
			return "", err
		}
		err := x.trash.Dir().Mkdir(name, 0o777)
		if err == nil {
			break
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", err
		}
		x.n++ // left by a killed run
		name = fmt.Sprintf("new-%d-%d", os.Getpid(), x.n)
	}
	top, err := x.trash.Dir().OpenDir(name)
	if err != nil {
		return name, err
	}
	defer top.Close()
	if os.Geteuid() == 0 && top.Stat().UID != 0 { // the trash's owner put another folder there
		return name, fmt.Errorf("%s: %w", top.Path(), walk.ErrChanged)
	}
	root, err := top.AsRoot()
	if err != nil {
		return name, err
	}
	defer root.Close()
	u := newUnpacking(root, 0o777&^top.Stat().Mode.Perm(), x.before)
	if err := u.close(); err != nil {
		return name, err
	}
	old := m.Check.Entry.Stat
	if os.Geteuid() == 0 && old.UID != 0 {
		u.owner = &old // root repairs another user's cache
	}
	if err := x.unpack(ctx, m, u); err != nil {
		return name, err
	}
	return name, x.confirm(ctx, name, m.Check.Package.Dist, m.Archive.noted(dist.Renamed))
}

// unpack extracts the archive and flushes the files to the disk.
func (x *repairing) unpack(ctx context.Context, m *Repair, u *unpacking) error {
	f, err := (&verifier{caches: []*cache.Opened{{Location: m.Check.Package.Cache, Dir: x.cache}}}).openArchive(m.Archive.Entry)
	if err != nil {
		return err
	}
	a, err := dist.NewArchive(f, m.Archive.Entry.Path(), dist.Limits{})
	if err != nil {
		f.Close()
		return err
	}
	defer a.Close()
	u.sync = errors.Is(x.trash.Dir().SyncFS(), errors.ErrUnsupported)
	if err := u.archive(ctx, a); err != nil {
		return err
	}
	if err := x.copyRecord(ctx, m, u); err != nil {
		return err
	}
	if err := u.finish(); err != nil {
		return err
	}
	if err := x.trash.Dir().SyncFS(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	return nil
}

// copyRecord copies info/repodata_record.json from the old package, if it is sound and
// belongs to the extracted archive. Without it conda and mamba make one from
// info/index.json and urls.txt.
func (x *repairing) copyRecord(ctx context.Context, m *Repair, u *unpacking) error {
	old, err := x.cache.OpenBelow(m.Check.Entry.Name)
	if err != nil {
		return err
	}
	defer old.Close()
	src := dist.Extracted{Dir: old}
	rec, err := dist.ReadRepodataRecord(ctx, src)
	if err != nil || !dist.SameName(rec.Filename, path.Base(m.Archive.Entry.Name)) || m.Check.brokenRecord() {
		return ctx.Err()
	}
	const name = "repodata_record.json"
	text, err := src.ReadInfo(ctx, name)
	if err != nil {
		return ctx.Err()
	}
	if err := u.folder("info"); err != nil {
		return err
	}
	if err := u.root.Remove("info/" + name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err // the archive contains one, which cannot be removed
	}
	return u.file("info/"+name, false, 0o666&^u.umask, strings.NewReader(string(text)))
}

// confirm compares the extracted package with its list of files.
func (x *repairing) confirm(ctx context.Context, name, distribution string, renamed bool) error {
	dir, err := x.trash.Dir().OpenDir(name)
	if err != nil {
		return err
	}
	defer dir.Close()
	found, err := dist.CheckExtracted(ctx, dir, dist.CheckOptions{Dist: distribution, Jobs: x.v.options.Jobs})
	// Files that the archive contains without listing them, and a renamed archive, are not
	// errors of the extraction.
	found = slices.DeleteFunc(found, func(f dist.Finding) bool {
		return f.Kind.Note() || f.Kind == dist.Added || f.Kind == dist.WrongName && renamed
	})
	if err == nil && len(found) > 0 {
		err = fmt.Errorf("the archive does not contain what it lists: %s", found[0])
	}
	return err
}

// swap exchanges the folder name in the trash with the old package. It returns the ID that
// the old package has in the trash.
func (x *repairing) swap(m *Repair, name string) (walk.ID, error) {
	e := m.Check.Entry
	in, err := x.cache.OpenBelow(cache.ParentOf(e.Name))
	if err != nil {
		return walk.ID{}, err
	}
	defer in.Close()
	id := e.Stat.ID
	old := path.Base(e.Name)
	switch st, err := in.Lstat(old); {
	case err != nil:
		return id, err
	case st.ID != id:
		return id, fmt.Errorf("%s: %w", e.Path(), walk.ErrChanged)
	}
	if err := x.before("exchange", e.Path()); err != nil {
		return id, err
	}
	err = x.trash.Dir().Exchange(name, in, old)
	if errors.Is(err, fs.ErrPermission) && in.Unlock(old) == nil {
		err = x.trash.Dir().Exchange(name, in, old) // moving a folder changes its "..", so it must be writable
	}
	if errors.Is(err, walk.ErrNoExchange) && !m.Symlinked {
		id, err = x.swapInTwo(in, old, name, id)
	}
	if errors.Is(err, syscall.EXDEV) {
		err = fmt.Errorf("%w: it is in a lower layer of an overlay; repair it in that layer", err)
	}
	if err != nil {
		return id, err
	}
	// The new package is in place. Without Sync, it would only reach the disk later.
	_ = errors.Join(in.Sync(), x.trash.Dir().Sync())
	return id, nil
}

// swapInTwo is swap for file systems without an atomic exchange. For a moment the path does
// not exist. A run that is killed then leaves the package missing, which installers notice,
// and never half a package.
func (x *repairing) swapInTwo(in *walk.Dir, old, name string, id walk.ID) (walk.ID, error) {
	aside := name + "-old"
	id, err := in.Move(old, id, x.trash.Dir(), aside)
	if err != nil {
		return id, err
	}
	err = x.before("rename", filepath.Join(in.Path(), old))
	if err == nil {
		err = x.trash.Dir().Rename(name, in, old)
	}
	if err != nil {
		return id, errors.Join(err, x.trash.Dir().Rename(aside, in, old))
	}
	return x.trash.Dir().Move(aside, id, x.trash.Dir(), name)
}

// discard removes the folder name in the trash; with an id, only if it has that identity.
// If that fails, the next run removes it.
func (x *repairing) discard(name string, id *walk.ID) error {
	if name == "" {
		return nil
	}
	st, err := x.trash.Dir().Lstat(name)
	if err != nil {
		return err
	}
	target := walk.Target{Dir: x.trash.Dir(), Name: name, ID: st.ID}
	if id != nil {
		target.ID = *id
	}
	// Do not use the caller's context: the folder is no longer a package, and removing it
	// takes little time.
	return walk.Remove(context.Background(), []walk.Target{target}, walk.RemoveOptions{
		Jobs: x.o.Jobs, Spill: x.trash.Dir(), Before: x.o.Before,
	})[0]
}
