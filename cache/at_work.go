package cache

import (
	"path"
	"strings"
	"time"

	"gclean/cache/hold"
	"gclean/meta/dist"
	"gclean/walk"
	"gclean/walk/mounts"
)

// system is what runs on this machine and is mounted: nothing, of an image.
func (o Look) system() hold.System {
	switch {
	case o.NothingRuns:
		return hold.System{}
	case o.System != nil:
		return o.System()
	}
	return hold.ReadSystem()
}

func (o Look) now() time.Time {
	if o.Now != nil {
		return o.Now()
	}
	return time.Now()
}

// canRead says whether a user can read what is at a path.
func (o Look) canRead(uid int, path string) bool { return o.Discovery.User(uid).CanRead(path) }

// watch knows what the installers of a system mean for each cache.
func (o Look) watch(sys hold.System, now time.Time) *hold.Watch {
	return hold.NewWatch(hold.WatchOptions{System: sys, CanRead: o.canRead, Asked: o.Grace, Now: now})
}

// graceOf is what watch has for a cache, or another folder.
func (s *Survey) graceOf(watch *hold.Watch, dir string) hold.Grace {
	return watch.Grace(dir, func() mounts.Kind { return s.fsKindOf(dir) })
}

// fsKindOf is the kind of file system of a cache. What cannot be asked counts as a
// network; what is no cache, as not known.
func (s *Survey) fsKindOf(dir string) mounts.Kind {
	if s.o.NothingRuns {
		return mounts.Local
	}
	for _, c := range s.opens {
		if c.Path == dir {
			kind, err := c.Dir.FSKind()
			if err != nil {
				kind = mounts.Network
			}
			return kind
		}
	}
	return mounts.Unknown
}

// byWorkers returns what keeps e because of installers at work, seen or not, and of
// what uses it right now.
func (s *Survey) byWorkers(e *candidate) []hold.Hold {
	if top, _, _ := strings.Cut(e.Name, "/"); e.leftover && IsOwnTrash(top) {
		return nil // nobody finds it there
	}
	if holds := s.byRound(e); len(holds) > 0 {
		return holds
	}
	if s.o.Round != nil {
		return s.inUse(e)
	}
	grace := s.graceOf(s.watch, e.Dir)
	if !e.isLinkable() {
		if err := grace.Fresh(e.Newest); err != nil {
			return []hold.Hold{holdBy(err)}
		}
		return nil
	}
	if err := grace.Linkable(e.Newest); err != nil {
		return []hold.Hold{holdBy(err)}
	}
	return s.inUse(e)
}

// inUse is what keeps e because a process or a mount uses it right now.
func (s *Survey) inUse(e *candidate) []hold.Hold {
	if use, ok := s.use(e); ok {
		return []hold.Hold{{Reason: hold.InUse, File: use.Path, Err: use}}
	}
	return nil
}

// holdBy is what an error of hold.Grace means.
func holdBy(err error) hold.Hold {
	if _, ok := err.(*hold.InstallerError); ok {
		return hold.Hold{Reason: hold.InstallerRunning, Err: err}
	}
	return hold.Hold{Reason: hold.Fresh, Err: err}
}

// isLinkable says whether e is what installers link or extract, whatever was asked
// for: an archive, an extracted package, or a folder with such in it.
func (c *candidate) isLinkable() bool {
	return c.pkg != nil || len(c.nested) > 0 || c.Category == Tarballs || c.Category == PkgsDirs && dist.IsArchive(path.Base(c.Name))
}

// use says what uses e right now, or something in it.
func (s *Survey) use(e *candidate) (hold.Use, bool) {
	if s.o.NothingRuns {
		return hold.Use{}, false
	}
	if e.folder || e.leadsTo != (walk.ID{}) {
		if use, ok := s.uses.Of(e.id(), e.Path()); ok {
			return use, true
		}
	}
	return s.uses.Mounted(e.Dir, e.Name)
}
