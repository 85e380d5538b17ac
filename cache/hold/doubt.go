package hold

import (
	"slices"
	"sync"

	"gclean/meta"
)

// Doubt is a Hold without proof: a witness could not look.
type Doubt = Hold

// Doubts keep packages that nothing else holds.
type Doubts struct {
	// Unreadable are environments, and lists of environments, that exist but cannot be
	// read.
	Unreadable []Doubt
	// Unseen are users or environments that nobody can find. They keep packages only in
	// caches into which environments may have symlinks.
	Unseen []Doubt

	mu    sync.Mutex
	reads map[readKey]bool
}

type readKey struct {
	user  *meta.User
	cache string
}

// NewDoubts returns the doubts that arise from unreadable envs and from the problems that
// the discovery of a host found.
func NewDoubts(d *meta.Discovery, envs []meta.Environment) *Doubts {
	ds := &Doubts{reads: map[readKey]bool{}}
	for _, env := range envs {
		if env.Err != nil {
			ds.Unreadable = append(ds.Unreadable, Doubt{Reason: UnreadableEnv, Prefix: env.Prefix, Err: env.Err, Users: env.Users})
		}
	}
	for _, p := range d.Unread {
		ds.Unreadable = append(ds.Unreadable, Doubt{Reason: UnreadableEnv, File: p.Path, Err: p.Err, Users: usersOf(p)})
	}
	for _, p := range d.Unseen {
		ds.Unseen = append(ds.Unseen, Doubt{Reason: UnseenUsers, File: p.Path, Err: p.Err, Users: usersOf(p)})
	}
	return ds
}

func usersOf(p meta.Problem) []*meta.User {
	if p.User == nil {
		return nil
	}
	return []*meta.User{p.User}
}

// Of returns those doubts that concern packages in the cache at path.
func (ds *Doubts) Of(doubts []Doubt, path string) []Hold {
	if ds == nil {
		return nil
	}
	var holds []Hold
	for _, d := range doubts {
		if d.Cache != "" && d.Cache != path {
			continue
		}
		if len(d.Users) == 0 || slices.ContainsFunc(d.Users, func(u *meta.User) bool { return ds.canRead(u, path) }) {
			holds = append(holds, d)
		}
	}
	return holds
}

func (ds *Doubts) canRead(u *meta.User, path string) bool {
	ds.mu.Lock()
	defer ds.mu.Unlock()
	key := readKey{u, path}
	reads, ok := ds.reads[key]
	if !ok {
		reads = u.CanRead(path)
		ds.reads[key] = reads
	}
	return reads
}
