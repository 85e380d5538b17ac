package hold

import (
	"fmt"
	"slices"
	"sync"
	"time"

	"gclean/walk"
	"gclean/walk/mounts"
)

// Watch knows, for each cache, which running installers matter.
type Watch struct {
	o          WatchOptions
	installers []Installer
	mu         sync.Mutex
	graces     map[string]Grace
}

// WatchOptions is the input of NewWatch.
type WatchOptions struct {
	System System
	// CanRead reports whether a user can read the files at a path: an installer whose user
	// cannot links nothing from there. nil means that everybody can.
	CanRead func(uid int, path string) bool
	Asked   *time.Duration // see GraceOptions
	Now     time.Time
}

// NewWatch finds the installers of a system.
func NewWatch(o WatchOptions) *Watch {
	return &Watch{o: o, installers: Installers(o.System.Processes, o.System.Own), graces: map[string]Grace{}}
}

// Installers returns the installers that the watch found, the longest running first.
func (w *Watch) Installers() []Installer { return w.installers }

// Grace returns the grace for entries of the cache at path. It calls kind once to get the
// kind of the file system. Several goroutines may call Grace at a time.
func (w *Watch) Grace(path string, kind func() mounts.Kind) Grace {
	w.mu.Lock()
	defer w.mu.Unlock()
	g, ok := w.graces[path]
	if !ok {
		g = w.grace(path, kind())
		w.graces[path] = g
	}
	return g
}

func (w *Watch) grace(path string, kind mounts.Kind) Grace {
	return NewGrace(GraceOptions{
		Asked: w.o.Asked, Now: w.o.Now, Installers: w.readers(path), Unseen: w.unseen(path, kind),
	})
}

// unseen returns why processes that nobody can see from here may use the files at path, or
// nil.
func (w *Watch) unseen(path string, kind mounts.Kind) error {
	sys := w.o.System
	var ground Ground
	if sys.Seen.Hidden == nil && (sys.Seen.Apart || kind != mounts.Local) {
		ground = groundOf(sys.Mounts, realPath(path), kind)
	}
	return sys.Seen.Unseen(ground)
}

// Shared reports whether other hosts have the files at path too, on a file system of this
// kind.
func (w *Watch) Shared(path string, kind mounts.Kind) bool {
	return kind != mounts.Local && groundOf(w.o.System.Mounts, realPath(path), kind).Network
}

// MayRun returns why a process may still run that has left its number, pid, in the folder
// at path; nil if it does not run. Either it is in the process list, or it may run where
// nobody can see it from here. If pid is 0, the number is unknown, and it may be any
// installer.
func (w *Watch) MayRun(pid int, path string, kind mounts.Kind) error {
	if err := w.unseen(path, kind); err != nil {
		return fmt.Errorf("its process may run unseen: %w", err)
	}
	if pid == 0 {
		if len(w.installers) > 0 {
			return fmt.Errorf("%s runs", w.installers[0].Process)
		}
		return nil
	}
	for _, p := range w.o.System.Processes {
		if p.PID == pid {
			return fmt.Errorf("%s runs", p)
		}
	}
	return nil
}

// Older says why one of older may still link packages of the cache at path. These
// installers ran when the packages were fenced. nil means that none does. Installers of
// other hosts are asked about there. Who asked for no grace knows that no installer
// matters.
func (w *Watch) Older(path string, kind mounts.Kind, older []Installer) error {
	if w.o.Asked != nil && *w.o.Asked <= 0 {
		return nil
	}
	for _, i := range w.readers(path) {
		if slices.ContainsFunc(older, func(o Installer) bool { return o.PID == i.PID && o.Started.Equal(i.Started) }) {
			return &InstallerError{i, w.o.Now}
		}
	}
	seen := w.o.System.Seen
	var ground Ground
	if seen.Hidden == nil && seen.Apart {
		ground = groundOf(w.o.System.Mounts, realPath(path), kind)
		ground.Network = false
	}
	if err := seen.Unseen(ground); err != nil {
		return fmt.Errorf("an installer older than the fence may run unseen: %w", err)
	}
	return nil
}

// readers returns the installers that can read the files at path.
func (w *Watch) readers(path string) []Installer {
	var list []Installer
	for _, i := range w.installers {
		if i.UID == AnyUser || w.o.CanRead == nil || w.o.CanRead(i.UID, path) {
			list = append(list, i)
		}
	}
	return list
}

// realPath returns path without symlinks, or path itself if that cannot be resolved.
func realPath(path string) string {
	if real, err := walk.Real(path); err == nil {
		return real
	}
	return path
}
