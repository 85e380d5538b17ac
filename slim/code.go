package slim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"

	"gclean/internal/parallel"
	"gclean/walk"
	"gclean/walk/open"
)

// maxModule is how large a source may be to be read, in bytes.
const maxModule = 32 << 20

var (
	errTooLarge   = fmt.Errorf("it has more than %d MiB", maxModule>>20)
	errSourceless = errors.New("it is bytecode without its source, so its imports are unknown")
)

// codeIn is what may import modules, by the test folder among folders that it is
// in, "" if it is in none.
func (t *tree) codeIn(folders []string) map[string][]string {
	code := map[string][]string{}
	for _, file := range t.code {
		f := testFolderOf(folderOf(file))
		if !slices.Contains(folders, f) {
			f = ""
		}
		code[f] = append(code[f], file)
	}
	return code
}

// readCode reads files that may import modules, and returns those that name a test
// folder, or a package of parents in part, and those that could not be read.
func (t *tree) readCode(ctx context.Context, prefix *walk.Dir, code []string, parents packageSet) ([]source, error) {
	var mu sync.Mutex
	var sources []source
	err := parallel.Each(ctx, 0, byFolder(code, folderOf), func(files []string) error {
		dir, derr := prefix.OpenBelow(folderOf(files[0]))
		if derr == nil {
			defer dir.Close()
		}
		for _, file := range files {
			s := source{path: file}
			if s.err = derr; derr == nil {
				s.err = t.readSource(prefix, dir, file, parents, func(r reference) { s.references = append(s.references, r) })
			}
			switch {
			case errors.Is(s.err, fs.ErrNotExist):
				continue // gone, or a symlink to nothing: nobody can import it
			case s.err != nil:
				s.err = walk.Cause(s.err)
			case len(s.references) == 0:
				continue
			}
			mu.Lock()
			sources = append(sources, s)
			mu.Unlock()
		}
		return nil
	})
	return sources, err
}

// readSource yields what a file in dir that may import modules names.
func (t *tree) readSource(prefix, dir *walk.Dir, file string, parents packageSet, yield func(reference)) error {
	name := path.Base(file)
	if path.Ext(name) == ".pyc" && t.hasModule(strings.TrimSuffix(file, "c")) {
		return nil
	}
	f, err := openCode(dir, name)
	if err != nil {
		return err
	}
	defer f.Close()
	switch {
	case isZipped(name):
		return zippedReferences(f, parents, yield)
	case isRaw(folderOf(file), name):
		return rawFile(f, yield)
	case !isSource(name) && path.Ext(name) != ".pyc":
		return programReferences(f, parents, yield)
	}
	text, err := readText(f)
	if err != nil {
		return err
	}
	for _, top := range addedPaths(dir.Path(), file, text) {
		if err := readAdded(top, prefix.Path(), parents, yield); err != nil {
			return fmt.Errorf("%s: %w", top, err)
		}
	}
	if path.Ext(name) == ".pyc" && !compiledReferences(text, yield) {
		return errSourceless
	}
	moduleReferences(file, text, parents, yield)
	return nil
}

// namesIdly says of a module that "tests" in its strings is no folder that it needs:
// pytest's conftest.py; what numpy.distutils and setuptools build by, as in numpy
// 1.26; find_stack_level of pandas, which compares file names with the folder.
func namesIdly(file string, text []byte) bool {
	switch path.Base(file) {
	case "conftest.py":
		return true
	case "setup.py":
		return bytes.Contains(text, []byte("distutils")) || bytes.Contains(text, []byte("setuptools"))
	}
	return strings.HasSuffix(file, "/pandas/util/_exceptions.py")
}

// readCodeFile reads a source, through a symlink too: environments may be linked
// so. Of a program that is no script, nothing is read.
func readCodeFile(dir *walk.Dir, name string) ([]byte, error) {
	f, err := openCode(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if !isSource(name) {
		if head, err := headOf(f); err != nil || !isScript(head) {
			return nil, nil
		}
	}
	return readText(f)
}

// openCode opens a file that may import modules. The error is fs.ErrNotExist of a
// symlink to a folder too, such as bin/X11 to bin: nobody can run it.
func openCode(dir *walk.Dir, name string) (*os.File, error) {
	f, err := dir.OpenFile(name)
	if errors.Is(err, syscall.ELOOP) || errors.Is(err, syscall.EMLINK) {
		full := filepath.Join(dir.Path(), name)
		f, err = open.Regular(full)
		if fi, serr := os.Stat(full); errors.Is(err, open.ErrNotRegular) && serr == nil && fi.IsDir() {
			err = fs.ErrNotExist
		}
	}
	return f, err
}

// isCode says whether a file may import modules: a module or its interface,
// which lazy loaders read; a script; the entry points of a distribution; a *.pth,
// whose lines may be statements; bytecode outside of __pycache__, which may be all
// that there is of a module.
func isCode(dir, name string) bool {
	switch path.Ext(name) {
	case ".py", ".pyi", ".pyw":
		return true
	case ".pyc":
		return path.Base(dir) != pycache && importRoot(dir) != ""
	case ".pth", ".egg-link":
		return path.Base(dir) == sitePackages
	case "._pth":
		return true
	case ".txt":
		return name == entryPointsName
	}
	return dir == "condabin" || mayRun(dir, name) || isRaw(dir, name) || isZipped(name)
}

// isSource says whether code is text whatever it begins with.
func isSource(name string) bool {
	return slices.Contains([]string{".py", ".pyi", ".pyw", ".pth", "._pth", ".egg-link", ".pm"}, path.Ext(name)) || name == entryPointsName || name == "DESCRIPTION"
}

const entryPointsName = "entry_points.txt"

// hasModule says whether there is a module at a path below the prefix, which may
// be a symlink.
func (t *tree) hasModule(file string) bool { return t.modules[file] || t.files[file] != nil }

// byFolder splits items into those of one folder each, whose order is kept.
func byFolder[T any](items []T, folder func(T) string) [][]T {
	index := map[string]int{}
	var groups [][]T
	for _, it := range items {
		dir := folder(it)
		i, ok := index[dir]
		if !ok {
			i = len(groups)
			index[dir] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], it)
	}
	return groups
}

// folderOf is the folder of a path below the prefix, "" of the prefix itself.
func folderOf(file string) string {
	dir, _ := path.Split(file)
	return strings.TrimSuffix(dir, "/")
}
