package peruser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"time"

	"gclean/cache/hold"
	"gclean/cache/witness"
	"gclean/internal/parallel"
	"gclean/meta"
)

// Process is a process of a user that answers questions.
type Process struct {
	In   io.WriteCloser
	Out  io.Reader
	Wait func() error // waits for its end
	Kill func() error
}

// Options are those of New.
type Options struct {
	// Start starts the process of a user. It ends with ctx.
	Start func(ctx context.Context, u *meta.User) (*Process, error)
	// Can says whether a user can have a process; nil is everybody.
	Can func(u *meta.User) bool
	// System looks at what runs on this machine; nil is hold.ReadSystem.
	System func() hold.System
	// Limits are how long a process may take; zero values are usual ones.
	Limits Limits
}

// Limits are how long the process of a user may take for an answer. Its user can
// stop it, or have it read what never ends.
type Limits struct {
	Look, Plan, Remove time.Duration
	// End is how long it may take to end.
	End time.Duration
}

// usual are the limits where none are given. To look takes milliseconds, but minutes
// where a home is mounted on demand.
func (l Limits) usual() Limits {
	set := func(d *time.Duration, usual time.Duration) {
		if *d == 0 {
			*d = usual
		}
	}
	set(&l.Look, time.Minute)
	set(&l.Plan, 15*time.Minute)
	set(&l.Remove, time.Hour)
	set(&l.End, 5*time.Second)
	return l
}

// How many processes do something at a time. Who plans asks others, who only look: two
// numbers, so that nobody waits for a place that is held by who waits for an answer.
const (
	working = 4
	looking = 8
)

// TooLongError says that a process did not answer in time.
type TooLongError struct{ Limit time.Duration }

func (e *TooLongError) Error() string { return fmt.Sprintf("no answer within %s", e.Limit) }

// Users are the processes of users in one run. It implements meta.Asker and
// hold.Witness.
type Users struct {
	o     Options
	work  chan struct{}
	look  chan struct{}
	mu    sync.Mutex
	all   map[string]*member
	order []*member
	reads map[readKey]bool
	d     *meta.Discovery // what was last found, for all
	seen  seenNow
	jobs  []*job
}

type readKey struct{ user, cache string }

// member is one user and the process.
type member struct {
	mu      sync.Mutex // held while it is started or ended
	user    *meta.User
	proc    *Process
	conn    *witness.Conn
	err     error // why it is asked nothing more
	nothing bool  // it was found to have nothing
}

// New makes the processes of users, none of which runs so far.
func New(o Options) *Users {
	o.Limits = o.Limits.usual()
	return &Users{
		o: o, work: make(chan struct{}, working), look: make(chan struct{}, looking), all: map[string]*member{}, reads: map[readKey]bool{},
	}
}

// Can implements meta.Asker.
func (us *Users) Can(u *meta.User) bool { return us.o.Can == nil || us.o.Can(u) }

// member is what is known of a user.
func (us *Users) member(u *meta.User) *member {
	us.mu.Lock()
	defer us.mu.Unlock()
	key := strconv.Itoa(u.UID) + " " + u.Home
	m := us.all[key]
	if m == nil {
		m = &member{}
		us.all[key] = m
		us.order = append(us.order, m)
	}
	m.user = u
	return m
}

// members are all of whom anything is known, in order.
func (us *Users) members() []*member {
	us.mu.Lock()
	defer us.mu.Unlock()
	return append([]*member(nil), us.order...)
}

// begin starts the process of m, if it does not run.
func (us *Users) begin(ctx context.Context, m *member) (*witness.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil || m.conn != nil {
		return m.conn, m.err
	}
	// It is ended by end, so that it can leave nothing half removed.
	alive := context.WithoutCancel(ctx)
	proc, err := us.o.Start(alive, m.user)
	if err != nil {
		m.err = err
		return nil, err
	}
	m.proc, m.conn, m.nothing = proc, witness.NewConn(alive, proc.In, proc.Out), false
	return m.conn, nil
}

// end ends the process of m, for a reason if that is not nil.
func (us *Users) end(m *member, reason error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err == nil {
		m.err = reason
	}
	if m.proc == nil {
		return
	}
	proc := m.proc
	m.proc, m.conn = nil, nil
	_ = proc.In.Close()
	kill := func() { _ = proc.Kill() }
	if reason != nil {
		kill()
	}
	timer := time.AfterFunc(us.o.Limits.End, kill)
	defer timer.Stop()
	ended := make(chan error, 1)
	go func() { ended <- proc.Wait() }()
	select {
	case err := <-ended:
		if err != nil && errors.Is(reason, witness.ErrClosed) {
			m.err = err // it says more: which limit, or which signal
		}
	case <-time.After(2 * us.o.Limits.End): // the kernel does not let go of it
	}
}

// do has the process of m do something, within limit. An error of it ends the process
// for good, unless it is that of ctx.
func (us *Users) do(ctx context.Context, m *member, limit time.Duration, f func(context.Context, *witness.Conn) error) error {
	conn, err := us.begin(ctx, m)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeoutCause(ctx, limit, &TooLongError{limit})
	defer cancel()
	// Who does not read what is written to it is ended, too.
	stop := context.AfterFunc(within, func() {
		if ctx.Err() == nil {
			us.end(m, context.Cause(within))
		}
	})
	defer stop()
	err = f(within, conn)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	us.end(m, err)
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.err
}

// Close ends all processes. Nil users have none.
func (us *Users) Close() {
	if us == nil {
		return
	}
	var wg sync.WaitGroup
	for _, m := range us.members() {
		wg.Go(func() { us.end(m, nil) })
	}
	wg.Wait()
}

// Find implements meta.Asker.
func (us *Users) Find(ctx context.Context, users []*meta.User, q meta.Finding, also [][]string) ([]meta.Found, error) {
	found := make([]meta.Found, len(users))
	numbers := make([]int, len(users))
	for i, u := range users {
		numbers[i] = i
		us.member(u) // in this order, whoever is first
	}
	err := parallel.Each(ctx, looking, numbers, func(i int) error {
		m := us.member(users[i])
		err := us.looks(ctx, m, func(ctx context.Context, c *witness.Conn) (err error) {
			found[i], err = c.Find(ctx, q, also[i])
			return err
		})
		if err != nil {
			found[i] = meta.Found{Err: cause(err)}
			return ctx.Err()
		}
		if f := &found[i]; len(f.Caches)+len(f.Environments)+len(f.Problems) == 0 {
			us.end(m, nil)
			m.mu.Lock()
			m.nothing = true
			m.mu.Unlock()
		}
		return nil
	})
	return found, err
}

// Look implements meta.Asker.
func (us *Users) Look(ctx context.Context, u *meta.User, prefixes []string) (envs []meta.Environment, err error) {
	err = us.looks(ctx, us.member(u), func(ctx context.Context, c *witness.Conn) (err error) {
		envs, err = c.Look(ctx, prefixes)
		return err
	})
	return envs, err
}

// looks is do for what only looks.
func (us *Users) looks(ctx context.Context, m *member, f func(context.Context, *witness.Conn) error) error {
	select {
	case us.look <- struct{}{}:
		defer func() { <-us.look }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return us.do(ctx, m, us.o.Limits.Look, f)
}

// Found takes what a discovery has found for what is asked about from now on.
func (us *Users) Found(d *meta.Discovery) {
	us.mu.Lock()
	defer us.mu.Unlock()
	us.d = d
}

// cause is why a process could not be asked, without the name of its user.
func cause(err error) error {
	for {
		named := (*meta.UserError)(nil)
		if !errors.As(err, &named) {
			return err
		}
		err = named.Err
	}
}
