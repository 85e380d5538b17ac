package removal

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/walk"
)

// remember leaves in a cache what was seen of its environments; nil removes what
// an earlier run has left. Only who owns the cache does: what another leaves would
// be in the owner's way. A mark that cannot be written is not missed: the next run
// looks at everything again.
func (x *execution) remember(dir *walk.Dir, mark *hold.Mark) error {
	if runtime.GOOS != "windows" && int(dir.Stat().UID) != os.Geteuid() {
		return nil
	}
	host, _ := os.Hostname()
	name := cache.MarkName(host, os.Geteuid())
	if mark == nil {
		return x.forget(dir, name)
	}
	text, err := json.Marshal(mark)
	if err != nil {
		return err
	}
	marks, err := x.marksDir(dir)
	if err != nil {
		return err
	}
	defer marks.Close()
	root, err := marks.AsRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	tmp := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	if err := x.before("create", filepath.Join(marks.Path(), tmp)); err != nil {
		return err
	}
	f, err := root.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err == nil {
		if err = x.before("rename", filepath.Join(marks.Path(), name)); err == nil {
			err = root.Rename(tmp, name)
		}
	}
	if err != nil {
		_ = root.Remove(tmp)
	}
	return err
}

// marksDir opens the folder of marks, and makes it if there is none.
func (x *execution) marksDir(dir *walk.Dir) (*walk.Dir, error) {
	own, err := x.makeDir(dir, cache.OwnDir)
	if err != nil {
		return nil, err
	}
	defer own.Close()
	return x.makeDir(own, cache.MarksDir)
}

func (x *execution) makeDir(in *walk.Dir, name string) (*walk.Dir, error) {
	dir, err := in.OpenDir(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, err
	}
	if err := x.before("mkdir", filepath.Join(in.Path(), name)); err != nil {
		return nil, err
	}
	if err := in.MkdirLike(name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return in.OpenDir(name)
}

// forget removes one's own mark, and the folders around it if they are empty.
func (x *execution) forget(dir *walk.Dir, name string) error {
	own, err := dir.OpenDir(cache.OwnDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer own.Close()
	marks, err := own.OpenDir(cache.MarksDir)
	if err != nil {
		return err
	}
	defer marks.Close()
	path := filepath.Join(marks.Path(), name)
	if _, err := marks.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := x.before("unlink", path); err != nil {
		return err
	}
	if err := marks.Unlink(name); err != nil {
		return err
	}
	// Others may have marks there: then the folders stay.
	if x.before("rmdir", marks.Path()) == nil && own.Rmdir(cache.MarksDir) == nil && x.before("rmdir", own.Path()) == nil {
		_ = dir.Rmdir(cache.OwnDir)
	}
	return nil
}
