package removal

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/walk"
)

// rememberRest updates the marks of the caches from which nothing was removed.
func (x *execution) rememberRest(ctx context.Context) {
	for _, c := range x.newest.Caches {
		if _, asked := x.newest.Marks[c.Path]; !asked || x.marked[c.Path] || ctx.Err() != nil {
			continue
		}
		dir, err := walk.Open(c.Path)
		if err != nil {
			x.result.Unmarked = errors.Join(x.result.Unmarked, err)
			continue
		}
		if dir.ID() == c.ID {
			x.rememberIn(dir)
		}
		dir.Close()
	}
}

// rememberIn writes or removes the mark of a cache. A cache that is not in the plan's Marks
// keeps its mark.
func (x *execution) rememberIn(dir *walk.Dir) {
	mark, asked := x.newest.Marks[dir.Path()]
	if x.marked[dir.Path()] = true; asked {
		x.result.Unmarked = errors.Join(x.result.Unmarked, x.remember(dir, mark))
	}
}

// remember writes a mark to a cache; nil removes the mark of an earlier run. Only the owner
// of the cache does so: another user's files would be in the owner's way. A mark that
// cannot be written does no harm, because the next run looks at everything again.
func (x *execution) remember(dir *walk.Dir, mark *hold.Mark) error {
	if runtime.GOOS != "windows" && int(dir.Stat().UID) != os.Geteuid() {
		return nil
	}
	name := x.newest.MarkName
	if name == "" {
		return nil
	}
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
	if err := x.sweep(marks, name); err != nil {
		return err
	}
	tmp := fmt.Sprintf("%s.%d.tmp", name, os.Getpid())
	if err := x.before("create", filepath.Join(marks.Path(), tmp)); err != nil {
		return err
	}
	// Remove the file that a killed run may have left, so that nothing is written through
	// it.
	if err := root.Remove(tmp); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := marks.WriteNew(tmp, text); err != nil {
		return err
	}
	err = x.before("rename", filepath.Join(marks.Path(), name))
	if err == nil {
		err = root.Rename(tmp, name)
	}
	if err != nil {
		_ = root.Remove(tmp)
	}
	return err
}

// marksDir opens the folder of marks, and makes it if needed.
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
	dir, err = in.OpenDir(name)
	if err != nil {
		return nil, err
	}
	root, err := dir.AsRoot()
	if err == nil {
		err = errors.Join(root.Chmod(".", 0o755), root.Close())
	}
	if err != nil {
		dir.Close()
		return nil, err
	}
	return dir, nil
}

// forget removes this user's mark, and the folders around it if they are empty.
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
	if errors.Is(err, fs.ErrNotExist) { // left by a run that was killed
		if x.before("rmdir", own.Path()) == nil {
			_ = dir.Rmdir(cache.OwnDir)
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer marks.Close()
	err = x.sweep(marks, name)
	if _, none := marks.Lstat(name); errors.Is(none, fs.ErrNotExist) && err == nil {
		x.dropMarks(dir, own, marks)
		return nil
	}
	if err == nil {
		err = x.before("unlink", filepath.Join(marks.Path(), name))
	}
	if err == nil {
		err = marks.Unlink(name)
	}
	if err == nil {
		x.dropMarks(dir, own, marks)
	}
	return err
}

// abandoned is the age from which a half-written mark counts as left by a killed run.
// Writing a mark takes less than a minute.
const abandoned = time.Hour

// sweep removes half-written marks that killed runs of this user on this host left.
func (x *execution) sweep(marks *walk.Dir, name string) error {
	items, err := marks.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		pid, isTmp := strings.CutPrefix(it.Name, name+".")
		pid, isEnd := strings.CutSuffix(pid, ".tmp")
		if _, err := strconv.Atoi(pid); !isTmp || !isEnd || err != nil || !it.Type.IsRegular() {
			continue
		}
		if x.now().Sub(time.Unix(0, it.Stat.Mtime)) < abandoned {
			continue
		}
		if err := x.before("unlink", filepath.Join(marks.Path(), it.Name)); err != nil {
			return err
		}
		if err := marks.Unlink(it.Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// dropMarks removes the folders of marks, unless other users have marks there.
func (x *execution) dropMarks(dir, own, marks *walk.Dir) {
	if x.before("rmdir", marks.Path()) == nil && own.Rmdir(cache.MarksDir) == nil && x.before("rmdir", own.Path()) == nil {
		_ = dir.Rmdir(cache.OwnDir)
	}
}
