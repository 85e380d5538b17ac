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

// Asker asks users in their own names, by processes that run as them: this process,
// root's, then opens nothing that their files name.
type Asker interface {
	// Can says whether a user can be asked. This process looks itself at what is of
	// one who cannot, such as a user who has no number in this container.
	Can(u *User) bool
	// Find has each user look for environments and caches, and at the environments
	// also[i], which others name. There is one answer for each user, in order. The
	// error is that of ctx.
	Find(ctx context.Context, users []*User, q Finding, also [][]string) ([]Found, error)
	// Look has a user look at environments. Those that are proven to be gone are
	// left out.
	Look(ctx context.Context, u *User, prefixes []string) ([]Environment, error)
}

// Finding is what a user's process has to know to look for what is the user's.
type Finding struct {
	Roots []Value  `json:"roots"` // the system's root prefixes
	Known []string `json:"known"` // folders of environments that are looked at for everybody
	Homes []string `json:"homes"` // home folders: they are never caches
	Gone  []string `json:"gone"`  // environments that are gone for good
	// Also are environments below the home that others name.
	Also []string `json:"also"`
}

// Found is what the process of a user has found.
type Found struct {
	Caches       []Value // those that the user's files name and that are there, Owner set
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
	sound := map[string]int{} // by prefix
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
			for _, v := range c.also[u] { // others name it: the doubt is everybody's
				f.Environments = append(f.Environments, Environment{Prefix: v.Path, Err: err, Elsewhere: &Elsewhere{}})
			}
		}
		named := map[string]string{}
		for _, v := range c.also[u] {
			named[v.Path] = v.Source
		}
		c.SoftLinks = cmp.Or(c.SoftLinks, f.SoftLinks)
		if u.shared {
			f.Caches = nil // who knows who has written what names them
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
				// Its user can read what root or another cannot. Of a disk that is not
				// there, or what is broken, nobody's word ends the doubt.
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

// toUsers takes out of known what is below the homes of other users: they are asked.
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

// userOf is the other user in whose home path is; nil for none who can be asked.
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

// Look looks at one environment; false where there is none. It is as ReadEnvironment,
// but that what is in the home of another user is looked at by that user's process.
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

// Unwrap returns why.
func (e *UserError) Unwrap() error { return e.Err }

// common are the folders of environments that are looked at for everybody.
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

// DiscoverAs finds the environments and caches that the files of one user name. It is
// for a process that runs as that user, in the place of one that sees everything:
// what concerns everybody is left out. The error is that of ctx.
func (h Host) DiscoverAs(ctx context.Context, u *User, q Finding) (*Discovery, error) {
	h.byName = h.homesByName(ctx)
	h.Home = u.Home
	// The configuration has to be that of a user who is not logged in.
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
		p.User = nil // it is the only one
		d.note(p)
	}
	return d, nil
}

// sourceSeen is the source of an environment of which only earlier runs tell.
const sourceSeen = "seen before"
