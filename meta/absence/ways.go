package absence

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"

	"gclean/walk"
	"gclean/walk/open"
)

// Ways finds out why paths lead nowhere. It caches what it has looked up, so use one for
// each discovery. Its zero value is ready, and several goroutines may call its methods at a
// time.
type Ways struct {
	mu      sync.Mutex
	dirs    map[string]way
	folders map[folderKey]folderFacts

	readTable sync.Once
	table     mountTable
	readFstab sync.Once
	planned   []string // the mount points in fstab
	unread    []Unread
}

// folderKey is a folder, and whether something in it was named.
type folderKey struct {
	path  string
	named bool
}

// way is where a path leads.
type way struct {
	real string // without symlinks; "" if it ends before
	end  wayEnd
}

// wayEnd is where a path ends too early.
type wayEnd struct {
	folder  string // real path of the last folder; "" if that is a file
	missing string // in folder
	full    string // where the path would have led
	link    string // the symlink that leads to missing
	err     error
}

// maxLinks is how many symlinks Linux follows in one path.
const maxLinks = 40

// Prove decides whether path, at which nothing was found, is gone. It returns nil if that
// is proven. named says that something names it.
func (w *Ways) Prove(path string, named bool) error {
	return w.judge(path, named, w.follow(path, maxLinks))
}

// ProveFolder is Prove for a path at which no folder was found. If something else exists
// there, the folder is gone.
func (w *Ways) ProveFolder(path string, named bool) error {
	at := w.follow(path, maxLinks)
	if at.real != "" {
		if fi, err := os.Lstat(at.real); err == nil && !fi.IsDir() {
			return nil
		}
	}
	return w.judge(path, named, at)
}

func (w *Ways) judge(path string, named bool, at way) error {
	a := facts{path: path, named: named, missing: at.end.missing, err: at.end.err, link: at.end.link}
	if walk.IsGone(a.err) {
		a.planned = w.plannedAbove(at.end.full)
		if at.end.folder != "" {
			a.folder = w.folder(at.end.folder, named)
		}
	}
	return a.verdict()
}

// follow follows path name by name. It caches the result for the folder that path is in, so
// that a thousand names in one folder need one look each.
func (w *Ways) follow(path string, links int) way {
	dir, name := filepath.Dir(path), filepath.Base(path)
	if dir == path {
		return way{real: path}
	}
	at, known := w.known(dir)
	if !known {
		at = w.follow(dir, links)
		w.remember(dir, at)
	}
	return w.step(at, name, links)
}

func (w *Ways) known(dir string) (way, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	at, ok := w.dirs[dir]
	return at, ok
}

func (w *Ways) remember(dir string, at way) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dirs == nil {
		w.dirs = map[string]way{}
	}
	w.dirs[dir] = at
}

// step goes from a folder to a name in it, and follows the name if it is a symlink.
func (w *Ways) step(at way, name string, links int) way {
	if at.real == "" {
		at.end.full = filepath.Join(at.end.full, name)
		return at
	}
	path := filepath.Join(at.real, name)
	fi, err := os.Lstat(path)
	switch {
	case err != nil:
		return way{end: wayEnd{folder: folderOf(at.real, err), missing: path, full: path, err: walk.Reached(path, err)}}
	case fi.Mode()&(fs.ModeSymlink|fs.ModeIrregular) == 0:
		return way{real: path}
	}
	target, err := os.Readlink(path)
	if err != nil && fi.Mode()&fs.ModeSymlink == 0 {
		return way{real: path} // on Windows, not every reparse point is a link
	}
	if err == nil && links == 0 {
		err = &fs.PathError{Op: "stat", Path: path, Err: syscall.ELOOP}
	}
	if err != nil {
		return way{end: wayEnd{folder: at.real, missing: path, full: path, err: err}}
	}
	to := w.along(at.real, target, links-1)
	if to.real == "" {
		// Links in /proc lead elsewhere than their text says.
		if _, err := os.Stat(path); err == nil {
			return way{real: path}
		}
		if to.end.link == "" {
			to.end.link = path
		}
	}
	return to
}

// along follows the target of a symlink in the folder real.
func (w *Ways) along(real, target string, links int) way {
	volume := filepath.VolumeName(target)
	rest := target[len(volume):]
	at := way{real: real}
	if volume != "" || rest != "" && os.IsPathSeparator(rest[0]) {
		if volume == "" {
			volume = filepath.VolumeName(real)
		}
		at.real = volume + string(filepath.Separator)
	}
	for name := range strings.FieldsFuncSeq(rest, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) }) {
		switch {
		case name == ".":
		case name == ".." && at.real != "":
			at.real = filepath.Dir(at.real)
		default:
			at = w.step(at, name, links)
		}
	}
	return at
}

// folderOf returns real, or "" if err means that it is not a folder. Unix has an error of
// its own for that, so the folder need not be examined.
func folderOf(real string, err error) string {
	if runtime.GOOS != "windows" && errors.Is(err, fs.ErrNotExist) {
		return real
	}
	if fi, serr := os.Lstat(real); serr == nil && !fi.IsDir() && walk.IsGone(err) {
		return ""
	}
	return real
}

// folder returns the facts about a folder in which something is missing. For a guess, few
// facts are needed.
func (w *Ways) folder(path string, named bool) folderFacts {
	key := folderKey{path, named}
	w.mu.Lock()
	f, ok := w.folders[key]
	w.mu.Unlock()
	if ok {
		return f
	}
	f = folderFacts{path: path}
	switch auto, err := isAutofs(path); {
	case err != nil:
		f.broken = err
	case auto:
		f.mount = automounted
	case named:
		w.fill(&f)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.folders == nil {
		w.folders = map[folderKey]folderFacts{}
	}
	w.folders[key] = f
	return f
}

// fill collects the other facts about a folder. What is mounted matters only if the folder
// is empty.
func (w *Ways) fill(f *folderFacts) {
	f.empty, f.err = open.IsEmpty(f.path)
	if f.err != nil || !f.empty {
		return
	}
	f.envs = isEnvsOfInstallation(f.path)
	f.born, f.changed = times(f.path)
	if w.isMounted(f.path) {
		f.mount = mounted
	}
}

// isEnvsOfInstallation reports whether a folder is where an existing installation has its
// environments: <root>/envs, or ~/.conda/envs.
func isEnvsOfInstallation(folder string) bool {
	if filepath.Base(folder) != "envs" {
		return false
	}
	return slices.ContainsFunc([]string{"conda-meta", "condabin", "pkgs", "environments.txt"}, func(name string) bool {
		_, err := os.Lstat(filepath.Join(filepath.Dir(folder), name))
		return err == nil
	})
}

// plannedAbove returns the mount point in fstab that path is or is below, if nothing is
// mounted there; else "".
func (w *Ways) plannedAbove(path string) string {
	w.readFstab.Do(func() {
		var err error
		if w.planned, err = plannedMounts(); err != nil {
			w.missed(fstab, fmt.Errorf("%w: gclean does not know what should be mounted", err))
		}
	})
	for _, point := range w.planned {
		if (path == point || strings.HasPrefix(path, point+string(filepath.Separator))) && !w.isMounted(point) {
			return point
		}
	}
	return ""
}

// isMounted reports whether something other than an automounter is mounted at a path
// without symlinks. Without /proc it compares devices, which does not detect bind mounts.
func (w *Ways) isMounted(path string) bool {
	w.readTable.Do(func() {
		var err error
		if w.table, err = readTable(); err != nil {
			w.missed("/proc/self/mountinfo", fmt.Errorf("%w: gclean does not know what is mounted", err))
		}
	})
	if w.table.known {
		return w.table.at(path) == mounted
	}
	return isOtherDevice(path)
}

// Unread is a file about mounts that cannot be read.
type Unread struct {
	Path string
	Err  error // the reason, and what is therefore unknown
}

// Unread returns the files that could not be read so far. Without them, less can be proven.
func (w *Ways) Unread() []Unread {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.unread)
}

func (w *Ways) missed(path string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.unread = append(w.unread, Unread{path, err})
}
