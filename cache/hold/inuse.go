package hold

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"sync"

	"gclean/walk"
	"gclean/walk/mounts"
)

// UseKind says how something is used right now.
type UseKind int

// The kinds of use.
const (
	RunsFrom  UseKind = iota + 1 // a process runs a program inside it
	WorksIn                      // the working folder of a process is inside it
	MountedAt                    // it, or something in it, is mounted elsewhere
	LayerOf                      // it, or something in it, is a layer of an overlay
)

// Use is one way in which a folder is used right now.
type Use struct {
	Kind    UseKind
	Process Process // the process that uses it; for a mount that gclean cannot see, one that sees it
	Path    string  // path of the program, the working folder or the mount point
}

func (u Use) Error() string {
	switch u.Kind {
	case RunsFrom:
		return fmt.Sprintf("%s runs %s", u.Process, u.Path)
	case WorksIn:
		return fmt.Sprintf("%s works in %s", u.Process, u.Path)
	case MountedAt:
		return "mounted at " + u.where()
	case LayerOf:
		return "a layer of the mount at " + u.where()
	}
	return "in use"
}

// where returns the mount point, and a process that sees it if this one does not.
func (u Use) where() string {
	if u.Process.PID == 0 {
		return u.Path
	}
	return fmt.Sprintf("%s, as %s sees it", u.Path, u.Process)
}

// Uses knows what processes and mounts use right now. It reads nothing before the first
// question. Several goroutines may use it at a time.
type Uses struct {
	sys      System
	identify func(path string) (walk.ID, error)
	once     sync.Once
	lines    lines
	spaces   []space
	unseen   error
	mu       sync.Mutex
	caches   map[string][]sourceUse
}

// space is a mount namespace.
type space struct {
	process Process // a process in it; the zero Process for gclean's own namespace
	root    string  // path through which its files are reached; "" for gclean's own namespace
	mounts  mounts.Table
}

// NewUses returns the Uses of a system.
func NewUses(sys System) *Uses {
	return &Uses{sys: sys, identify: walk.Identify, caches: map[string][]sourceUse{}}
}

// Of returns what uses the folder with this identity at path, or something inside it. Uses
// are a running program, a working folder, and a layer of an overlay.
func (u *Uses) Of(id walk.ID, path string) (Use, bool) {
	u.once.Do(u.look)
	if len(u.lines.unread) > 0 {
		path = realPath(path)
	}
	return u.lines.of(id, path)
}

// Unseen returns why there may be uses that gclean cannot see, or nil. For an ordinary user
// it is rarely nil.
func (u *Uses) Unseen() error {
	u.once.Do(u.look)
	return u.unseen
}

// look finds all uses.
func (u *Uses) look() {
	u.lines = lines{identify: u.identify, by: map[walk.ID]Use{}, seen: map[string]bool{}}
	u.spaces = []space{{mounts: u.sys.Mounts}}
	u.unseen = u.sys.MountsErr
	known := map[string]bool{}
	if own, err := u.sys.Self.MountNS(); err == nil {
		known[own] = true
	}
	for _, p := range u.sys.Processes {
		u.process(p, known)
	}
	u.overlays()
}

// process notes what one process uses, and its mount namespace unless that is known.
func (u *Uses) process(p Process, known map[string]bool) {
	exe, err := p.Exe()
	if gone(err) && len(p.Args) == 0 {
		return // a kernel thread
	}
	u.missed(p, err)
	ns, err := p.MountNS()
	if err != nil {
		u.missed(p, err)
		return // its other links cannot be read either
	}
	if !known[ns] {
		table, err := p.mounts()
		if gone(err) {
			return // ended; another process may be in the same namespace
		}
		known[ns] = true
		u.missed(p, err)
		u.spaces = append(u.spaces, space{p, p.files.path("root"), table})
	}
	if exe != "" {
		u.program(p, ns, exe)
	}
	cwd, err := p.Cwd()
	u.missed(p, err)
	if err == nil {
		u.lines.climb(ns+cwd, cwd, p.files.path("cwd"), Use{WorksIn, p, cwd})
	}
}

// overlays notes the layers of all overlays, each once.
func (u *Uses) overlays() {
	seen := map[string]bool{}
	for _, s := range u.spaces {
		for _, m := range s.mounts {
			for _, layer := range m.Layers() {
				if key := s.root + layer; !seen[key] {
					seen[key] = true
					u.layer(layer, s, Use{LayerOf, s.process, m.Point})
				}
			}
		}
	}
}

// program notes the folder of a program. exe is the path as seen from the root of the
// namespace. It is reached through the root of the process, which may be further down.
func (u *Uses) program(p Process, ns, exe string) {
	use := Use{RunsFrom, p, exe}
	root, err := p.files.readlink("root")
	u.missed(p, err)
	if err != nil {
		return
	}
	if !mounts.IsBelow(exe, root) {
		u.lines.unread = append(u.lines.unread, unread{path.Dir(exe), use})
		return
	}
	below := path.Join("/", strings.TrimPrefix(exe, root))
	u.lines.add(ns+root, p.files.path("root"), path.Dir(below), use)
}

// layer notes a layer of an overlay. The path may contain symlinks, may be from another
// mount namespace, or may be relative to an unknown folder.
func (u *Uses) layer(layer string, s space, use Use) {
	if !path.IsAbs(layer) {
		u.lines.relative = append(u.lines.relative, unread{layer, use})
		return
	}
	layer = path.Clean(layer)
	u.lines.add("", "", realPath(layer), use)
	if s.root != "" {
		u.lines.add(s.root, s.root, layer, use)
	}
}

// missed notes that some use of a process cannot be seen. A process that has ended uses
// nothing.
func (u *Uses) missed(p Process, err error) {
	if err != nil && !gone(err) && u.unseen == nil {
		u.unseen = fmt.Errorf("%s: %w", p, err)
	}
}

// Mounted returns where the slash-separated path rel inside a cache, or something below it,
// is mounted a second time. It looks at every mount namespace that gclean can see.
func (u *Uses) Mounted(cachePath, rel string) (Use, bool) {
	u.once.Do(u.look)
	u.mu.Lock()
	defer u.mu.Unlock()
	list, ok := u.caches[cachePath]
	if !ok {
		list = u.sources(realPath(cachePath))
		u.caches[cachePath] = list
	}
	for _, s := range list {
		if mounts.IsBelow(s.rel, rel) {
			return s.use, true
		}
	}
	return Use{}, false
}

// sourceUse is a mount of something inside a cache.
type sourceUse struct {
	rel string // path inside the cache
	use Use
}

// sources returns the mounts of anything inside the cache at dir.
func (u *Uses) sources(dir string) []sourceUse {
	on, ok := u.sys.Mounts.At(dir)
	if !ok {
		return nil
	}
	inside := on.Inside(dir)
	var list []sourceUse
	for _, s := range u.spaces {
		for _, m := range sourcesIn(s.mounts, on, inside) {
			rel := strings.TrimPrefix(strings.TrimPrefix(m.inside, inside), "/")
			list = append(list, sourceUse{rel, Use{MountedAt, s.process, m.point}})
		}
	}
	return list
}

// gone reports whether err means that a process has ended, or never had the requested file.
func gone(err error) bool { return errors.Is(err, fs.ErrNotExist) || processEnded(err) }
