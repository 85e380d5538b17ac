package hold

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// diskEvidence looks the answers up on the disk.
type diskEvidence struct {
	inside map[insideKey]bool
}

// insideKey is a folder and the entry it was compared with.
type insideKey struct {
	dir   string
	entry walk.ID
}

func newDiskEvidence() *diskEvidence { return &diskEvidence{inside: map[insideKey]bool{}} }

func (d *diskEvidence) link(env *meta.Environment, record string) (dist.RecordLink, error) {
	f, err := env.OpenRecord(record)
	if removed(err) {
		// Removed since it was listed; what it linked goes or stays by the
		// other evidence.
		return dist.RecordLink{Type: dist.Copy}, nil
	}
	if err != nil {
		return dist.RecordLink{}, err
	}
	defer f.Close()
	l, err := dist.ReadRecordLink(f)
	if err != nil {
		return l, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return l, nil
}

func (d *diskEvidence) origin(env *meta.Environment, record string) (dist.RecordOrigin, error) {
	f, err := env.OpenRecord(record)
	if removed(err) {
		return dist.RecordOrigin{}, nil
	}
	if err != nil {
		return dist.RecordOrigin{}, err
	}
	defer f.Close()
	o, err := dist.ReadRecordOrigin(f)
	if err != nil {
		return o, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return o, nil
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
	dirs := map[string]string{} // folder below the prefix -> where it really is
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
	}
	return found, nil
}

// sharedTries is how many files of a record are compared with the entry:
// files with a prefix in them are copies in every environment, but there are
// hardly a dozen of them in front.
const sharedTries = 24

func (d *diskEvidence) sharedFile(env *meta.Environment, record string, p *Package) string {
	f, err := env.OpenRecord(record)
	if err != nil {
		return ""
	}
	defer f.Close()
	found, tries := "", 0
	// An error means no proof; the records are read again where it matters.
	_, _ = dist.ReadRecordFiles(f, func(rel string) bool {
		if !strings.HasSuffix(rel, ".pyc") { // compiled at installation
			tries++
			found = sameInode(filepath.Join(env.Prefix, filepath.FromSlash(rel)), p, rel)
		}
		return found == "" && tries < sharedTries
	})
	return found
}

// sameInode returns path if it is a hard link of the file rel in e. Files of
// noarch packages are in site-packages at the top of the entry.
func sameInode(path string, p *Package, rel string) string {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return ""
	}
	candidates := []string{rel}
	if _, module, ok := strings.Cut(rel, "/site-packages/"); ok {
		candidates = append(candidates, "site-packages/"+module)
	}
	for _, rel := range candidates {
		// os.SameFile compares device and inode. A file with one name is the same because
		// a folder above is a symlink into the package: that is no hard link.
		if in, err := os.Lstat(filepath.Join(p.Path(), filepath.FromSlash(rel))); err == nil && os.SameFile(fi, in) {
			if !hasNames(path) {
				return ""
			}
			return path
		}
	}
	return ""
}

// hasNames says whether the file at path has other names too.
func hasNames(path string) bool {
	dir, err := walk.Open(filepath.Dir(path))
	if err != nil {
		return false
	}
	defer dir.Close()
	st, err := dir.Lstat(filepath.Base(path))
	return err == nil && st.Nlink > 1
}

// fileInto says whether the file rel of an environment leads into a package: by a
// folder that is a symlink, or by being one itself.
//
// inside says whether a folder, free of symlinks, is in the package. dirs
// remembers where folders below the prefix really are.
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
		return "", nil // the folder is gone
	}
	if real != prefix {
		in, err := inside(real)
		if in || err != nil {
			return found(in, prefix, rel), err
		}
	}
	// Each step counts, not only the end: a file of the package may itself be a
	// symlink that leads out of it.
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
			in, err := inside(path) // a symlink to the package itself
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
			// Not joined: ".." after a symlink is not the folder before it.
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
	return "", nil // a circle
}

// realThrough is the real path of the folder dir, "" if there is none. in says that
// the way to it goes through a symlink that is in the package, wherever it ends.
func realThrough(dir string, inside func(dir string) (bool, error)) (real string, in bool, err error) {
	real, err = walk.Real(dir)
	switch {
	case err != nil && !walk.LeadsNowhere(err):
		return "", false, fmt.Errorf("%w: %w", errNoProof, err)
	case err != nil:
		real = ""
	case real == filepath.Clean(dir) && !strings.Contains(dir, ".."):
		return real, false, nil // there is no symlink on the way
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
			return real, false, nil // what the system made of it counts
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

// maxSteps is how many symlinks Linux follows in one path.
const maxSteps = 40

// found is the path of the file rel below prefix if in, else "".
func found(in bool, prefix, rel string) string {
	if !in {
		return ""
	}
	return filepath.Join(prefix, rel)
}

// isInside says whether the folder dir, free of symlinks, is the package or
// below it: by identity, so that bind mounts count. What cannot be identified is
// an error, unless it is gone.
func (d *diskEvidence) isInside(dir string, p *Package) (bool, error) {
	key := insideKey{dir, p.ID}
	if in, ok := d.inside[key]; ok {
		return in, nil
	}
	id, err := walk.Identify(dir)
	if err != nil && !walk.LeadsNowhere(err) {
		return false, fmt.Errorf("%w: %w", errNoProof, err)
	}
	in := err == nil && id == p.ID
	if up := filepath.Dir(dir); !in && up != dir {
		if in, err = d.isInside(up, p); err != nil {
			return false, err
		}
	}
	d.inside[key] = in
	return in, nil
}

// removed says that a record is no more.
func removed(err error) bool { return errors.Is(err, fs.ErrNotExist) && walk.IsGone(err) }
