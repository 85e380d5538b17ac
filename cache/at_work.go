package cache

import (
	"path"
	"slices"
	"strings"
	"time"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
	"gclean/walk/mounts"
)

// system returns the processes and mounts of this machine. For an image it is empty.
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

// canRead reports whether a user can read the files at a path.
func (o Look) canRead(uid int, path string) bool { return o.Discovery.User(uid).CanRead(path) }

// watch returns the Watch that decides which installers matter for each cache.
func (o Look) watch(sys hold.System, now time.Time) *hold.Watch {
	return hold.NewWatch(hold.WatchOptions{System: sys, CanRead: o.canRead, Asked: o.Grace, Now: now})
}

// graceOf returns the grace of the cache or other folder dir.
func (s *Survey) graceOf(watch *hold.Watch, dir string) hold.Grace {
	return watch.Grace(dir, func() mounts.Kind { return s.fsKindOf(dir) })
}

// fsKindOf returns the kind of file system of the cache dir. If the system does not tell,
// it counts as a network file system. The kind of a folder that is no cache is unknown.
func (s *Survey) fsKindOf(dir string) mounts.Kind {
	if s.o.NothingRuns {
		return mounts.Local
	}
	for _, c := range s.opens {
		if c.Path == dir {
			return s.o.fsKind(c.Dir)
		}
	}
	return mounts.Unknown
}

// fsKind is fsKindOf for an open cache.
func (o Look) fsKind(cache *walk.Dir) mounts.Kind {
	ask := (*walk.Dir).FSKind
	switch {
	case o.NothingRuns:
		return mounts.Local
	case o.FSKind != nil:
		ask = o.FSKind
	}
	kind, err := ask(cache)
	if err != nil {
		kind = mounts.Network
	}
	return kind
}

// CodeOtherHosts is the code of the problem that other hosts use the cache too, and were
// not asked.
const CodeOtherHosts = "other_hosts"

// OtherHostsError says that packages are removed from a cache that other hosts may use, and
// that environments there were not asked.
type OtherHostsError struct{ Cache string }

func (e *OtherHostsError) Error() string {
	return e.Cache + " is on a network file system: environments on other hosts were not asked, and those with symlinks into it may break"
}

// tellOtherHosts adds one problem if the plan removes packages that other hosts may use.
func (s *Survey) tellOtherHosts() {
	if s.o.Round != nil {
		return // they are
	}
	for _, e := range s.plan.Remove {
		if e.Category != Packages && e.Category != PkgsDirs || !e.Stat.Mode.IsDir() {
			continue
		}
		i := slices.IndexFunc(s.opens, func(c *Opened) bool { return c.Path == e.Dir })
		if i >= 0 && s.opens[i].Network {
			s.problem(meta.Problem{Code: CodeOtherHosts, Path: e.Dir, Err: &OtherHostsError{e.Dir}})
			return
		}
	}
}

// byWorkers returns what keeps e because of installers, seen or unseen, and because of
// processes or mounts that use it right now.
func (s *Survey) byWorkers(e *candidate) []hold.Hold {
	if top, _, _ := strings.Cut(e.Name, "/"); e.leftover && IsOwnTrash(top) {
		return nil // no installer looks there
	}
	if e.Category == Quarantined { // nor there; but a process may have been in it when it was moved there
		return s.usedBy(e)
	}
	if holds := s.byRound(e); len(holds) > 0 {
		return holds
	}
	if s.o.Round != nil {
		return s.usedBy(e)
	}
	grace := s.graceOf(s.watch, e.Dir)
	if !e.isLinkable() {
		if err := grace.Fresh(e.Newest); err != nil {
			return []hold.Hold{holdBy(err)}
		}
		return s.lockedBy(e)
	}
	if err := grace.Linkable(e.Newest); err != nil {
		return []hold.Hold{holdBy(err)}
	}
	return s.usedBy(e)
}

// usedBy returns the hold of a process or mount that uses e, if there is one.
func (s *Survey) usedBy(e *candidate) []hold.Hold {
	if use, ok := s.use(e); ok {
		return []hold.Hold{{Reason: hold.InUse, File: use.Path, Err: use}}
	}
	return s.lockedBy(e)
}

// lockedBy returns the hold of a process that has locked a file of e, if there is one.
func (s *Survey) lockedBy(e *candidate) []hold.Hold {
	i := slices.IndexFunc(s.opens, func(c *Opened) bool { return c.Path == e.Dir })
	if i < 0 || s.o.NothingRuns || !lockable(&e.Entry) {
		return nil
	}
	dir := s.opens[i].Dir
	if parent := ParentOf(e.Name); parent != "" {
		var err error
		if dir, err = dir.OpenBelow(parent); err != nil {
			return nil // it cannot be removed, or it is gone
		}
		defer dir.Close()
	}
	if err := Locked(dir, &e.Entry); err != nil {
		return []hold.Hold{{Reason: LockHeld, Err: err}}
	}
	return nil
}

// holdBy returns the hold for an error of hold.Grace.
func holdBy(err error) hold.Hold {
	if _, ok := err.(*hold.InstallerError); ok {
		return hold.Hold{Reason: hold.InstallerRunning, Err: err}
	}
	return hold.Hold{Reason: hold.Fresh, Err: err}
}

// isLinkable reports whether e is something that installers link or extract, whatever its
// category: an archive, an extracted package, or a folder that contains packages.
func (c *candidate) isLinkable() bool {
	return c.pkg != nil || len(c.nested) > 0 || c.Category == Tarballs || c.Category == PkgsDirs && dist.IsArchive(path.Base(c.Name))
}

// use returns what uses e, or something in it, right now.
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
