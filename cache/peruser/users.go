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

// Process is a user's process that answers questions.
type Process struct {
	In   io.WriteCloser
	Out  io.Reader
	Wait func() error // waits until it ends
	Kill func() error
}

// Options is the input of New.
type Options struct {
	// Start starts the process of a user, which must end when ctx does.
	Start func(ctx context.Context, u *meta.User) (*Process, error)
	// Can reports whether gclean can start a process for a user; nil means for everybody.
	Can func(u *meta.User) bool
	// System reads what runs on this machine; nil means hold.ReadSystem.
	System func() hold.System
	// Limits say how long a process may take; zero values mean the usual limits.
	Limits Limits
}

// Limits say how long a user's process may take for an answer. Its user can stop the
// process, or make it read an endless file.
type Limits struct {
	Look, Plan, Remove time.Duration
	// End is how long it may take to end.
	End time.Duration
}

// usual returns l with the usual limits for zero values. Looking takes milliseconds, but
// may take a minute if a home is mounted on demand.
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

// How many processes do something at a time. A process that plans asks others, which only
// look. These have a limit of their own, so that nobody waits for a place held by somebody
// who waits for an answer.
const (
	working = 4
	looking = 8
)

// TooLongError says that a process did not answer in time.
type TooLongError struct{ Limit time.Duration }

func (e *TooLongError) Error() string { return fmt.Sprintf("no answer within %s", e.Limit) }

// Users manages the processes of users in one run. It implements meta.Asker and
// hold.Witness.
type Users struct {
	o     Options
	work  chan struct{}
	look  chan struct{}
	mu    sync.Mutex
	all   map[string]*member
	order []*member
	reads map[readKey]bool
	d     *meta.Discovery // the last discovery, for all users
	seen  seenNow
	jobs  []*job
}

type readKey struct{ user, cache string }

// member is a user with the user's process.
type member struct {
	mu      sync.Mutex // held while the process is started or ended
	user    *meta.User
	proc    *Process
	conn    *witness.Conn
	err     error // why the process is asked nothing more
	nothing bool  // the user was found to have nothing
}

// New returns Users without running processes.
func New(o Options) *Users {
	o.Limits = o.Limits.usual()
	return &Users{
		o: o, work: make(chan struct{}, working), look: make(chan struct{}, looking), all: map[string]*member{}, reads: map[readKey]bool{},
	}
}

// Can implements meta.Asker.
func (us *Users) Can(u *meta.User) bool { return us.o.Can == nil || us.o.Can(u) }

// member returns the member for a user, and creates it if needed.
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

// members returns all members, in order.
func (us *Users) members() []*member {
	us.mu.Lock()
	defer us.mu.Unlock()
	return append([]*member(nil), us.order...)
}

// begin starts the process of m unless it is running.
func (us *Users) begin(ctx context.Context, m *member) (*witness.Conn, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil || m.conn != nil {
		return m.conn, m.err
	}
	// It must survive ctx, so that it leaves nothing half removed; end ends it.
	alive := context.WithoutCancel(ctx)
	proc, err := us.o.Start(alive, m.user)
	if err != nil {
		m.err = err
		return nil, err
	}
	m.proc, m.conn, m.nothing = proc, witness.NewConn(alive, proc.In, proc.Out), false
	return m.conn, nil
}

// end ends the process of m. A reason other than nil means that m is asked nothing more.
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
			m.err = err // it says which limit or signal ended the process
		}
	case <-time.After(2 * us.o.Limits.End): // the kernel does not end the process
	}
}

// do calls f with the connection to the process of m, within limit. An error of f ends the
// process for good, unless ctx has ended.
func (us *Users) do(ctx context.Context, m *member, limit time.Duration, f func(context.Context, *witness.Conn) error) error {
	conn, err := us.begin(ctx, m)
	if err != nil {
		return err
	}
	within, cancel := context.WithTimeoutCause(ctx, limit, &TooLongError{limit})
	defer cancel()
	// This also ends a process that does not read what is written to it.
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

// Close ends all processes. A nil Users has none.
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
		us.member(u) // fixes the order of members
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

// looks is do for calls that only look.
func (us *Users) looks(ctx context.Context, m *member, f func(context.Context, *witness.Conn) error) error {
	select {
	case us.look <- struct{}{}:
		defer func() { <-us.look }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return us.do(ctx, m, us.o.Limits.Look, f)
}

// Found sets the discovery on which answers are based from now on.
func (us *Users) Found(d *meta.Discovery) {
	us.mu.Lock()
	defer us.mu.Unlock()
	us.d = d
}

// cause returns why a process could not be asked, without the name of its user.
func cause(err error) error {
	for {
		named := (*meta.UserError)(nil)
		if !errors.As(err, &named) {
			return err
		}
		err = named.Err
	}
}
