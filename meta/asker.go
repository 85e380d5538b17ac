package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"

	"gclean/internal/order"
	"gclean/meta/absence"
	"gclean/walk"
)

// Asker asks users through processes that run as them, so that root's own process opens no
// path that a user's files name.
type Asker interface {
	// Can reports whether a user can be asked. Otherwise, for example if the user has no
	// number in this container, this process reads the user's files itself.
	Can(u *User) bool
	// Find lets each user look for environments and caches, and read the environments in
	// also[i], which others name. It returns one answer for each user, in order, and an
	// error only if ctx ends.
	Find(ctx context.Context, users []*User, q Finding, also [][]string) ([]Found, error)
	// Look lets a user read environments. The result leaves out those that are proven not
	// to exist.
	Look(ctx context.Context, u *User, prefixes []string) ([]Environment, error)
}

// Finding is what a user's process needs to know to look for the user's environments and
// caches.
type Finding struct {
	Roots []Value  `json:"roots"` // the system's root prefixes
	Known []string `json:"known"` // folders of environments that root reads for everybody
	Homes []string `json:"homes"` // home folders, which are never caches
	Gone  []string `json:"gone"`  // environments that the caller declared gone
	// Also are environments below the user's home that others name.
	Also []string `json:"also"`
}

// Found is what the process of a user has found.
type Found struct {
	Caches       []Value // existing caches that the user's files name, with Owner set
	Environments []Environment
	Problems     []Problem
	SoftLinks    string
	// Err is why the user's process could not be asked.
	Err error
}

// askUsers adds what the users' own processes find.
func (d *Discovery) askUsers(ctx context.Context) error {
	h, c := d.Host, d.Config
	if h.Asker == nil || len(c.asked) == 0 {
		return nil
	}
	q := Finding{Roots: c.roots, Homes: d.Homes, Known: c.common()}
	also := make([][]string, len(c.asked))
	for i, u := range c.asked {
		also[i] = pathsOf(c.also[u])
	}
	for _, v := range absolute(d.options.Gone) {
		q.Gone = append(q.Gone, v.Path)
	}
	found, err := h.Asker.Find(ctx, c.asked, q, also)
	if err != nil {
		return err
	}
	common := h.commonFiles(c)
	sound := map[string]int{} // index in d.Environments, by prefix
	byID := map[walk.ID]int{}
	note := func(i int) {
		e := &d.Environments[i]
		if sound[e.Prefix] = i; e.ID != (walk.ID{}) {
			byID[e.ID] = i
		}
	}
	for i := range d.Environments {
		note(i)
	}
	for i := range found {
		f, u := &found[i], c.asked[i]
		if f.Err != nil {
			err := &UserError{User: u, Err: f.Err}
			d.note(Problem{Code: CodeUnaskedUser, Path: u.Home, Err: err, Hides: true, User: u})
			for _, v := range c.also[u] { // others name them, so this doubt concerns everybody
				f.Environments = append(f.Environments, Environment{Prefix: v.Path, Err: err, Elsewhere: &Elsewhere{}})
			}
		}
		named := map[string]string{}
		for _, v := range c.also[u] {
			named[v.Path] = v.Source
		}
		c.SoftLinks = cmp.Or(c.SoftLinks, f.SoftLinks)
		if u.shared {
			f.Caches = nil // other users may have written the files that name them
		}
		for _, v := range f.Caches {
			v.User = u
			d.OfUsers = append(d.OfUsers, v)
		}
		for _, p := range f.Problems {
			if p.User = u; common.keep(&p) {
				d.note(p)
			}
		}
		for _, e := range f.Environments {
			e.Users = []*User{u}
			if source, ok := named[e.Prefix]; ok {
				e.Users, e.Sources = nil, append(slices.DeleteFunc(e.Sources, func(s string) bool { return s == sourceSeen }), source)
			}
			j, known := sound[e.Prefix]
			if !known && e.ID != (walk.ID{}) {
				j, known = byID[e.ID]
			}
			switch {
			case !known:
				d.Environments = append(d.Environments, e)
				note(len(d.Environments) - 1)
			case errors.Is(d.Environments[j].Err, fs.ErrPermission) && e.Err == nil:
				// The user can read what root or another user cannot. But if a disk is
				// missing, or something is broken, no user's answer ends the doubt.
				old := d.Environments[j]
				e.Sources = append(old.Sources, e.Sources...)
				e.Users = old.Users
				e.addScope([]*User{u})
				d.Environments[j] = e
				note(j)
			default:
				d.Environments[j].addScope(e.Users)
				d.Environments[j].Sources = append(d.Environments[j].Sources, e.Sources...)
			}
		}
	}
	order.Stable(d.Environments, func(a, b Environment) int { return cmp.Compare(a.Prefix, b.Prefix) })
	return nil
}

// toUsers removes from known the environments below homes of other users, and notes that
// those users must be asked.
func (h Host) toUsers(known []Value, c *Config) []Value {
	if h.Asker == nil {
		return known
	}
	return slices.DeleteFunc(known, func(v Value) bool {
		u := c.userOf(v.Path)
		if u == nil {
			return false
		}
		if c.also == nil {
			c.also = map[*User][]Value{}
		}
		if c.also[u] = append(c.also[u], v); !slices.Contains(c.asked, u) {
			c.asked = append(c.asked, u)
		}
		return true
	})
}

// userOf returns the other user in whose home path is, or nil if that user cannot be asked.
func (c *Config) userOf(path string) *User {
	for dir := filepath.Clean(path); ; dir = filepath.Dir(dir) {
		if u := c.others[dir]; u != nil {
			return u
		}
		if dir == filepath.Dir(dir) {
			return nil
		}
	}
}

// Look reads one environment; exists is false if it does not exist. It is like
// ReadEnvironment, except that an environment in another user's home is read by that user's
// process.
func (d *Discovery) Look(ctx context.Context, prefix string) (Environment, bool) {
	if d.Host.Asker == nil || d.Config == nil {
		return ReadEnvironment(prefix)
	}
	u := d.Config.userOf(prefix)
	if u == nil {
		return ReadEnvironment(prefix)
	}
	envs, err := d.Host.Asker.Look(ctx, u, []string{prefix})
	switch {
	case err != nil:
		return Environment{Prefix: prefix, Err: &UserError{User: u, Err: err}, Elsewhere: &Elsewhere{}}, true
	case len(envs) == 0:
		return Environment{}, false
	}
	envs[0].Users = []*User{u}
	return envs[0], true
}

// UserError says that a user's own process did not answer.
type UserError struct {
	User *User
	Err  error
}

func (e *UserError) Error() string {
	return fmt.Sprintf("%s: user %s was not asked: %v; environments and caches of this user are unknown", e.User.Home, e.User, e.Err)
}

// Unwrap returns the reason.
func (e *UserError) Unwrap() error { return e.Err }

// common returns the folders of environments that root reads for everybody.
func (c *Config) common() []string {
	var list []string
	for _, dir := range c.EnvsDirs {
		list = append(list, dir.Path)
	}
	for _, root := range c.roots {
		list = append(list, filepath.Join(root.Path, "envs"), filepath.Join(root.Path, "conda-bld"))
	}
	return append(list, pathsOf(c.builds)...)
}

func pathsOf(list []Value) []string {
	var paths []string
	for _, v := range list {
		paths = append(paths, v.Path)
	}
	return paths
}

// DiscoverAs finds the environments and caches that the files of one user name. It is for a
// process that runs as that user, on behalf of a process that sees everything. It leaves
// out what concerns everybody. It returns an error only if ctx ends.
func (h Host) DiscoverAs(ctx context.Context, u *User, q Finding) (*Discovery, error) {
	h.byName = h.homesByName(ctx)
	h.Home = u.Home
	// Read the configuration as if the user were not logged in, without variables.
	s := h.withPresent().survey(u, &Config{roots: q.Roots}, false)
	d := &Discovery{Host: h.as(u), Config: &Config{SoftLinks: s.config.softLinks}, Homes: q.Homes}
	d.Host.Asker = nil
	d.again = func(ctx context.Context) (*Discovery, error) { return h.DiscoverAs(ctx, u, q) }
	for _, v := range q.Gone {
		d.options.Gone = append(d.options.Gone, Value{Path: v})
	}
	w := new(absence.Ways)
	var known []Value
	var problems []Problem
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if !s.closed && s.config.host.user != nil {
		nobody := h
		nobody.Home = ""
		var err error
		if known, problems, err = nobody.listed(ctx, w, newListReader(), []*User{u}); err != nil {
			return nil, err
		}
		common := map[string]bool{}
		for _, path := range q.Known {
			common[path] = true
		}
		found, bad := s.config.find(common)
		known, problems = append(known, found...), append(problems, bad...)
	}
	caches, more := h.present(s.config.caches, s.owner)
	d.Caches, problems = caches, append(problems, more...)
	found, bad := besideCaches(d.Caches)
	known, problems = append(known, found...), append(problems, bad...)
	for _, path := range q.Also {
		known = append(known, Value{Path: path, Source: sourceSeen})
	}
	envs, err := look(ctx, w, without(known, d.options.Gone))
	if err != nil {
		return nil, err
	}
	if problems, err = proven(ctx, w, problems); err != nil {
		return nil, err
	}
	d.Environments = withoutSame(envs, d.options.Gone)
	for _, p := range slices.Concat(s.problems, problems, unread(w)) {
		p.User = nil // there is only this user
		d.note(p)
	}
	return d, nil
}

// sourceSeen is the source of an environment that only earlier runs know.
const sourceSeen = "seen before"
