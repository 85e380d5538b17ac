package peruser

import (
	"context"
	"slices"
	"sync"
	"time"

	"gclean/cache/hold"
	"gclean/cache/witness"
	"gclean/internal/parallel"
	"gclean/meta"
)

// Ask implements hold.Witness: it asks all users about packages in root's caches.
func (us *Users) Ask(ctx context.Context, q hold.Question) (hold.Testimony, error) {
	return us.ask(ctx, q, nil)
}

// askedBy is a witness for the process of m: it asks root and all other users.
type askedBy struct {
	us *Users
	m  *member
}

// Ask implements hold.Witness.
func (a askedBy) Ask(ctx context.Context, q hold.Question) (hold.Testimony, error) {
	t, err := a.us.ask(ctx, q, a.m)
	if err != nil {
		return t, err
	}
	own, err := hold.Local{Environments: a.us.ownEnvironments()}.Ask(ctx, q)
	if err != nil {
		return t, err
	}
	join(&t, own, nil)
	if q.Inquiry == hold.First || q.Inquiry == hold.Every {
		uses := a.us.seen.uses(a.us.o.System)
		for i, p := range q.Packages {
			if use, ok := uses.Of(p.ID, p.Path()); ok {
				t.Holds[i] = append(t.Holds[i], hold.Hold{Reason: hold.InUse, File: use.Path, Err: use})
			}
		}
	}
	return t, nil
}

// ownEnvironments returns the environments that this process has read itself.
func (us *Users) ownEnvironments() []meta.Environment {
	us.mu.Lock()
	defer us.mu.Unlock()
	if us.d == nil {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(us.d.Environments), func(e meta.Environment) bool { return e.Elsewhere != nil || e.Err != nil })
}

// seenNow caches answers about the machine that are valid for a moment.
type seenNow struct {
	mu      sync.Mutex
	at      time.Time
	known   *hold.Uses
	changed bool
	asked   time.Time
}

// moment is the greatest age of an answer that is reused.
const moment = time.Second

func (s *seenNow) uses(system func() hold.System) *hold.Uses {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known == nil || time.Since(s.at) > moment {
		if system == nil {
			system = hold.ReadSystem
		}
		s.known, s.at = hold.NewUses(system()), time.Now()
	}
	return s.known
}

// changed reports whether anything on the host has changed since the plan was made.
func (us *Users) changed(ctx context.Context) (bool, error) {
	us.mu.Lock()
	d := us.d
	us.mu.Unlock()
	s := &us.seen
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.asked) <= moment {
		return s.changed, nil
	}
	changed, err := d.Changed(ctx)
	if err != nil {
		return false, err
	}
	s.changed, s.asked = changed, time.Now()
	return changed, nil
}

// ask asks all users except by about packages in by's caches. It asks only users who can
// read a cache, since nobody else can use it. If by is nil, the caches are root's, and all
// users are asked.
func (us *Users) ask(ctx context.Context, q hold.Question, by *member) (hold.Testimony, error) {
	t := hold.Testimony{Holds: map[int][]hold.Hold{}, Marks: map[string][]hold.SeenEnvironment{}}
	var mu sync.Mutex
	err := parallel.Each(ctx, looking, us.members(), func(m *member) error {
		m.mu.Lock()
		user, nothing, failed := m.user, m.nothing, m.err
		m.mu.Unlock()
		if m == by || nothing {
			return nil
		}
		part, numbers := q, []int(nil)
		part.Packages = nil
		for i, p := range q.Packages {
			// Root's caches may be in a folder that, at the moment, only root can read.
			if by == nil && failed == nil || us.canRead(user, p.Cache) {
				part.Packages, numbers = append(part.Packages, p), append(numbers, i)
			}
		}
		if len(numbers) == 0 {
			return nil
		}
		var said hold.Testimony
		err := failed
		if err == nil {
			err = us.looks(ctx, m, func(ctx context.Context, c *witness.Conn) (err error) {
				said, err = c.Ask(ctx, part, user)
				return err
			})
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			doubt := hold.Hold{
				Reason: hold.UnreadableEnv, File: user.Home, Users: []*meta.User{user}, Err: &meta.UserError{User: user, Err: cause(err)},
			}
			if q.Inquiry == hold.First || q.Inquiry == hold.Every {
				for _, i := range numbers {
					if us.canRead(user, q.Packages[i].Cache) {
						t.Holds[i] = append(t.Holds[i], doubt)
					}
				}
			}
			return nil
		}
		join(&t, said, numbers)
		return nil
	})
	return t, err
}

// join adds to t what was said about the packages with these numbers; nil means all
// packages.
func join(t *hold.Testimony, said hold.Testimony, numbers []int) {
	for i, holds := range said.Holds {
		if numbers != nil {
			i = numbers[i]
		}
		t.Holds[i] = append(t.Holds[i], holds...)
	}
	for cache, list := range said.Marks {
		if t.Marks == nil {
			t.Marks = map[string][]hold.SeenEnvironment{}
		}
		t.Marks[cache] = append(t.Marks[cache], list...)
	}
}

// canRead reports whether a user can read a cache, according to the modes of folders.
func (us *Users) canRead(u *meta.User, path string) bool {
	key := readKey{u.Home, path}
	us.mu.Lock()
	reads, known := us.reads[key]
	us.mu.Unlock()
	if !known {
		reads = u.CanRead(path)
		us.mu.Lock()
		us.reads[key] = reads
		us.mu.Unlock()
	}
	return reads
}

// Trouble returns a problem for each user whose process did not answer, unless told
// contains it already.
func (us *Users) Trouble(told meta.Problems) meta.Problems {
	var list meta.Problems
	for _, m := range us.members() {
		m.mu.Lock()
		user, err := m.user, m.err
		m.mu.Unlock()
		if err == nil || slices.ContainsFunc(told, func(p meta.Problem) bool { return p.Path == user.Home }) {
			continue
		}
		list = append(list, meta.Problem{
			Code: meta.CodeUnaskedUser, Path: user.Home, Err: &meta.UserError{User: user, Err: cause(err)}, User: user, Doubt: true,
		})
	}
	return list
}
