package verify

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"time"

	"gclean/meta/dist"
	"gclean/walk"
)

// unpacking extracts an archive as conda does. Modes are those in the archive, without
// set-user-ID and the like, and without the bits of the umask. Times are those in the
// archive. Owners are not: if root extracts for another user, the files get the cache's
// owner.
//
// Until finish, all folders belong to the running user and are closed to others. Otherwise
// somebody could replace a file before root gives it away by name. So files and folders are
// given away through their handles.
//
// All paths come from dist.Archive: none leads upwards, and none goes through a symlink of
// the archive. In addition, os.Root refuses paths that lead out of it.
type unpacking struct {
	root    *os.Root
	owner   *walk.Stat // owner of the extracted files; nil keeps the running user
	sync    bool       // flush each file, because the file system cannot be flushed as a whole
	before  func(op, path string) error
	umask   fs.FileMode
	folders map[string]folder
}

// folder is a folder that was made. It gets its owner, mode and times at the end, when
// nothing more is put into it.
type folder struct {
	mode    fs.FileMode // 0 means the mode of a new folder
	modTime time.Time   // zero if the archive does not say
}

func newUnpacking(root *os.Root, umask fs.FileMode, before func(op, path string) error) *unpacking {
	return &unpacking{root: root, umask: umask, before: before, folders: make(map[string]folder)}
}

// archive extracts everything in a.
func (u *unpacking) archive(ctx context.Context, a *dist.Archive) error {
	if err := a.Members(ctx, dist.Everything, u.member); err != nil {
		return err
	}
	for _, f := range a.Findings() {
		if !f.Kind.Note() {
			return errors.New(f.String())
		}
	}
	return nil
}

func (u *unpacking) path(name string) string {
	return filepath.Join(u.root.Name(), filepath.FromSlash(name))
}

// member extracts one member.
func (u *unpacking) member(m dist.Member, r io.Reader) error {
	if m.Type == dist.Folder {
		if err := u.folder(m.Path); err != nil {
			return err
		}
		u.folders[m.Path] = folder{m.Mode.Perm() &^ u.umask, m.ModTime}
		return nil
	}
	if err := u.folder(path.Dir(m.Path)); err != nil {
		return err
	}
	switch m.Type {
	case dist.Symlink:
		if m.Again {
			if err := u.before("remove", u.path(m.Path)); err != nil {
				return err
			}
			if err := u.root.Remove(filepath.FromSlash(m.Path)); err != nil {
				return err
			}
		}
		if err := u.before("symlink", u.path(m.Path)); err != nil {
			return err
		}
		if err := u.root.Symlink(filepath.FromSlash(m.Target), filepath.FromSlash(m.Path)); err != nil {
			return err
		}
		return u.ownLink(m.Path)
	case dist.Hardlink:
		if err := u.before("link", u.path(m.Path)); err != nil {
			return err
		}
		return u.root.Link(filepath.FromSlash(m.Target), filepath.FromSlash(m.Path))
	}
	if err := u.file(m.Path, m.Again, m.Mode.Perm()&^u.umask, r); err != nil {
		return err
	}
	if m.ModTime.IsZero() {
		return nil
	}
	return u.root.Chtimes(filepath.FromSlash(m.Path), m.ModTime, m.ModTime)
}

// file writes a file. The file must not exist unless again is set.
func (u *unpacking) file(name string, again bool, mode fs.FileMode, r io.Reader) error {
	if err := u.before("create", u.path(name)); err != nil {
		return err
	}
	// give sets the mode again: a default ACL of the folder may replace the umask.
	flag := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if again {
		flag = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := u.root.OpenFile(filepath.FromSlash(name), flag, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, r)
	err = errors.Join(err, u.give(f, mode))
	if u.sync && err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// folder makes a folder, and those above it.
func (u *unpacking) folder(name string) error {
	if name == "." {
		return nil
	}
	if _, made := u.folders[name]; made {
		return nil
	}
	if err := u.folder(path.Dir(name)); err != nil {
		return err
	}
	if err := u.before("mkdir", u.path(name)); err != nil {
		return err
	}
	if err := u.root.Mkdir(filepath.FromSlash(name), 0o700); err != nil {
		return err
	}
	u.folders[name] = folder{mode: 0o777 &^ u.umask}
	return nil
}

// close closes the top folder to others, until finish.
func (u *unpacking) close() error {
	u.folders["."] = folder{mode: 0o777 &^ u.umask}
	return u.root.Chmod(".", 0o700)
}

// give sets the mode of an open file or folder, and its owner if root extracts for another
// user.
func (u *unpacking) give(f *os.File, mode fs.FileMode) error {
	if u.owner != nil {
		if err := f.Chown(int(u.owner.UID), int(u.owner.GID)); err != nil {
			return err
		}
	}
	return f.Chmod(mode)
}

// ownLink sets the owner of a symlink, for which there is no handle. That is safe because
// its folder is still closed.
func (u *unpacking) ownLink(name string) error {
	if u.owner == nil {
		return nil
	}
	return u.root.Lchown(filepath.FromSlash(name), int(u.owner.UID), int(u.owner.GID))
}

// finish sets the owners, modes and times of folders, innermost first: the path to each
// folder stays closed until it is done.
func (u *unpacking) finish() error {
	names := slices.Sorted(maps.Keys(u.folders))
	slices.Reverse(names)
	if i := slices.Index(names, "."); i >= 0 {
		names = append(slices.Delete(names, i, i+1), ".")
	}
	for _, name := range names {
		if err := u.before("chmod", u.path(name)); err != nil {
			return err
		}
		if err := u.finishFolder(filepath.FromSlash(name), u.folders[name]); err != nil {
			return err
		}
	}
	return nil
}

func (u *unpacking) finishFolder(at string, f folder) error {
	if !f.modTime.IsZero() {
		if err := u.root.Chtimes(at, f.modTime, f.modTime); err != nil {
			return err
		}
	}
	if u.owner == nil {
		return u.root.Chmod(at, f.mode) // on Windows, an open folder has no mode to set
	}
	dir, err := u.root.Open(at)
	if err != nil {
		return err
	}
	return errors.Join(u.give(dir, f.mode), dir.Close())
}
