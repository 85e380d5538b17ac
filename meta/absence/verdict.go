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

// ErrUnproven means that nothing is found at a path, but that it may still exist: its disk
// may not be mounted now.
var ErrUnproven = errors.New("may be on a disk that is not mounted")

// UnprovenError is an ErrUnproven with details.
type UnprovenError struct {
	Path    string // the path that was looked for
	Missing string // the first missing folder or file on the way, after following symlinks
	Reason  string // why that is no proof: "/scratch is empty"
}

func (e *UnprovenError) Error() string {
	return fmt.Sprintf("cannot find %s: it %s (%s)", e.Path, ErrUnproven, e.Reason)
}

// Is makes errors.Is report an ErrUnproven.
func (e *UnprovenError) Is(target error) bool { return target == ErrUnproven }

// facts is what is known about a path at which nothing was found.
type facts struct {
	path string
	// named says that something names path, so it existed once. Other paths are guesses,
	// most of which never existed.
	named   bool
	missing string // the first missing name, after following symlinks
	err     error  // the system's error for missing; nil if everything exists
	link    string // the symlink that leads to missing; "" for none
	planned string // the mount point in fstab above it, with nothing mounted; "" for none
	folder  folderFacts
}

// folderFacts is what is known about the folder in which something is missing.
type folderFacts struct {
	path   string
	broken error      // why its file system cannot be examined
	mount  mountState // what is mounted at path itself
	empty  bool
	err    error // of listing it
	// envs says that it is the folder of environments of an existing installation.
	envs bool
	born time.Time // when it was created; zero if the file system does not tell
	// changed is when a name in it was last created or removed, or a time set by tar.
	changed time.Time
}

// verdict decides whether the missing path is gone. It returns nil if that is proven, else
// why the path counts as existing but unreadable.
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
		return nil // the missing path is below a file
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
		return nil // something has been in it
	}
	return doubt("%s is empty", f.path)
}

// fstab is the list of what should be mounted.
const fstab = "/etc/fstab"

// comesAndGoes reports whether the mount points in a folder are created when something is
// mounted, and removed afterwards (udisks2, automount(8), Finder). A missing mount point
// then proves nothing.
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

// isMountPlace reports whether people usually mount disks at a folder. That something was
// written to the folder does not prove that no disk belongs there.
func isMountPlace(folder string) bool {
	if strings.HasPrefix(folder, "/media/") || strings.HasPrefix(folder, "/run/media/") {
		return true
	}
	return slices.Contains([]string{"/", "/mnt", "/net", "/misc", "/srv", "/Volumes"}, path.Dir(folder))
}

// isTemporary reports whether files in a folder never outlive its file system.
func isTemporary(folder string) bool {
	return folder == "/tmp" || folder == "/dev/shm" || folder == "/private/tmp"
}
