package verify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/internal/order"
	"gclean/meta/dist"
	"gclean/walk"
)

// ErrUnproven means that nothing shows that a package came from an archive: another channel
// may have an archive of the same name.
var ErrUnproven = errors.New("nothing proves that the package came from its archive")

func unproven(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnproven, fmt.Sprintf(format, args...))
}

// prove returns nil if the archive of a repair is the one that the package came from. The
// first of these that applies decides:
//
//   - Its hash is noted in the package's record or by rattler. A hash in urls.txt counts
//     too, unless the record names another URL.
//   - The package and the archive have the same list, info/paths.json, and each file in
//     the archive has the hash in that list.
//   - Without a list, every file that is left of the package is unchanged in the archive.
//     If an extraction was killed at once, no file is left.
func (x *repairing) prove(ctx context.Context, m *Repair) error {
	old, err := x.cache.OpenBelow(m.Check.Entry.Name)
	if err != nil {
		return err
	}
	defer old.Close()
	reader := &verifier{caches: []*cache.Opened{{Location: m.Check.Package.Cache, Dir: x.cache}}}
	f, err := reader.openArchive(m.Archive.Entry)
	if err != nil {
		return err
	}
	known := x.noted(ctx, reader, old, m)
	if err := dist.CheckFileAll(ctx, f, known, nil); err != nil {
		f.Close()
		return err
	}
	if len(known) > 0 {
		return f.Close()
	}
	a, err := dist.NewArchive(f, m.Archive.Entry.Path(), dist.Limits{})
	if err != nil {
		f.Close()
		return err
	}
	defer a.Close()
	return proveByContent(ctx, old, a)
}

// noted returns the hashes that are noted for the archive of exactly this package.
func (x *repairing) noted(ctx context.Context, in *verifier, old *walk.Dir, m *Repair) []dist.Expected {
	var list []dist.Expected
	add := func(e dist.Expected) {
		if e.SHA256 != "" || e.MD5 != "" {
			list = append(list, e)
		}
	}
	name := path.Base(m.Archive.Entry.Name)
	rec, err := dist.ReadRepodataRecord(ctx, dist.Extracted{Dir: old})
	if err == nil && dist.SameName(rec.ArchiveName(), name) {
		add(rec.Expected())
	}
	opened := in.cacheOf(m.Archive.Entry)
	add(opened.RattlerMetadata(m.Check.Entry.Name))
	line, ok := dist.URLOf(opened.URLs(cache.ParentOf(m.Archive.Entry.Name)), name)
	if ok && (err != nil || dist.SameSource(rec, line)) {
		add(line.Expected())
	}
	return list
}

// proveByContent compares the archive with the package's list, or with the files that are
// left.
func proveByContent(ctx context.Context, old *walk.Dir, a *dist.Archive) error {
	list, err := dist.ReadPaths(ctx, dist.Extracted{Dir: old})
	switch {
	case err == nil:
		return proveByList(ctx, old, a, list)
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return proveByRest(ctx, old, a)
}

// proveByList compares the archive with the package's list of paths.
func proveByList(ctx context.Context, old *walk.Dir, a *dist.Archive, list dist.Paths) error {
	theirs, err := dist.ReadPaths(ctx, a)
	if err != nil {
		return err
	}
	if !slices.Equal(sorted(list), sorted(theirs)) {
		return unproven("they list different files")
	}
	wanted := make(map[string]*dist.PathEntry, len(list.Entries))
	for i := range list.Entries {
		wanted[list.Entries[i].Path] = &list.Entries[i]
	}
	seen := make(map[string]bool, len(wanted))
	bad := make(map[string]error)
	err = a.Members(ctx, dist.Everything, func(m dist.Member, r io.Reader) error {
		e := cmp.Or(wanted[m.Path], wanted[m.Stated])
		if e == nil || m.Type == dist.Folder {
			return nil // files outside the list are in no environment
		}
		seen[e.Path] = true
		bad[e.Path] = nil // if a path occurs twice, the last one counts
		switch m.Type {
		case dist.Symlink:
			bad[e.Path] = proveSymlink(old, m, e)
			return nil
		case dist.Hardlink:
			first := wanted[m.Target]
			if first == nil || !seen[m.Target] || first.SHA256 != e.SHA256 {
				bad[e.Path] = unproven("%s is a hard link to another file", m.Path)
			}
			return nil
		}
		if err := proveFile(ctx, m, e, r); !errors.Is(err, ErrUnproven) {
			return err
		} else {
			bad[e.Path] = err
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(bad)) {
		if bad[name] != nil {
			return bad[name]
		}
	}
	for name, e := range wanted {
		if e.Type != dist.PathDirectory && !seen[name] {
			return unproven("the archive lacks %s", name)
		}
	}
	return nil
}

// proveFile compares a file of the archive with the list.
func proveFile(ctx context.Context, m dist.Member, e *dist.PathEntry, r io.Reader) error {
	if e.Type == dist.PathSoftlink && m.Size == 0 {
		return nil // an archive made on Windows
	}
	if e.SHA256 == "" {
		return unproven("the list has no hash of %s", m.Path)
	}
	got, err := dist.Hash(ctx, r, dist.HashOptions{SHA256: true})
	if err == nil && got.SHA256 != e.SHA256 {
		err = unproven("%s differs", m.Path)
	}
	return err
}

// proveSymlink compares a symlink of the archive with that of the package. If the package
// has lost it, a symlink that leads out of the package cannot be proven.
func proveSymlink(old *walk.Dir, m dist.Member, e *dist.PathEntry) error {
	if e.Type != dist.PathSoftlink {
		return unproven("%s is a symlink", m.Path)
	}
	dir, err := old.OpenBelow(path.Dir(m.Path))
	if err == nil {
		defer dir.Close()
		if target, err := dir.Readlink(path.Base(m.Path)); err == nil {
			if target != m.Target {
				return unproven("the symlink %s leads to another place", m.Path)
			}
			return nil
		}
	}
	if m.LeadsOut() {
		return unproven("%s leads out of the package", m.Path)
	}
	return nil
}

// sorted returns the entries of a list, sorted by path.
func sorted(p dist.Paths) []dist.PathEntry {
	list := slices.Clone(p.Entries)
	order.By(list, func(a, b dist.PathEntry) int { return strings.Compare(a.Path, b.Path) })
	return list
}

// proveByRest compares the archive with the files that are left of a package.
func proveByRest(ctx context.Context, old *walk.Dir, a *dist.Archive) error {
	rest := &restVisitor{}
	if err := walk.Read(ctx, []walk.Root{{Dir: old}}, walk.ReadOptions{Jobs: 1}, rest); err != nil {
		return err
	}
	if rest.err != nil {
		return rest.err
	}
	if len(rest.left) == 0 {
		return nil
	}
	err := a.Members(ctx, dist.Everything, func(m dist.Member, r io.Reader) error {
		if !rest.left[m.Path] {
			return nil
		}
		delete(rest.left, m.Path)
		return sameMember(ctx, old, m, r)
	})
	if err != nil {
		return err
	}
	for name := range rest.left {
		return unproven("the archive lacks %s", name)
	}
	return nil
}

// sameMember compares a member of the archive with the package's file of that name.
func sameMember(ctx context.Context, old *walk.Dir, m dist.Member, r io.Reader) error {
	dir, err := old.OpenBelow(path.Dir(m.Path))
	if err != nil {
		return err
	}
	defer dir.Close()
	name := path.Base(m.Path)
	if m.Type == dist.Symlink {
		if target, err := dir.Readlink(name); err != nil || target != m.Target {
			return unproven("the symlink %s leads to another place", m.Path)
		}
		return nil
	}
	if m.Type != dist.File {
		return unproven("%s is a %v", m.Path, m.Type)
	}
	f, err := dir.OpenFile(name)
	if err != nil {
		return err
	}
	defer f.Close()
	o := dist.HashOptions{SHA256: true}
	have, err := dist.Hash(ctx, f, o)
	if err != nil {
		return err
	}
	got, err := dist.Hash(ctx, r, o)
	if err == nil && got != have {
		err = unproven("%s differs", m.Path)
	}
	return err
}

// restVisitor collects the files that are left of a package, without info/.
type restVisitor struct {
	left map[string]bool
	err  error
}

// Fail implements walk.Visitor.
func (v *restVisitor) Fail(_, _ int, name string, err error) {
	if v.err == nil {
		v.err = &fs.PathError{Op: "read", Path: name, Err: err}
	}
}

// Visit implements walk.Visitor.
func (v *restVisitor) Visit(_ int, f *walk.Folder, _ bool, items []walk.Item, descend []bool) {
	for n, it := range items {
		name := path.Join(f.Path(), it.Name)
		switch {
		case name == "info":
			descend[n] = false
		case !it.IsDir():
			if v.left == nil {
				v.left = make(map[string]bool)
			}
			v.left[strings.Clone(name)] = true
		}
	}
}
