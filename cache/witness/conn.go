package witness

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"gclean/internal/asuser/wire"
)

// Name and version of the protocol. Usually both sides are the same binary.
const (
	protocol = "gclean-witness"
	version  = 1
)

// Call names a request.
type Call string

// The calls. Root makes all of them. A user's process makes CallAsk and CallChanged, which
// root makes too.
const (
	CallFind    Call = "find"    // look for environments and caches
	CallLook    Call = "look"    // look at given environments
	CallAsk     Call = "ask"     // ask which packages are held
	CallChanged Call = "changed" // ask whether anything has changed since it was found
	CallPlan    Call = "plan"    // make a plan for the user's caches
	CallRemove  Call = "remove"  // carry out the plan
)

// Errors that end a conversation.
var (
	ErrUnasked     = errors.New("sends what nobody asked for")
	ErrBad         = errors.New("sends an invalid message")
	ErrAsksTooMuch = fmt.Errorf("asks other users more than %d MiB of questions", maxAsked>>20)
	ErrClosed      = errors.New("has ended")
)

// lastWords is how long to wait for the other side's last message after it stopped reading.
const lastWords = time.Second

// RemoteError is an error that the other side reported.
type RemoteError struct{ Text string }

func (e *RemoteError) Error() string { return e.Text }

// maxCalls is how many calls of the other side are answered at a time.
const maxCalls = 64

// frame is one line: an item of a call or of its answer, or the end of one of them.
type frame struct {
	ID     uint64          `json:"id"`
	Call   Call            `json:"call,omitzero"`
	Answer bool            `json:"answer,omitzero"`
	Item   json.RawMessage `json:"item,omitzero"`
	End    bool            `json:"end,omitzero"`
	Error  string          `json:"error,omitzero"`
}

// handler answers a call; it passes the items of the answer to send.
type handler func(ctx context.Context, call Call, items []json.RawMessage, send func(item any) error) error

// Conn is one end of a conversation.
type Conn struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	done   chan struct{} // closed when nothing more is read

	wmu sync.Mutex
	enc *wire.Encoder

	mu      sync.Mutex
	next    uint64
	waiting map[uint64]*waiting
	asked   map[uint64]*askedFor
	running sync.WaitGroup
	answers int // number of answers in progress
	handler handler
	err     error

	user  bool // this is the user's end
	heard int  // bytes of the other end's calls, to limit what a user asks about the others
}

// waiting is a call that waits for its answer.
type waiting struct {
	item func(json.RawMessage) error
	end  chan error
}

// askedFor is a call of the other side.
type askedFor struct {
	call  Call
	items []json.RawMessage
}

// newConn begins a conversation. If h is nil, the other side may not make calls. Answers
// are computed under ctx.
func newConn(ctx context.Context, w io.Writer, r io.Reader, h handler) *Conn {
	c := &Conn{enc: wire.NewEncoder(w, protocol, version), waiting: map[uint64]*waiting{}, asked: map[uint64]*askedFor{}, handler: h, done: make(chan struct{}), user: h != nil}
	c.ctx, c.cancel = context.WithCancelCause(ctx)
	dec := wire.NewDecoder(r, protocol, version)
	// What a user sends is limited. What root asks can be as much as all users ask
	// together.
	if c.user {
		dec.Unbounded()
	} else {
		c.enc.Unbounded()
	}
	go c.read(dec)
	return c
}

// Done returns a channel that is closed when the other side has ended the conversation or
// was not understood; Err says why.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Err returns why the conversation has ended, or nil if it has not. It is io.EOF if the
// other side closed it in good order.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *Conn) read(dec *wire.Decoder) {
	var err error
	for err == nil {
		var f frame
		if err = dec.Decode(&f); err == nil {
			if f.Answer {
				err = c.answered(&f)
			} else {
				err = c.called(&f)
			}
		}
	}
	c.mu.Lock()
	c.err = err
	left := c.waiting
	c.waiting = map[uint64]*waiting{}
	c.mu.Unlock()
	c.cancel(err)
	for _, w := range left {
		if errors.Is(err, io.EOF) {
			err = ErrClosed
		}
		w.end <- err
	}
	close(c.done)
}

// answered handles a line of an answer.
func (c *Conn) answered(f *frame) error {
	c.mu.Lock()
	w := c.waiting[f.ID]
	if w != nil && f.End {
		delete(c.waiting, f.ID)
	}
	c.mu.Unlock()
	switch {
	case w == nil || f.Call != "":
		return ErrUnasked
	case f.End && f.Error != "":
		w.end <- &RemoteError{shown(f.Error)}
	case f.End:
		w.end <- nil
	case f.Item == nil:
		return ErrBad
	default:
		return w.item(f.Item)
	}
	return nil
}

// maxAsked is how many bytes a user's process may send in calls: about 200 for each
// package, a few times in a run.
const maxAsked = 16 << 20

// called handles a line of a call.
func (c *Conn) called(f *frame) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.asked[f.ID]
	switch {
	case c.handler == nil:
		return ErrUnasked
	case a == nil && (f.Call == "" || len(c.asked)+c.answers >= maxCalls):
		return ErrBad
	case a == nil:
		a = &askedFor{call: f.Call}
		c.asked[f.ID] = a
	case f.Call != "" && f.Call != a.call, f.Error != "":
		return ErrBad
	}
	if f.Item != nil {
		if c.heard += len(f.Item); !c.user && c.heard > maxAsked {
			return ErrAsksTooMuch
		}
		a.items = append(a.items, f.Item)
	}
	if !f.End {
		return nil
	}
	delete(c.asked, f.ID)
	c.answers++
	c.running.Add(1)
	go c.serve(f.ID, a, c.handler)
	return nil
}

// serve answers a call.
func (c *Conn) serve(id uint64, a *askedFor, h handler) {
	defer c.running.Done()
	err := h(c.ctx, a.call, a.items, func(item any) error { return c.send(frame{ID: id, Answer: true}, item) })
	c.mu.Lock()
	c.answers--
	c.mu.Unlock()
	f := frame{ID: id, Answer: true, End: true}
	if err != nil {
		f.Error = text(err)
	}
	_ = c.write(&f) // if nobody reads it, the other side has ended
}

// send writes an item.
func (c *Conn) send(f frame, item any) error {
	raw, err := json.Marshal(item)
	if err != nil {
		return err
	}
	f.Item = raw
	return c.write(&f)
}

func (c *Conn) write(f *frame) error {
	c.wmu.Lock()
	defer c.wmu.Unlock()
	return c.enc.Encode(f)
}

// answering sets the handler for calls of the other side; nil forbids calls.
func (c *Conn) answering(h handler) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.handler = h
}

// call makes a call and waits for its answer. It calls item for each item of the answer,
// one after the other; an error of item ends the conversation.
func (c *Conn) call(ctx context.Context, name Call, items []any, item func(json.RawMessage) error) error {
	w := &waiting{item: item, end: make(chan error, 1)}
	c.mu.Lock()
	if c.err != nil {
		err := c.err
		c.mu.Unlock()
		if errors.Is(err, io.EOF) {
			return ErrClosed
		}
		return err
	}
	c.next++
	id := c.next
	c.waiting[id] = w
	c.mu.Unlock()
	// If the other side does not read, this blocks until the owner of the pipe closes it
	// when ctx ends.
	var err error
	for _, it := range items {
		if err = c.send(frame{ID: id, Call: name}, it); err != nil {
			break
		}
	}
	if err == nil {
		err = c.write(&frame{ID: id, Call: name, End: true})
	}
	if err != nil {
		// The other side has ended, or has already said what is wrong.
		select {
		case <-c.done:
		case <-ctx.Done():
		case <-time.After(lastWords):
		}
		c.mu.Lock()
		delete(c.waiting, id)
		defer c.mu.Unlock()
		if c.err != nil && !errors.Is(c.err, io.EOF) {
			return c.err
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		return fmt.Errorf("%w: %w", ErrClosed, err)
	}
	select {
	case err := <-w.end:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// into decodes an item; fields that T does not have are an error.
func into[T any](raw json.RawMessage) (v T, err error) {
	if err := wire.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("%w: %w", ErrBad, err)
	}
	return v, nil
}
