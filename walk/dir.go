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

// Dir is an open folder. Everything is done relative to the open handle, so a
// folder that is renamed or replaced on disk afterwards is not mistaken for
// it, and no name given to a method is ever followed through a symlink.
type Dir struct {
	sys  sysdir
	path string
	stat Stat
}

// Open opens the folder at path. Symlinks in path are followed: it is the
// place the user named.
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

// Path is the path the folder was opened by, for messages.
func (d *Dir) Path() string { return d.path }

// ID is the identity of the folder.
func (d *Dir) ID() ID { return d.stat.ID }

// Stat describes the folder as it was when it was opened.
func (d *Dir) Stat() Stat { return d.stat }

// OpenDir opens the folder name, a single component, in d. A symlink is an
// error, and so is a mount point: what is mounted there is not of this tree.
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

// OpenBelow opens the folder at the slash-separated path rel below d, one
// component after the other, as OpenDir does. An empty rel opens d once more.
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

// Lstat describes name in d, symlinks not followed.
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

// ReadDir lists d sorted by name, each name with its Stat. Names that vanish
// while they are looked at are left out. On an error, what was read before it
// is returned too.
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

// OpenFile opens the regular file name in d for reading, never through a
// symlink and without waiting on a FIFO.
func (d *Dir) OpenFile(name string) (*os.File, error) {
	if err := checkName(name); err != nil {
		return nil, d.fail("open", name, err)
	}
	f, err := d.sys.openFile(name, filepath.Join(d.path, name))
	return f, d.fail("open", name, err)
}

// OpenFileBelow opens the regular file at the slash-separated path rel below d for
// reading: OpenBelow for the folders on the way and OpenFile in one.
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

// MkdirLike creates the folder name in d for those who have d: with its owner,
// group and mode, as far as the system lets this process give them.
func (d *Dir) MkdirLike(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("mkdir", name, err)
	}
	return d.fail("mkdir", name, d.sys.mkdirLike(name))
}

// Create makes the empty file name in d, for those who may write to d;
// one that is there stays as it is.
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

// Rename moves name in d to newName in to. Where the system can refuse to
// replace what is there it does; callers pick fresh names.
func (d *Dir) Rename(name string, to *Dir, newName string) error {
	if err := errors.Join(checkName(name), checkName(newName)); err != nil {
		return d.fail("rename", name, err)
	}
	return d.fail("rename", name, d.sys.rename(name, to.sys, newName))
}

// Link makes newName in to a hard link of the file name in d, which is not followed
// where it is a symlink. It replaces nothing. Where the system cannot do it by handles
// the error is errors.ErrUnsupported.
func (d *Dir) Link(name string, to *Dir, newName string) error {
	if err := errors.Join(checkName(name), checkName(newName)); err != nil {
		return d.fail("link", name, err)
	}
	return d.fail("link", name, d.sys.link(name, to.sys, newName))
}

// Move is Rename of what id is of, and returns the ID that it has then: on FAT,
// Windows makes it of the place of the name. Where the system can compare in the
// same step, anything else is ErrChanged; callers compare before in any case.
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

// IsNotEmpty says whether the error of Rmdir is that something is in the folder.
func IsNotEmpty(err error) bool { return isNotEmpty(Cause(err)) }

// Writable says whether names in d can be created and removed by this
// process: nil, or the error of the system.
func (d *Dir) Writable() error {
	return d.fail("write", "", d.sys.writable())
}

// WritableFile says whether the file name in d can be written to.
func (d *Dir) WritableFile(name string) error {
	if err := checkName(name); err != nil {
		return d.fail("write", name, err)
	}
	return d.fail("write", name, d.sys.writableFile(name))
}

// Unlock gives the owner of the folder name in d the right to read, change
// and move it.
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

// checkName refuses whatever is not the name of one thing inside a folder.
func checkName(name string) error {
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, notInNames) {
		return fmt.Errorf("%q is not a name in a folder", name)
	}
	return nil
}

// Identify returns the identity of what path leads to, symlinks followed.
func Identify(path string) (ID, error) {
	st, err := Describe(path)
	return st.ID, err
}
