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

// Survey is what was found in the caches: their entries, how they are linked,
// and what holds them. It is made by NewSurvey; its caches stay open until Close.
type Survey struct {
	o          surveyOptions
	plan       *Plan     // being made
	opens      []*Opened // one for each of plan.Caches
	entries    []*candidate
	links      *walk.Links
	linked     []*candidate       // by the tree numbers in links
	envs       []meta.Environment // those found on the host, and those that were seen before
	host       string             // this one, in marks; "" where it cannot be told
	memory     *hold.Memory
	unread     []hold.Doubt    // marks that cannot be read
	partly     map[string]bool // caches of which not everything was listed, by path
	holders    *hold.Holders
	watch      *hold.Watch
	uses       *hold.Uses
	mounts     mounts.Table
	installers []hold.Installer // that ran when the survey began
	hidden     error            // why there may be more
	once       sync.Once
	later      *hold.Watch // see Fresh
	above      map[walk.ID]string
	fences     map[string]*fenced // rounds in the caches, by path
}

// surveyOptions are the options of all that surveys.
type surveyOptions struct {
	Options
	// measureAll reads packages that are known to be held too, for their sizes.
	measureAll bool
	look       bool     // nothing will be removed: read-only caches are looked at too
	dists      []string // as in ListOptions
}

func newSurvey(o surveyOptions) *Survey {
	o.look = o.look || o.Round != nil
	s := &Survey{o: o, plan: &Plan{packages: map[*Entry]*hold.Package{}, Targets: slices.Sorted(slices.Values(o.Targets)), Problems: slices.Clone(o.Discovery.Problems)}}
	s.plan.Made = o.now()
	s.plan.Discovery = o.Discovery
	s.envs = o.Discovery.Environments
	if w, ok := o.Discovery.Host.Asker.(hold.Witness); ok && o.Witness == nil {
		s.o.Witness = w // whoever looked at environments is asked about them
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

// run finds out all on which it depends what becomes of the entries.
func (s *Survey) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{s.openCaches, s.readFences, s.remember, s.listCaches, s.searchTempFiles, s.searchLocks, s.probe, s.measure, s.findHidden} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// findHidden finds the entries that are in an earlier layer of an image: removing
// them hides them, and frees nothing.
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

// Caches are the caches, open, each once, in the order given.
func (s *Survey) Caches() []*Opened { return s.opens }

// Problems are what could not be looked at.
func (s *Survey) Problems() meta.Problems { return s.plan.Problems }

// Plan is a plan of the caches that were surveyed, without any entries.
func (s *Survey) Plan() *Plan {
	return &Plan{
		Targets: s.plan.Targets, Caches: slices.Clone(s.plan.Caches), Problems: slices.Clone(s.plan.Problems),
		Made: s.plan.Made, Discovery: s.o.Discovery, installers: s.plan.installers,
	}
}

// Users are the environments with a record of distribution.
func (s *Survey) Users(distribution string) []*meta.Environment { return s.holders.With(distribution) }

// Fresh says why somebody may be writing an entry, or be about to use it: an
// installer that ran when the survey began, or one that came until Fresh was
// first asked. nil is nobody.
func (s *Survey) Fresh(e *Entry) error {
	if err := s.fenceOf(e); err != nil {
		return err
	}
	if err := s.graceOf(s.watch, e.Dir).Fresh(e.Newest); err != nil {
		return err
	}
	s.once.Do(func() { s.later = s.o.watch(s.o.system(), s.o.now()) })
	return s.graceOf(s.later, e.Dir).Fresh(e.Newest)
}

// Busy is what keeps an entry because of installers at work and of what uses it
// right now.
func (s *Survey) Busy(e *Entry) []hold.Hold {
	i := slices.IndexFunc(s.entries, func(c *candidate) bool { return &c.Entry == e })
	if i < 0 {
		return nil
	}
	return s.byWorkers(s.entries[i])
}

func (s *Survey) problem(x meta.Problem) { s.plan.Problems = append(s.plan.Problems, x) }

// markLinked marks the entries that have links outside of all that was read,
// and says whether there are any.
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

// alias notes one more path of a cache that is open.
func (s *Survey) alias(loc Location) {
	for i, c := range s.opens {
		if c.ID == loc.ID && c.Path != loc.Path {
			c.Aliases = append(c.Aliases, loc.Path)
			s.plan.Caches[i] = c.Location
		}
	}
}

// openCache notes a cache that is open, each once.
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
