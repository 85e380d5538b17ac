package hold

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// diskEvidence implements evidence by reading the disk.
type diskEvidence struct {
	inside map[walk.ID]owners // by package, with only that package in it; filled on demand
}

func newDiskEvidence() *diskEvidence { return &diskEvidence{inside: map[walk.ID]owners{}} }

func (d *diskEvidence) link(env *meta.Environment, record string) (dist.RecordLink, error) {
	return readRecord(env, record, dist.RecordLink{Type: dist.Copy}, dist.ReadRecordLink)
}

func (d *diskEvidence) origin(env *meta.Environment, record string) (dist.RecordOrigin, error) {
	return readRecord(env, record, dist.RecordOrigin{}, dist.ReadRecordOrigin)
}

// readRecord parses a record. It returns gone if the record was removed after it was
// listed. Other evidence decides about the package that it named.
func readRecord[T any](env *meta.Environment, record string, gone T, parse func(io.Reader) (T, error)) (T, error) {
	f, err := env.OpenRecord(record)
	if removed(err) {
		return gone, nil
	}
	if err != nil {
		var none T
		return none, err
	}
	defer f.Close()
	v, err := parse(f)
	if err != nil {
		return v, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return v, nil
}

func (d *diskEvidence) names(path string, p *Package) bool {
	id, err := walk.Identify(path)
	return err != nil || id == p.ID
}

func (d *diskEvidence) symlinkInto(ctx context.Context, env *meta.Environment, record string, p *Package) (string, error) {
	f, err := env.OpenRecord(record)
	if removed(err) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	prefix, err := walk.Real(env.Prefix)
	if err != nil {
		return "", err
	}
	found := ""
	var problem error
	dirs := map[string]string{} // dirs maps a folder below the prefix to its real path
	listed, err := dist.ReadRecordFiles(f, func(rel string) bool {
		if problem = ctx.Err(); problem != nil {
			return false
		}
		found, problem = d.fileInto(prefix, filepath.FromSlash(rel), dirs, func(dir string) (bool, error) { return d.isInside(dir, p) })
		return found == "" && problem == nil
	})
	switch {
	case problem != nil:
		return "", problem
	case err != nil:
		return "", fmt.Errorf("%s: %w", f.Name(), err)
	case !listed && p.Payload:
		return "", fmt.Errorf("%s: %w", f.Name(), errNoFiles)
	case found == "":
		// The path may lead into the package through a bind mount of a part of it, or
		// through a symlink that only the system follows.
		return sameFile(env, record, p, false), nil
	}
	return found, nil
}

// sharedTries is how many files of a record are compared with the package. Files with the
// prefix in their text are copies in every environment, but rarely a dozen of them are
// listed first.
const sharedTries = 24

func (d *diskEvidence) sharedFile(env *meta.Environment, record string, p *Package) string {
	return sameFile(env, record, p, true)
}

// sameFile returns one of the first files of a record that is the same inode as its
// namesake in p, or "". With linked it must be a hard link of that file; without, it must
// be the file itself, reached by another path.
func sameFile(env *meta.Environment, record string, p *Package, linked bool) string {
	f, err := env.OpenRecord(record)
	if err != nil {
		return ""
	}
	defer f.Close()
	found, tries := "", 0
	// After an error there is no proof; the callers that need the error read the record
	// again.
	_, _ = dist.ReadRecordFiles(f, func(rel string) bool {
		if !strings.HasSuffix(rel, ".pyc") { // compiled at installation, never linked
			tries++
			found = sameInode(filepath.Join(env.Prefix, filepath.FromSlash(rel)), p, rel, linked)
		}
		return found == "" && tries < sharedTries
	})
	return found
}

// sameInode returns path if it is the same file as rel in p: a hard link with linked, the
// only link without. Files of noarch packages are in site-packages at the top of the
// package.
func sameInode(path string, p *Package, rel string, linked bool) string {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return ""
	}
	candidates := []string{rel}
	if _, module, ok := strings.Cut(rel, "/site-packages/"); ok {
		candidates = append(candidates, "site-packages/"+module)
	}
	for _, rel := range candidates {
		// os.SameFile compares device and inode. A file with a single link can be the same
		// file because a folder above it is a symlink into the package. That is no hard
		// link.
		if in, err := os.Lstat(filepath.Join(p.Path(), filepath.FromSlash(rel))); err == nil && os.SameFile(fi, in) {
			if hasNames(path) == linked {
				return path
			}
			return ""
		}
	}
	return ""
}

// hasNames reports whether the file at path has more than one hard link.
func hasNames(path string) bool {
	dir, err := walk.Open(filepath.Dir(path))
	if err != nil {
		return false
	}
	defer dir.Close()
	st, err := dir.Lstat(filepath.Base(path))
	return err == nil && st.Nlink > 1
}

// fileInto returns the path of the file rel of an environment if it leads into a package,
// else "". Either the file is a symlink, or one of the folders above it is.
//
// inside reports whether a folder, given without symlinks, is in the package. dirs caches
// the real paths of folders below the prefix.
func (d *diskEvidence) fileInto(prefix, rel string, dirs map[string]string, inside func(dir string) (bool, error)) (string, error) {
	dir, name := filepath.Split(rel)
	real, ok := dirs[dir]
	if !ok {
		var in bool
		var err error
		if real, in, err = realThrough(filepath.Join(prefix, dir), inside); in || err != nil {
			return found(in, prefix, rel), err
		}
		dirs[dir] = real
	}
	if real == "" {
		return "", nil // the folder was removed
	}
	if real != prefix {
		in, err := inside(real)
		if in || err != nil {
			return found(in, prefix, rel), err
		}
	}
	// Check each symlink on the way, not only the end. A file of the package may itself be
	// a symlink that leads out of the package.
	path := filepath.Join(real, name)
	for range maxSteps {
		fi, err := os.Lstat(path)
		switch {
		case err != nil && walk.LeadsNowhere(err):
			return "", nil // it dangles already
		case err != nil:
			return "", fmt.Errorf("%w: %w", errNoProof, err)
		case fi.Mode()&(fs.ModeSymlink|fs.ModeIrregular) == 0:
			if !fi.IsDir() {
				return "", nil
			}
			in, err := inside(path) // a symlink to the package's own folder
			return found(in, prefix, rel), err
		}
		target, err := os.Readlink(path)
		if err != nil {
			if walk.IsGone(err) {
				return "", nil // the environment is being removed
			}
			return "", fmt.Errorf("%w: %w", errNoProof, err)
		}
		if !filepath.IsAbs(target) {
			// filepath.Join would resolve ".." before the symlinks in front of it are
			// followed.
			target = filepath.Dir(path) + string(filepath.Separator) + target
		}
		dir, base := filepath.Split(target)
		if base == "" || base == "." || base == ".." {
			dir, base = target, ""
		}
		parent, in, err := realThrough(dir, inside)
		if in || err != nil || parent == "" {
			return found(in, prefix, rel), err
		}
		if in, err := inside(parent); in || err != nil {
			return found(in, prefix, rel), err
		}
		path = filepath.Join(parent, base)
	}
	return "", nil // a symlink loop
}

// realThrough returns the real path of the folder dir, or "" if there is no such folder. in
// reports that the path follows a symlink that is in the package, wherever it ends.
func realThrough(dir string, inside func(dir string) (bool, error)) (real string, in bool, err error) {
	real, err = walk.Real(dir)
	switch {
	case err != nil && !walk.LeadsNowhere(err):
		return "", false, fmt.Errorf("%w: %w", errNoProof, err)
	case err != nil:
		real = ""
	case real == filepath.Clean(dir) && !strings.Contains(dir, ".."):
		return real, false, nil // no symlink on the way
	}
	rest := strings.Split(filepath.ToSlash(strings.TrimPrefix(dir, filepath.VolumeName(dir))), "/")
	at := filepath.VolumeName(dir) + string(filepath.Separator)
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		fi, err := os.Lstat(next)
		switch {
		case err != nil && walk.LeadsNowhere(err):
			return "", false, nil
		case err != nil:
			return "", false, fmt.Errorf("%w: %w", errNoProof, err)
		case fi.Mode()&(fs.ModeSymlink|fs.ModeIrregular) == 0:
			at = next
			continue
		}
		if in, err := inside(at); in || err != nil {
			return "", in, err
		}
		target, err := os.Readlink(next)
		if err != nil || links >= maxSteps {
			return real, false, nil // trust the path that the system resolved
		}
		links++
		if filepath.IsAbs(target) {
			at = filepath.VolumeName(target) + string(filepath.Separator)
			target = strings.TrimPrefix(target, filepath.VolumeName(target))
		}
		rest = append(strings.Split(filepath.ToSlash(target), "/"), rest...)
	}
	return real, false, nil
}

// maxSteps is how many symlinks Linux follows in one path (MAXSYMLINKS in linux/namei.h).
const maxSteps = 40

// found returns the path of the file rel below prefix if in is true, else "".
func found(in bool, prefix, rel string) string {
	if !in {
		return ""
	}
	return filepath.Join(prefix, rel)
}

// isInside reports whether the folder dir, given without symlinks, is the package or below
// it. It compares identities, so that bind mounts count. A folder that exists but cannot be
// identified is an error.
func (d *diskEvidence) isInside(dir string, p *Package) (bool, error) {
	o, ok := d.inside[p.ID]
	if !ok {
		o = owners{byID: map[walk.ID]*Package{p.ID: p}, of: map[string]*Package{}}
		d.inside[p.ID] = o
	}
	owner, err := o.find(dir)
	return owner != nil, err
}

// removed reports whether err means that a record no longer exists.
func removed(err error) bool { return errors.Is(err, fs.ErrNotExist) && walk.IsGone(err) }
