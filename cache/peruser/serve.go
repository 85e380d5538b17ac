package peruser

import (
	"context"
	"io"
	"slices"
	"sync"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/cache/witness"
	"gclean/meta"
	"gclean/walk"
)

// ServeOptions is the input of Serve.
type ServeOptions struct {
	Host    meta.Host
	User    *meta.User
	System  func() hold.System     // nil means hold.ReadSystem
	Message func(err error) string // returns the text of an error, with advice
}

// Serve runs in a user's process. It reads root's questions from r and writes the answers
// to w, until root ends the conversation.
func Serve(ctx context.Context, w io.Writer, r io.Reader, o ServeOptions) error {
	return witness.Serve(ctx, w, r, &server{o: o, records: hold.NewMemory("", walk.Describe)})
}

// server reads and removes with the rights of this process.
type server struct {
	o       ServeOptions
	records *hold.Memory // records that were read, for the next question

	mu    sync.Mutex
	d     *meta.Discovery
	also  []meta.Environment // environments that root asked to look at
	plans cache.Options      // options of the last plan
}

// Find implements witness.Server.
func (s *server) Find(ctx context.Context, q meta.Finding) (*meta.Discovery, error) {
	d, err := s.o.Host.DiscoverAs(ctx, s.o.User, q)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.d, s.also = d, nil
	return d, nil
}

// Look implements witness.Server.
func (s *server) Look(_ context.Context, prefixes []string) ([]meta.Environment, error) {
	var list []meta.Environment
	for _, prefix := range prefixes {
		if env, exists := meta.ReadEnvironment(prefix); exists {
			env.Sources = []string{"seen before"}
			list = append(list, env)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.also = append(s.also, list...)
	return list, nil
}

// known returns what was found so far.
func (s *server) known() (*meta.Discovery, []meta.Environment) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.d == nil {
		return &meta.Discovery{Config: &meta.Config{}}, s.also
	}
	return s.d, s.also
}

// Ask implements witness.Server.
func (s *server) Ask(ctx context.Context, q hold.Question) (hold.Testimony, error) {
	d, also := s.known()
	return hold.Local{Environments: slices.Concat(d.Environments, also), Records: s.records}.Ask(ctx, q)
}

// Changed implements witness.Server.
func (s *server) Changed(ctx context.Context) (bool, error) {
	d, _ := s.known()
	changed, err := d.Changed(ctx)
	if err != nil || !changed {
		return false, err
	}
	now, err := d.Again(ctx)
	if err != nil {
		return false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.d = now
	return true, nil
}

// Plan implements witness.Server.
func (s *server) Plan(ctx context.Context, p witness.Planning, others witness.Others) (*cache.Plan, error) {
	d, _ := s.known()
	o := cache.Options{
		Look: cache.Look{
			Discovery: d.For(p.Caches, p.Above, p.Doubts, p.SoftLinks), Witness: others, IgnoreUnreadable: p.IgnoreUnreadable,
			Grace: p.Grace, System: s.o.System, Jobs: p.Jobs,
		},
		Targets: p.Targets, KeepInstalled: p.KeepInstalled, KeepNeeded: p.KeepNeeded, EvenLinked: p.EvenLinked, Policy: p.Policy, Quarantine: p.Quarantine,
	}
	plan, err := cache.Prepare(ctx, o)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.plans = o
	return plan, err
}

// Remove implements witness.Server.
func (s *server) Remove(ctx context.Context, plan *cache.Plan, r witness.Removing, others witness.Others) (*removal.Result, error) {
	s.mu.Lock()
	o := s.plans
	s.mu.Unlock()
	part := *plan
	part.Remove = nil
	for _, i := range r.Numbers {
		part.Remove = append(part.Remove, plan.Remove[i])
	}
	return removal.Execute(ctx, &part, removal.Options{
		Jobs: r.Jobs, LockTimeout: r.LockTimeout, Again: o.Again,
		Changed: func(ctx context.Context, p *cache.Plan) (bool, error) {
			if changed, err := o.Changed(ctx, p); err != nil || changed {
				return changed, err
			}
			return others.Changed(ctx)
		},
	}), nil
}

// Message implements witness.Server.
func (s *server) Message(err error) string { return s.o.Message(err) }
