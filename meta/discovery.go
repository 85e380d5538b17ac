package meta

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"sync"
)

// Discovery is the result of one look at a host: which caches and environments there may
// be, and what could not be read. It decides nothing about them.
type Discovery struct {
	Host   Host
	Config *Config
	// Caches are folders that may be caches, in order; they may not exist.
	Caches []Value
	// OfUsers are the caches named by users who were asked through processes of their own.
	// This process cleans none of them.
	OfUsers []Value
	// Environments are all known environments, each once, sorted by prefix.
	Environments []Environment
	// Unread are lists of environments that exist but cannot be read: they may name
	// environments that nothing else knows.
	Unread Problems
	// Unseen are users and environments that nobody can find, as far as gclean knows of
	// them.
	Unseen []Problem
	// Problems are all other problems.
	Problems Problems
	// Homes are home folders, which are never cleaned themselves.
	Homes []string

	options Options
	again   func(context.Context) (*Discovery, error) // nil means Host.Discover
	once    sync.Once
	users   map[int]*User // see User
}

// Discover reads the configuration of the host and finds caches and environments. It
// returns an error only for wrong usage (ErrUsage), or if ctx ends.
func (h Host) Discover(ctx context.Context, o Options) (*Discovery, error) {
	config, err := h.Configure(ctx, o)
	if err != nil {
		return nil, err
	}
	d := &Discovery{Host: h, Config: config, Caches: config.PkgsDirs, Homes: config.all, options: o}
	if d.Homes == nil {
		d.Homes = h.Homes()
	}
	for _, file := range config.Files {
		if file.Err != nil {
			d.note(Problem{Path: file.Path, Err: file.Err, Hides: file.Hides})
		}
	}
	envs, problems, err := h.Environments(ctx, config, o)
	if err != nil {
		return nil, err
	}
	d.Environments = envs
	for _, p := range slices.Concat(config.Problems, problems) {
		d.note(p)
	}
	return d, d.askUsers(ctx)
}

func (d *Discovery) note(p Problem) {
	p = p.coded()
	switch {
	case p.Hides:
		d.Unread = append(d.Unread, p)
	case p.Unseen:
		d.Unseen = append(d.Unseen, p)
	default:
		d.Problems = append(d.Problems, p)
	}
}

// User returns the user with a UID. If no account is known, only the UID is set.
func (d *Discovery) User(uid int) *User {
	d.once.Do(func() {
		d.users = map[int]*User{}
		accounts, _ := d.Host.accounts(context.Background()) // the problems were reported before
		for _, u := range accounts {
			if d.users[u.UID] == nil {
				d.users[u.UID] = u
			}
		}
	})
	if u := d.users[uid]; u != nil {
		return u
	}
	return &User{UID: uid}
}

// IsGone reports whether the user declared an environment gone for good.
func (d *Discovery) IsGone(prefix string) bool {
	return slices.ContainsFunc(absolute(d.options.Gone), func(v Value) bool { return filepath.Clean(v.Path) == prefix })
}

// Again looks at the host again. A Discovery that Discover did not make is returned
// unchanged.
func (d *Discovery) Again(ctx context.Context) (*Discovery, error) {
	if d.Config == nil {
		return d, nil
	}
	if d.again != nil {
		return d.again(ctx)
	}
	return d.Host.Discover(ctx, d.options)
}

// For returns a Discovery for a process that cleans caches. It has what the process found
// itself, and what it was told about others: environments in the caches, and what could not
// be read.
func (d *Discovery) For(caches []Value, above []Environment, doubts []Problem, softLinks string) *Discovery {
	c := &Discovery{
		Host: d.Host, Caches: caches, Homes: d.Homes, options: d.options,
		Environments: slices.Concat(d.Environments, above), Unread: slices.Clone(d.Unread), Unseen: slices.Clone(d.Unseen),
		Config: &Config{SoftLinks: cmp.Or(d.Config.SoftLinks, softLinks)},
	}
	for _, p := range doubts {
		c.note(p)
	}
	c.again = func(ctx context.Context) (*Discovery, error) {
		now, err := d.Again(ctx)
		if err != nil {
			return nil, err
		}
		return now.For(caches, above, doubts, softLinks), nil
	}
	return c
}

// Changed reports whether environments, records or lists have changed since. It does not
// look below searched folders.
func (d *Discovery) Changed(ctx context.Context) (bool, error) {
	if d.Config == nil {
		return false, nil
	}
	o := d.options
	o.Search = nil
	discover := func(ctx context.Context) (*Discovery, error) { return d.Host.Discover(ctx, o) }
	if d.again != nil {
		discover = d.again
	}
	now, err := discover(ctx)
	if err != nil {
		return false, err
	}
	return !now.covers(d), nil
}

// covers reports whether d contains everything that was found now. It ignores what only a
// search finds.
func (now *Discovery) covers(d *Discovery) bool {
	known := make(map[string]*Environment, len(d.Environments))
	for i := range d.Environments {
		known[d.Environments[i].Prefix] = &d.Environments[i]
	}
	for _, env := range now.Environments {
		was := known[env.Prefix]
		if was == nil || was.ID != env.ID || was.Bare != env.Bare || (was.Err == nil) != (env.Err == nil) || !slices.Equal(was.Records, env.Records) || !was.Elsewhere.same(env.Elsewhere) {
			return false
		}
	}
	return len(now.Unread) <= len(d.Unread) && len(now.Unseen) <= len(d.Unseen)
}
