package walk

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"sort"
	"strings"
)

// Dir is an open folder. All methods work relative to the open handle, so they never
// mistake a folder for another that was renamed or put in its place. They never follow a
// symlink at a name given to them.
type Dir struct {
	sys  sysdir
	path string
	stat Stat
}

// Open opens the folder at path. It follows symlinks in path, which is the place that the
// user named.
func Open(path string) (*Dir, error) {
	sys, err := openPath(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return newDir(sys, path)
}

func newDir(sys sysdir, path string) (*Dir, error) {
	st, err := sys.stat()
	if err != nil {
		sys.close()
		return nil, &fs.PathError{Op: "stat", Path: path, Err: err}
	}
	return &Dir{sys: sys, path: path, stat: st}, nil
}

// Close releases the handle.
func (d *Dir) Close() error { return d.sys.close() }

// Path returns the path by which the folder was opened, for messages.
func (d *Dir) Path() string { return d.path }

// ID returns the identity of the folder.
func (d *Dir) ID() ID { return d.stat.ID }

// Stat describes the folder as it was when it was opened.
func (d *Dir) Stat() Stat { return d.stat }

// OpenDir opens the folder name, a single component, in d. It refuses a symlink. For a
// mount point it returns ErrMountPoint, because another file system is not part of this
// tree.
func (d *Dir) OpenDir(name string) (*Dir, error) {
	if err := checkName(name); err != nil {
		return nil, d.fail("open", name, err)
	}
	sys, err := d.sys.open(name)
	if err != nil {
		return nil, d.fail("open", name, err)
	}
	sub, err := newDir(sys, filepath.Join(d.path, name))
	if err != nil {
		return nil, err
	}
	if sub.stat.ID.Dev != d.stat.ID.Dev {
		sub.Close()
		return nil, d.fail("open", name, ErrMountPoint)
	}
	return sub, nil
}

// OpenBelow opens the folder at the slash-separated path rel below d, one component after
// the other, as OpenDir does. If rel is empty, it opens d again.
func (d *Dir) OpenBelow(rel string) (*Dir, error) {
	sys, err := d.sys.open(".")
	if err != nil {
		return nil, d.fail("open", "", err)
	}
	cur, err := newDir(sys, d.path)
	if err != nil {
		return nil, err
	}
	for name := range strings.SplitSeq(rel, "/") {
		if rel == "" {
			break
		}
		sub, err := cur.OpenDir(name)
		cur.Close()
		if err != nil {
			return nil, err
		}
		cur = sub
	}
	return cur, nil
}

// Lstat describes name in d, without following a symlink.
func (d *Dir) Lstat(name string) (Stat, error) {
	if err := checkName(name); err != nil {
		return Stat{}, d.fail("lstat", name, err)
	}
	st, err := d.sys.lstat(name)
	return st, d.fail("lstat", name, err)
}

// Readlink returns the target of the symlink name in d.
func (d *Dir) Readlink(name string) (string, error) {
	if err := checkName(name); err != nil {
		return "", d.fail("readlink", name, err)
	}
	target, err := d.sys.readlink(name)
	return target, d.fail("readlink", name, err)
}

// ReadDir lists d sorted by name, each name with its Stat. It leaves out names that
// disappear while it reads. If it fails, it also returns what it read before.
func (d *Dir) ReadDir() ([]Item, error) {
	sys, err := d.sys.open(".")
	if err != nil {
		return nil, d.fail("open", "", err)
	}
	defer sys.close()
	var items []Item
	ents := newDirents()
	ents.reset(sys)
	for {
		more, err := ents.fill()
		if err != nil {
			return items, d.fail("readdir", "", err)
		}
		if !more {
			break
		}
		for ents.next() {
			name := strings.Clone(ents.name())
			st, err := sys.lstat(name)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return items, d.fail("lstat", name, err)
			}
			items = append(items, Item{Name: name, Type: st.Mode.Type(), Stat: st})
		}
	}
	sort.Slice(items, func(i, j int) bool { return items[i].Name < items[j].Name })
	return items, nil
}

// OpenFile opens the regular file name in d for reading. It never follows a symlink or
// waits for a FIFO.
func (d *Dir) OpenFile(name string) (*os.File, error) {
	if err := checkName(name); err != nil {
		return nil, d.fail("open", name, err)
	}
	f, err := d.sys.openFile(name, filepath.Join(d.path, name))
	return f, d.fail("open", name, err)
}

// OpenFileBelow opens the regular file at the slash-separated path rel below d for reading.
// It is OpenBelow for the folder and OpenFile in one.
func (d *Dir) OpenFileBelow(rel string) (*os.File, error) {
	if f, ok := d.sys.openFileBelow(rel, filepath.Join(d.path, filepath.FromSlash(rel))); ok {
		return f, nil
	}
	above, name := path.Split(rel)
	dir, err := d.OpenBelow(strings.TrimSuffix(above, "/"))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	return dir.OpenFile(name)
}

// Mkdir creates the folder name in d.
func (d *Dir) Mkdir(name string, perm fs.FileMode) error {
	if err := checkName(name); err != nil {
		return d.fail("mkdir", name, err)
	}
	return d.fail("mkdir", name, d.sys.mkdir(name, perm))
}

// MkdirLike creates the folder name in d for the users of d. It gets the owner, group and
// mode of d, as far as the system allows.
func (d *Dir) MkdirLike(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("mkdir", name, err)
	}
	return d.fail("mkdir", name, d.sys.mkdirLike(name))
}

// Create creates the empty file name in d, for the users who may write to d. An existing
// file stays as it is.
func (d *Dir) Create(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("create", name, err)
	}
	f, _, err := d.sys.openOrCreate(name, true)
	if err != nil {
		return d.fail("create", name, err)
	}
	return f.Close()
}

// Rename moves name in d to newName in to. It refuses to replace an existing name where the
// system supports that; callers choose unused names.
func (d *Dir) Rename(name string, to *Dir, newName string) error {
	if err := errors.Join(checkName(name), checkName(newName)); err != nil {
		return d.fail("rename", name, err)
	}
	return d.fail("rename", name, d.sys.rename(name, to.sys, newName))
}

// Link makes newName in to a hard link of the file name in d. It does not follow a symlink,
// and replaces nothing. If the system cannot do that by handles, the error is
// errors.ErrUnsupported.
func (d *Dir) Link(name string, to *Dir, newName string) error {
	if err := errors.Join(checkName(name), checkName(newName)); err != nil {
		return d.fail("link", name, err)
	}
	return d.fail("link", name, d.sys.link(name, to.sys, newName))
}

// Move is Rename for the file with identity id. It returns the ID that the file has
// afterwards: on FAT, Windows derives the ID from the place of the name. If name is another
// file, the error is ErrChanged. Not every system can check that in the same step, so
// callers also check before.
func (d *Dir) Move(name string, id ID, to *Dir, newName string) (ID, error) {
	if err := errors.Join(checkName(name), checkName(newName)); err != nil {
		return ID{}, d.fail("rename", name, err)
	}
	moved, err := d.sys.move(name, id, to.sys, newName)
	return moved, d.fail("rename", name, err)
}

// Unlink removes name in d, which is not a folder.
func (d *Dir) Unlink(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("unlink", name, err)
	}
	return d.fail("unlink", name, d.sys.unlink(name))
}

// Rmdir removes the empty folder name in d.
func (d *Dir) Rmdir(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("rmdir", name, err)
	}
	return d.fail("rmdir", name, d.sys.rmdir(name))
}

// IsNotEmpty reports whether an error of Rmdir means that the folder is not empty.
func IsNotEmpty(err error) bool { return isNotEmpty(Cause(err)) }

// Writable returns nil if this process can create and remove names in d, else the error of
// the system.
func (d *Dir) Writable() error {
	return d.fail("write", "", d.sys.writable())
}

// WritableFile returns nil if this process can write to the file name in d.
func (d *Dir) WritableFile(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("write", name, err)
	}
	return d.fail("write", name, d.sys.writableFile(name))
}

// Unlock gives the owner of the folder name in d the right to read, change and move it.
func (d *Dir) Unlock(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("chmod", name, err)
	}
	return d.fail("chmod", name, d.sys.unlock(name))
}

func (d *Dir) fail(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: filepath.Join(d.path, name), Err: err}
}

// checkName refuses a name that is not a single component.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, notInNames) {
		return fmt.Errorf("%q is not a name in a folder", name)
	}
	return nil
}

// Identify returns the identity of the file at path, following symlinks.
func Identify(path string) (ID, error) {
	st, err := Describe(path)
	return st.ID, err
}
