package slim

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"gclean/meta"
	"gclean/walk"
)

// openPrefix opens the environment at prefix. The error is ErrNoEnvironment,
// ErrRefused, fs.ErrNotExist or syscall.ELOOP where it was named wrongly, with the
// path; else what stood in the way.
func openPrefix(prefix string, homes []string) (*walk.Dir, meta.Environment, error) {
	var none meta.Environment
	dir, err := walk.Open(prefix)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, none, fmt.Errorf("%s: there is no such folder: %w", prefix, fs.ErrNotExist)
	case errors.Is(err, syscall.ENOTDIR):
		return nil, none, fmt.Errorf("%s: %w: it is not a folder", prefix, ErrNoEnvironment)
	case errors.Is(err, syscall.ELOOP):
		return nil, none, fmt.Errorf("%s: the symlinks form a loop; correct the path: %w", prefix, syscall.ELOOP)
	case err != nil:
		return nil, none, fmt.Errorf("%s: the environment cannot be read; run as its owner: %w", prefix, walk.Cause(err))
	}
	env, err := environmentIn(dir, homes)
	if err != nil {
		dir.Close()
		return nil, none, err
	}
	return dir, env, nil
}

// environmentIn lists the records of the environment dir, if it is one that may
// be slimmed.
func environmentIn(dir *walk.Dir, homes []string) (meta.Environment, error) {
	prefix := dir.Path()
	if dir.IsRoot() {
		return meta.Environment{}, fmt.Errorf("%s: %w: it is the root of the file system; name the environment in it", prefix, ErrRefused)
	}
	for _, home := range homes {
		if home != "" && same(dir, home) {
			return meta.Environment{}, fmt.Errorf("%s: %w: it is a home folder; name the environment in it", prefix, ErrRefused)
		}
	}
	env, exists := meta.ReadEnvironment(prefix)
	switch {
	case !exists, env.Bare && !hasMeta(dir):
		return env, fmt.Errorf("%s: %w: it has no conda-meta; name the folder that contains conda-meta", prefix, ErrNoEnvironment)
	case env.Err != nil:
		return env, fmt.Errorf("%s: its records cannot be read; run as its owner: %w", prefix, walk.Cause(env.Err))
	case env.ID != dir.ID():
		return env, fmt.Errorf("%s: %w", prefix, walk.ErrChanged)
	case len(env.Records) == 0 && !hasHistory(dir):
		return env, fmt.Errorf("%s: %w: its conda-meta has neither a history nor records", prefix, ErrNoEnvironment)
	}
	return env, nil
}

// hasMeta says whether a folder has a conda-meta, or what may be one.
func hasMeta(dir *walk.Dir) bool {
	_, err := dir.Lstat("conda-meta")
	return err == nil || !walk.IsGone(err)
}

func hasHistory(dir *walk.Dir) bool {
	meta, err := dir.OpenDir("conda-meta")
	if err != nil {
		return false
	}
	defer meta.Close()
	_, err = meta.Lstat(historyName)
	return err == nil
}

func same(dir *walk.Dir, path string) bool {
	id, err := walk.Identify(path)
	return err == nil && id == dir.ID()
}
