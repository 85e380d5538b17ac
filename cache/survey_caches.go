package cache

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"gclean/cache/quarantine"
	"gclean/meta"
	"gclean/walk"
	"gclean/walk/mounts"
)

// open returns the open cache at path.
func (s *Survey) open(path string) *Opened {
	i := slices.IndexFunc(s.opens, func(c *Opened) bool { return c.Path == path })
	return s.opens[i]
}

// openCaches opens each cache once, even if it is named several times or by several paths.
func (s *Survey) openCaches(context.Context) error {
	seen := map[walk.ID]bool{}
	var missed []string
	for _, c := range s.o.Discovery.Caches {
		list, err := openLocations(c.Path, c, s.o.Discovery.Homes)
		if err != nil {
			missing := errors.Is(err, fs.ErrNotExist)
			usage := missing || errors.Is(err, ErrNotCache) || errors.Is(err, ErrRefused) || walk.IsLoop(err)
			switch {
			case c.Named && usage:
				return err
			case missing: // a default place that is not in use
				missed = append(missed, c.Path)
			case errors.Is(err, ErrNotCache) && (c.IsDefault() || isEmpty(c.Path)): // what cleaning leaves of a cache
			default:
				s.problem(ProblemWith(c.Path, err, c.Named))
			}
			continue
		}
		for _, o := range list {
			if place := s.mountedFromOutside(o); place != "" {
				o.dir.Close()
				err := fmt.Errorf("%s: %w: %s is mounted from outside this system, which may use it", o.loc.Path, ErrRefused, place)
				if c.Named {
					return err
				}
				o = opened{loc: o.loc, err: err}
			}
			s.openCache(o, seen, c.Named)
		}
	}
	if len(missed) == len(s.o.Discovery.Caches) && len(s.o.Discovery.OfUsers) == 0 && s.asksForCaches() {
		s.problem(meta.Problem{Code: CodeNoCache, Err: &NoCacheError{missed}})
	}
	return nil
}

// mountedFromOutside returns the mount point, if the cache is on a mount from outside this
// system, else "".
func (s *Survey) mountedFromOutside(o opened) string {
	places := s.o.Discovery.Host.Outside
	if o.dir == nil || len(places) == 0 {
		return ""
	}
	path, err := walk.Real(o.loc.Path)
	if err != nil {
		return o.loc.Path // it existed a moment ago
	}
	for _, place := range places {
		if mounts.IsBelow(path, place) {
			return place
		}
	}
	return ""
}

// asksForCaches reports whether the user asked for anything that is only in caches.
func (s *Survey) asksForCaches() bool {
	return s.o.look || slices.ContainsFunc(s.plan.Targets, func(c Category) bool { return c != TempFiles })
}

func (s *Survey) listCaches(context.Context) error {
	s.partly = map[string]bool{}
	for i, c := range s.opens {
		entries, errs := list(c, s.plan.Has(PkgsDirs))
		s.plan.Caches[i] = c.Location
		for _, err := range errs {
			if refused := (*quarantine.RefusedError)(nil); errors.As(err, &refused) {
				s.problem(meta.Problem{Code: CodeRefusedQuarantine, Path: refused.Path, Err: refused})
				continue
			}
			s.partly[c.Path] = true
			path := c.Path
			if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
				path = pe.Path
			}
			s.problem(meta.Problem{
				Code: CodeUnreadableCache, Path: path, Err: fmt.Errorf("%s: skipped, because it cannot be read: %w", path, walk.Cause(err)),
				Failed: c.ReadOnly == nil,
			})
		}
		for _, e := range entries {
			if e.Category == Quarantined && !s.plan.Made.Before(e.Until) {
				e.leftover = true // its time in quarantine is over
			}
			e.wanted = (s.o.look || c.ReadOnly == nil) && s.wants(e)
		}
		s.entries = append(s.entries, entries...)
	}
	s.nameAliases()
	return nil
}

// maxAliases is how many symlinks to one package count.
const maxAliases = 16

// nameAliases sets the aliases of packages. They may be in another cache than the package.
func (s *Survey) nameAliases() {
	links := map[walk.ID][]string{}
	for _, c := range s.opens {
		for id, names := range c.links {
			links[id] = append(links[id], names...)
		}
	}
	for _, e := range s.entries {
		if e.pkg != nil {
			names := links[e.pkg.ID]
			e.pkg.Aliases = names[:min(len(names), maxAliases)]
		}
	}
}

// wants reports whether e was asked for. What an earlier run left always is.
func (s *Survey) wants(e *candidate) bool {
	if s.o.Round != nil {
		return s.isOfRound(e)
	}
	return s.plan.Has(PkgsDirs) || s.plan.Has(e.Category) || e.leftover
}
