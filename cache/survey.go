package cache

import (
	"context"
	"path"
	"slices"
	"strings"
	"sync"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
	"gclean/walk/mounts"
)

// Survey is what was found in the caches: their entries, the links between them, and what
// holds them. NewSurvey makes one; its caches stay open until Close.
type Survey struct {
	o          surveyOptions
	plan       *Plan     // under construction
	opens      []*Opened // one for each of plan.Caches
	entries    []*candidate
	links      *walk.Links
	linked     []*candidate       // by the tree numbers in links
	envs       []meta.Environment // found on the host, or seen by earlier runs
	host       string             // this host, in marks; "" if it cannot be told from others
	memory     *hold.Memory
	unread     []hold.Doubt    // marks that cannot be read
	partly     map[string]bool // caches that could not be listed completely, by path
	holders    *hold.Holders
	watch      *hold.Watch
	uses       *hold.Uses
	mounts     mounts.Table
	installers []hold.Installer // those that ran when the survey began
	hidden     error            // why there may be more
	once       sync.Once
	later      *hold.Watch // see Fresh
	above      map[walk.ID]string
}

// surveyOptions is the input of newSurvey.
type surveyOptions struct {
	Options
	// measureAll also reads packages that are known to be held, for their sizes.
	measureAll bool
	look       bool     // nothing will be removed: read read-only caches too
	dists      []string // as in ListOptions
}

func newSurvey(o surveyOptions) *Survey {
	s := &Survey{o: o, plan: &Plan{Targets: slices.Sorted(slices.Values(o.Targets)), Problems: slices.Clone(o.Discovery.Problems)}}
	s.plan.Made = o.now()
	s.plan.Discovery = o.Discovery
	s.envs = o.Discovery.Environments
	if w, ok := o.Discovery.Host.Asker.(hold.Witness); ok && o.Witness == nil {
		s.o.Witness = w // ask whoever found the environments
	}
	sys := o.system()
	s.mounts = sys.Mounts
	s.watch, s.uses = o.watch(sys, s.plan.Made), hold.NewUses(sys)
	s.installers, s.hidden = s.watch.Installers(), sys.Seen.Hidden
	for _, i := range s.installers {
		s.plan.installers = append(s.plan.installers, i.PID)
	}
	return s
}

// run collects everything that the decisions depend on.
func (s *Survey) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.openCaches, s.remember, s.listCaches, s.searchTempFiles, s.searchLocks, s.probe, s.measure, s.findHidden} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// findHidden finds the entries in an earlier layer of an image: removing them only hides
// them, and frees nothing.
func (s *Survey) findHidden(ctx context.Context) error {
	dirs := map[string]*walk.Dir{}
	for _, c := range s.opens {
		if c.Dir.Layered() {
			dirs[c.Path] = c.Dir
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

// Close closes the caches.
func (s *Survey) Close() {
	for _, c := range s.opens {
		c.Dir.Close()
	}
}

// Caches returns the open caches, each once, in the order given.
func (s *Survey) Caches() []*Opened { return s.opens }

// Problems returns what could not be read.
func (s *Survey) Problems() meta.Problems { return s.plan.Problems }

// Plan returns a plan for the surveyed caches, without entries.
func (s *Survey) Plan() *Plan {
	return &Plan{
		Targets: s.plan.Targets, Caches: slices.Clone(s.plan.Caches), Problems: slices.Clone(s.plan.Problems),
		Made: s.plan.Made, Discovery: s.o.Discovery, installers: s.plan.installers,
	}
}

// Users returns the environments that have a record of distribution.
func (s *Survey) Users(distribution string) []*meta.Environment { return s.holders.With(distribution) }

// Fresh returns why a process may be writing an entry, or be about to use it, or nil. It
// considers the installers that ran when the survey began, and those that run when Fresh is
// first called.
func (s *Survey) Fresh(e *Entry) error {
	if err := s.graceOf(s.watch, e.Dir).Fresh(e.Newest); err != nil {
		return err
	}
	s.once.Do(func() { s.later = s.o.watch(s.o.system(), s.o.now()) })
	return s.graceOf(s.later, e.Dir).Fresh(e.Newest)
}

// Busy returns what keeps an entry because of running installers, and because a process or
// mount uses it right now.
func (s *Survey) Busy(e *Entry) []hold.Hold {
	i := slices.IndexFunc(s.entries, func(c *candidate) bool { return &c.Entry == e })
	if i < 0 {
		return nil
	}
	return s.byWorkers(s.entries[i])
}

func (s *Survey) problem(x meta.Problem) { s.plan.Problems = append(s.plan.Problems, x) }

// markLinked marks the entries that have links outside everything that was read, and
// reports whether there are any.
func (s *Survey) markLinked() bool {
	for _, e := range s.linked {
		e.Linked = false
	}
	anything := false
	s.links.Inodes(func(n walk.Inode) bool {
		if n.Outside() > 0 {
			anything = true
			for _, tree := range n.Trees {
				s.linked[tree].Linked = true
			}
		}
		return true
	})
	return anything
}

// alias adds another path of a cache that is already open.
func (s *Survey) alias(loc Location) {
	for i, c := range s.opens {
		if c.ID == loc.ID && c.Path != loc.Path {
			c.Aliases = append(c.Aliases, loc.Path)
			s.plan.Caches[i] = c.Location
		}
	}
}

// openCache adds an opened cache, each once.
func (s *Survey) openCache(o opened, seen map[walk.ID]bool, named bool) {
	switch {
	case o.err != nil:
		s.problem(ProblemWith(o.loc.Path, o.err, named))
		return
	case seen[o.loc.ID]:
		o.dir.Close()
		s.alias(o.loc)
		return
	}
	seen[o.loc.ID] = true
	o.loc.Network = s.watch.Shared(o.loc.Path, s.o.fsKind(o.dir))
	s.opens = append(s.opens, &Opened{Location: o.loc, Dir: o.dir})
	s.plan.Caches = append(s.plan.Caches, o.loc)
	if o.loc.ReadOnly != nil && !s.o.look {
		s.problem(ProblemWith(o.loc.Path, o.loc.ReadOnly, named))
	}
}
