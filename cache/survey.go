package cache

import (
	"context"
	"path"
	"slices"
	"strings"
	"time"

	"gclean/walk"
)

// survey is what is known while a plan is being made.
type survey struct {
	o       Options
	plan    *Plan
	dirs    []*walk.Dir // one for each of plan.Caches
	urls    urlNotes    // of the folders that distributions are in
	entries []*candidate
	links   *walk.Links
	linked  []*candidate // by the tree numbers in links
	holders *holders
	grace   grace
	above   map[walk.ID]string
}

func newSurvey(o Options) *survey {
	if o.held == nil {
		o.held = map[walk.ID]bool{}
	}
	s := &survey{o: o, plan: &Plan{Targets: slices.Sorted(slices.Values(o.Targets)), Problems: slices.Clone(o.Problems)}}
	s.plan.options = o
	s.plan.made = time.Now()
	var running []Process
	if !o.NothingRuns {
		running = installers()
	}
	s.grace = newGrace(o.Grace, s.plan.made, running)
	return s
}

// run finds out all on which it depends what becomes of the entries.
func (s *survey) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.openCaches, s.listCaches, s.searchTempFiles, s.probe, s.measure, s.findHidden} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// findHidden finds the entries that are in an earlier layer of an image: removing
// them hides them, and frees nothing.
func (s *survey) findHidden(ctx context.Context) error {
	dirs := map[string]*walk.Dir{}
	for _, d := range s.dirs {
		if d.Layered() {
			dirs[d.Path()] = d
		}
	}
	for _, e := range s.entries {
		dir, ok := dirs[e.Dir]
		if !ok || e.Category == TempFiles {
			continue
		}
		below, name := path.Split(e.Name)
		if below != "" {
			sub, err := dir.OpenBelow(strings.TrimSuffix(below, "/"))
			if err != nil {
				continue
			}
			e.hidden = sub.Layer(name) == walk.LayerLower
			sub.Close()
		} else {
			e.hidden = dir.Layer(name) == walk.LayerLower
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (s *survey) close() {
	for _, d := range s.dirs {
		d.Close()
	}
}

func (s *survey) problem(x Problem) { s.plan.Problems = append(s.plan.Problems, x) }

// markLinked marks the entries that have links outside of all that was read,
// and says whether there are any.
func (s *survey) markLinked() bool {
	for _, e := range s.linked {
		e.linked = false
	}
	anything := false
	s.links.Inodes(func(n walk.Inode) bool {
		if n.Outside() > 0 {
			anything = true
			for _, tree := range n.Trees {
				s.linked[tree].linked = true
			}
		}
		return true
	})
	return anything
}

// openCache notes a cache that is open, each once.
func (s *survey) openCache(o opened, seen map[walk.ID]bool, named bool) {
	switch {
	case o.err != nil:
		s.problem(Problem{Path: o.loc.Path, Err: o.err, Failed: named})
		return
	case seen[o.loc.ID]:
		o.dir.Close()
		return
	}
	seen[o.loc.ID] = true
	s.dirs = append(s.dirs, o.dir)
	s.plan.Caches = append(s.plan.Caches, o.loc)
	if o.loc.ReadOnly != nil && !s.o.look {
		s.problem(Problem{Path: o.loc.Path, Err: o.loc.ReadOnly, Failed: named})
	}
}
