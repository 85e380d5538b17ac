package absence

import (
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gclean/walk"
)

// ErrUnproven says that nothing is found at a path, and that this does not prove
// that it is gone: what it is on may not be mounted now.
var ErrUnproven = errors.New("may be on a disk that is not mounted")

// UnprovenError is an ErrUnproven with what is not there.
type UnprovenError struct {
	Path    string // what was looked for
	Missing string // the first folder or file on the way, symlinks followed, that is not there
	Reason  string // why that is no proof: "/scratch is empty"
}

func (e *UnprovenError) Error() string {
	return fmt.Sprintf("cannot find %s: it %s (%s)", e.Path, ErrUnproven, e.Reason)
}

// Is makes it an ErrUnproven.
func (e *UnprovenError) Is(target error) bool { return target == ErrUnproven }

// facts are what is known about a path at which nothing is found.
type facts struct {
	path string
	// named says that somebody told of path: it was there once. Other paths are
	// guesses, of which most were never there.
	named   bool
	missing string // the first name that is not there, symlinks followed
	err     error  // what the system said of missing; nil if all is there
	link    string // the symlink that was to lead to missing; "" for none
	planned string // the mount point above, of fstab, with nothing mounted; "" for none
	folder  folderFacts
}

// folderFacts are those about the folder that something is missing in.
type folderFacts struct {
	path   string
	broken error      // nothing can be asked of its file system
	mount  mountState // of what is mounted at path itself
	empty  bool
	err    error // of listing it
	// envs says that it is the folder of environments of an installation that
	// is there.
	envs bool
	born time.Time // zero where the file system does not tell
	// changed is when a name was last made or removed in it, or what a tar
	// archive set.
	changed time.Time
}

// verdict decides whether what is missing is gone: nil if that is proven, else
// why it counts as there and unreadable.
func (a facts) verdict() error {
	doubt := func(format string, args ...any) error {
		return &UnprovenError{Path: a.path, Missing: a.missing, Reason: fmt.Sprintf(format, args...)}
	}
	f := a.folder
	switch {
	case a.err == nil:
		return doubt("it has just appeared")
	case !walk.IsGone(a.err):
		return a.err
	case a.planned != "":
		return doubt("%s is in %s and nothing is mounted there", a.planned, fstab)
	case a.link != "":
		return doubt("the symlink %s leads to %s, which is not there", a.link, a.missing)
	case f.path == "":
		return nil // below a file
	case f.broken != nil && walk.IsGone(f.broken):
		return doubt("%s was there a moment ago", f.path)
	case f.broken != nil:
		return f.broken
	case f.mount == automounted:
		return doubt("the automounter of %s does not mount %s", f.path, filepath.Base(a.missing))
	case !a.named:
		return nil
	case comesAndGoes(f.path):
		return doubt("disks are mounted and unmounted in %s", f.path)
	case f.err != nil:
		return doubt("%s cannot be listed: %v", f.path, f.err)
	case !f.empty, f.mount == mounted, isTemporary(f.path), f.envs:
		return nil
	case isMountPlace(f.path):
		return doubt("%s is empty", f.path)
	case !f.born.IsZero() && f.changed.Sub(f.born) > time.Second:
		return nil // something was in it
	}
	return doubt("%s is empty", f.path)
}

// fstab is the list of what is to be mounted.
const fstab = "/etc/fstab"

// comesAndGoes says whether the mount points in a folder are made when something
// is mounted, and removed afterwards: that one is not there says nothing.
// (udisks2, automount(8), Finder.)
func comesAndGoes(folder string) bool {
	switch folder {
	case "/media", "/run/media", "/Volumes", "/net", "/misc":
		return true
	}
	switch path.Dir(folder) {
	case "/media", "/run/media": // one for each user
		return true
	}
	return false
}

// isMountPlace says whether a folder is where people mount disks: that it was
// written to does not prove that no disk belongs there.
func isMountPlace(folder string) bool {
	if strings.HasPrefix(folder, "/media/") || strings.HasPrefix(folder, "/run/media/") {
		return true
	}
	return slices.Contains([]string{"/", "/mnt", "/net", "/misc", "/srv", "/Volumes"}, path.Dir(folder))
}

// isTemporary says whether what is in a folder does not outlive its file system.
func isTemporary(folder string) bool {
	return folder == "/tmp" || folder == "/dev/shm" || folder == "/private/tmp"
}
