package slim

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// readRecords marks the files of the tree that a record of the environment lists.
// Paths in records are somebody else's text: they are compared with what is
// there, never followed.
func (t *tree) readRecords(ctx context.Context, env *meta.Environment, prefix *walk.Dir) error {
	links := &linkReader{prefix: prefix, dirs: map[string]string{}}
	var mu sync.Mutex
	err := parallel.Each(ctx, 0, env.Records, func(name string) error {
		full := filepath.Join(env.Prefix, "conda-meta", name)
		r, err := t.readRecord(env, name, links)
		mu.Lock()
		defer mu.Unlock()
		switch {
		case errors.Is(err, fs.ErrNotExist): // removed since it was listed
		case err != nil:
			// What it listed before the fault may be as wrong as the rest.
			t.problems = append(t.problems, meta.Problem{
				Code: CodeUnreadableRecord, Path: full, Err: fmt.Errorf("%s: it cannot be read, so gclean keeps the files that only it lists: %w", full, walk.Cause(err)), Doubt: true,
			})
		default:
			for _, f := range r.files {
				if record := strings.TrimSuffix(name, ".json"); !f.recorded || record < f.record {
					f.record = record
				}
				f.recorded = true
			}
			t.packages[strings.TrimSuffix(name, ".json")] = &r.contents
			if r.odd > 0 {
				t.problems = append(t.problems, meta.Problem{
					Code: CodeOddPaths, Path: full, Err: fmt.Errorf("%s: it lists %d paths that are not inside an environment, such as %q; gclean skips them", full, r.odd, r.example),
				})
			}
		}
		return nil
	})
	return err
}

// recordFiles are what a record lists.
type recordFiles struct {
	files   []*file
	odd     int // paths that are not inside an environment
	example string
	contents
}

func (t *tree) readRecord(env *meta.Environment, name string, links *linkReader) (recordFiles, error) {
	var r recordFiles
	f, err := env.OpenRecord(name)
	if err != nil {
		return r, err
	}
	defer f.Close()
	r.name = nameOf(strings.TrimSuffix(name, ".json"))
	_, err = dist.ReadRecordParts(f, func(listed string) bool {
		if t.builders[listed] {
			r.builders = append(r.builders, listed)
		}
		if t.tools[listed] {
			r.tools = append(r.tools, listed)
		}
		switch path.Ext(listed) {
		case ".h", ".hh", ".hpp", ".mod":
			r.headers = true
		case ".py":
			r.library = r.library || path.Base(listed) == "os.py" && isStandardLibrary(importRoot(path.Dir(listed)))
		}
		file := t.files[listed]
		if file == nil {
			if !fs.ValidPath(listed) || listed == "." || strings.ContainsRune(listed, 0) {
				if r.odd++; r.odd == 1 {
					r.example = listed
				}
				return true
			}
			file = t.behindLink(listed, links)
		}
		if file != nil && file.kinds != setOf(History) {
			r.files = append(r.files, file)
		}
		return true
	}, func(spec string) {
		name, _, _ := strings.Cut(spec, " ")
		r.depends = append(r.depends, name)
	})
	return r, err
}

// behindLink is the file of the tree that a record lists by a folder that is a
// symlink inside the prefix, as lib64 to lib. By both paths it must be of the same
// kinds: a link from man to lib makes no manual of a library.
func (t *tree) behindLink(listed string, links *linkReader) *file {
	dir, name := path.Split(listed)
	dir = strings.TrimSuffix(dir, "/")
	place := placeOf(dir)
	kinds := place.of(name)
	if kinds == 0 || dir == "" {
		return nil
	}
	real := links.real(dir)
	if real == "" {
		return nil
	}
	file := t.files[join(real, name)]
	if file == nil || file.kinds != kinds {
		return nil
	}
	return file
}

// linkReader finds out where folders really are.
type linkReader struct {
	prefix *walk.Dir
	mu     sync.Mutex
	dirs   map[string]string
}

// real is the folder below the prefix that dir leads to by symlinks, "" if it is
// not behind any, is not there, or not in the prefix.
func (l *linkReader) real(dir string) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	real, ok := l.dirs[dir]
	if !ok {
		if r, ok := followDir(dir, l.prefix.Path(), l.readlink); ok && r != dir {
			real = r
		}
		l.dirs[dir] = real
	}
	return real
}

// readlink returns the target of the symlink at a path below the prefix, "" of a
// folder. The folders above it are no symlinks.
func (l *linkReader) readlink(at string) (string, error) {
	above, name := path.Split(at)
	dir, err := l.prefix.OpenBelow(strings.TrimSuffix(above, "/"))
	if err != nil {
		return "", err
	}
	defer dir.Close()
	st, err := dir.Lstat(name)
	switch {
	case err != nil:
		return "", err
	case st.Mode.IsDir():
		return "", nil
	case st.Mode&fs.ModeSymlink == 0:
		return "", fs.ErrInvalid
	}
	target, err := dir.Readlink(name)
	return filepath.ToSlash(target), err
}

// maxLinks is how many symlinks Linux follows in one path.
const maxLinks = 40

// followDir is where dir, below the prefix, really is below it; ok is false if
// it is not there or outside. readlink gives the target of a symlink, "" of a
// folder.
func followDir(dir, prefix string, readlink func(string) (string, error)) (real string, ok bool) {
	prefix = strings.TrimSuffix(filepath.ToSlash(prefix), "/")
	left := strings.Split(dir, "/")
	at := ""
	for links := 0; len(left) > 0; {
		name := left[0]
		left = left[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			if at == "" {
				return "", false
			}
			if at = path.Dir(at); at == "." {
				at = ""
			}
			continue
		}
		target, err := readlink(join(at, name))
		if err != nil {
			return "", false
		}
		if target == "" {
			at = join(at, name)
			continue
		}
		if links++; links > maxLinks {
			return "", false
		}
		if path.IsAbs(target) {
			inside, ok := strings.CutPrefix(target, prefix+"/")
			if !ok {
				return "", false
			}
			target, at = inside, ""
		}
		left = slices.Concat(strings.Split(target, "/"), left)
	}
	return at, at != ""
}
