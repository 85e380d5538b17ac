package witness

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"sync"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/meta"
)

// Asked answers what a user's process asks while it works for root.
type Asked struct {
	// Witness says what all the others hold.
	Witness hold.Witness
	// Changed reports whether anything has changed for the others.
	Changed func(ctx context.Context) (bool, error)
}

func (a Asked) handle(ctx context.Context, call Call, items []json.RawMessage, send func(any) error) error {
	switch call {
	case CallAsk:
		q, err := readQuestion(items)
		if err != nil {
			return err
		}
		t, err := a.Witness.Ask(ctx, q)
		if err != nil {
			return err
		}
		return sendTestimony(&t, send)
	case CallChanged:
		changed, err := a.Changed(ctx)
		if err != nil {
			return err
		}
		return send(changed)
	}
	return fmt.Errorf("%w: the call %q", ErrBad, call)
}

// Server is what a user's process does for root.
type Server interface {
	// Find looks for environments and caches, and remembers what it finds.
	Find(ctx context.Context, q meta.Finding) (*meta.Discovery, error)
	// Look looks at environments, and remembers them.
	Look(ctx context.Context, prefixes []string) ([]meta.Environment, error)
	// Ask says which packages the known environments hold.
	Ask(ctx context.Context, q hold.Question) (hold.Testimony, error)
	// Changed looks again, and reports whether anything has changed.
	Changed(ctx context.Context) (bool, error)
	// Plan makes a plan. others is the connection to root.
	Plan(ctx context.Context, p Planning, others Others) (*cache.Plan, error)
	// Remove carries out a part of the last plan.
	Remove(ctx context.Context, plan *cache.Plan, r Removing, others Others) (*removal.Result, error)
	// Message returns the text of an error, with advice.
	Message(err error) string
}

// Others asks root about all other users.
type Others struct{ conn *Conn }

// Ask implements hold.Witness.
func (o Others) Ask(ctx context.Context, q hold.Question) (hold.Testimony, error) {
	return o.conn.Ask(ctx, q, nil)
}

// Changed reports whether anything has changed for the others.
func (o Others) Changed(ctx context.Context) (bool, error) { return o.conn.Changed(ctx) }

// NewConn begins root's side of a conversation; w and r are connected to a user's process.
func NewConn(ctx context.Context, w io.Writer, r io.Reader) *Conn { return newConn(ctx, w, r, nil) }

// Serve answers root's calls until r or ctx ends.
func Serve(ctx context.Context, w io.Writer, r io.Reader, s Server) error {
	sv := &serving{Server: s, ready: make(chan struct{})}
	c := newConn(ctx, w, r, sv.handle)
	sv.conn = c
	close(sv.ready)
	select {
	case <-c.Done():
	case <-ctx.Done():
		return ctx.Err()
	}
	c.running.Wait() // wait until running removals are finished and reported
	if err := c.Err(); err != io.EOF {
		return err
	}
	return nil
}

// serving answers calls.
type serving struct {
	Server
	ready chan struct{} // closed when conn is set
	conn  *Conn

	mu   sync.Mutex
	plan *cache.Plan // the last plan that was made
}

// planned sets the last plan to p unless p is nil, and returns the last plan.
func (s *serving) planned(p *cache.Plan) *cache.Plan {
	s.mu.Lock()
	defer s.mu.Unlock()
	if p != nil {
		s.plan = p
	}
	return s.plan
}

func (s *serving) handle(ctx context.Context, call Call, items []json.RawMessage, send func(any) error) error {
	<-s.ready
	switch call {
	case CallFind, CallLook:
		q, err := readFind(items)
		if err != nil {
			return err
		}
		d := &meta.Discovery{}
		if call == CallFind {
			d, err = s.Find(ctx, q)
		} else {
			d.Environments, err = s.Look(ctx, q.Also)
		}
		if err != nil {
			return err
		}
		return sendFound(d, send)
	case CallAsk, CallChanged:
		return Asked{Witness: asker(s.Ask), Changed: s.Changed}.handle(ctx, call, items, send)
	case CallPlan:
		p, err := readPlanning(items)
		if err != nil {
			return err
		}
		plan, err := s.Plan(ctx, p, Others{s.conn})
		if err != nil {
			return err
		}
		s.planned(plan)
		return sendPlan(plan, s.Message, send)
	case CallRemove:
		plan := s.planned(nil)
		if plan == nil {
			return fmt.Errorf("%w: there is no plan", ErrBad)
		}
		r, err := readRemoving(items, len(plan.Remove))
		if err != nil {
			return err
		}
		res, err := s.Remove(ctx, plan, r, Others{s.conn})
		if err != nil {
			return err
		}
		return sendRemoved(plan, res, s.Message, send)
	}
	return fmt.Errorf("%w: the call %q", ErrBad, call)
}

// asker makes a function a hold.Witness.
type asker func(context.Context, hold.Question) (hold.Testimony, error)

// Ask implements hold.Witness.
func (f asker) Ask(ctx context.Context, q hold.Question) (hold.Testimony, error) { return f(ctx, q) }
