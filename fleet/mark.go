package fleet

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
)

// MarkOptions are those of Mark.
type MarkOptions struct {
	// Host is this host, by its name in the list of hosts.
	Host string
	// Machine is what Machine returns.
	Machine string
	Asking
	// Version of gclean, for people.
	Version string
	Before  fence.Before
}

// Asking is how the environments of this host are asked.
type Asking struct {
	// Find looks for the environments and caches of this host, after the installers have
	// ended, so it finds what they have just linked. It returns the paths of the caches.
	// Mark also tries the paths on the host that opened the round.
	Find func(ctx context.Context) (caches []string, err error)
	// Plan makes a plan of a round. The caches are where they are on this host.
	Plan func(ctx context.Context, r *cache.Round, caches []meta.Value, keepInstalled bool) (*cache.Plan, error)
	// System looks at the processes of this host; nil is hold.ReadSystem.
	System func() hold.System
	// Timeout is how long installers are waited for that are older than the fence.
	Timeout time.Duration
	// Waiting is called with each of them, if it is not nil.
	Waiting func(hold.Installer)
	// Poll is how often is looked whether they still run; 0 is a second.
	Poll time.Duration
}

// Answer is what a host holds: a mark.
type Answer struct {
	Host    string
	Machine string
	UID     int
	Version string
	// Unseen are the caches of the round that the host does not see, by their index.
	Unseen []int
	// NoCache is that of the host in the list, and Caches the paths of all caches of the
	// round, on the host that opened it. They are not in the mark.
	NoCache bool
	Caches  []string
	// Holds are, by the index of an entry, what holds it.
	Holds map[int][]hold.Hold
	// Paths are those of the entries in Holds, on this host. They are not in the mark.
	Paths map[int]string
	// Problems are what the plan told, for whoever ran it. They are not in the mark.
	Problems meta.Problems
}

// What may be wrong with a mark.
var (
	ErrNotFenced = errors.New("not everything is fenced yet; the round is being opened, or that was interrupted")
	ErrEnded     = errors.New("the round has ended")
	ErrMark      = errors.New("not a mark of this round, or not whole")
)

// UnseenError says that a host does not see a cache of the round.
type UnseenError struct {
	Host, Cache string
}

func (e *UnseenError) Error() string {
	return fmt.Sprintf("%s does not see the cache %s of the round", e.Host, e.Cache)
}

// Mark answers, for this host, what its environments hold of what the round in the
// folder dir has fenced. It returns when the answer is on the disk. An error leaves no
// mark, or the one that was there before.
func Mark(ctx context.Context, dir string, o MarkOptions) (*Answer, error) {
	f, r, err := openRound(dir, true, o.Before)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	switch {
	case r.End != nil:
		return nil, &FolderError{dir, ErrEnded}
	case !r.Fenced:
		return nil, &FolderError{dir, ErrNotFenced}
	}
	host, err := named(r.Hosts, o.Host)
	if err != nil {
		return nil, err
	}
	a := &Answer{Host: host.Name, Machine: o.Machine, UID: uid(), Version: o.Version, NoCache: host.NoCache, Holds: map[int][]hold.Hold{}}
	err = o.ask(ctx, r, a, func(caches []string) []string {
		here := make([]string, len(r.Caches))
		for i := range r.Caches {
			a.Caches = append(a.Caches, r.Caches[i].Path)
			if here[i] = r.seen(i, caches); here[i] == "" {
				a.Unseen = append(a.Unseen, i)
			}
		}
		return here
	})
	if err != nil {
		return nil, err
	}
	return a, f.write(filepath.Join(marksName, host.Name), markProtocol, a.messages(r.mark))
}

// seen is where a cache of the round is on this host, "" for nowhere. It is known by
// the lease in it: paths and devices differ between hosts.
func (r *Round) seen(number int, paths []string) string {
	c := r.Caches[number]
	for _, path := range append([]string{c.Path}, paths...) {
		for _, path := range []string{path, filepath.Join(path, filepath.Base(c.Path))} {
			if r.isLeased(path, number) {
				return path
			}
		}
	}
	return ""
}

// isLeased says whether the folder at path is a cache of the round.
func (r *Round) isLeased(path string, number int) bool {
	dir, err := walk.Open(path)
	if err != nil {
		return false
	}
	defer dir.Close()
	l, err := fence.ReadLease(dir)
	return err == nil && l != nil && l.Nonce == r.leaseNonce(number)
}

// ask adds to the answer what the environments of this host hold. The function locate
// gets the caches of this host, and returns the paths of the round's caches here. A path
// is "" if the host does not have the cache.
func (o *Asking) ask(ctx context.Context, r *Round, a *Answer, locate func(caches []string) []string) error {
	found, err := o.Find(ctx)
	if err != nil {
		return err
	}
	here := locate(found)
	// An installer that starts after this look meets the fence. One that started before
	// may still have found what the host remembered of the server.
	unmet, err := r.meet(ctx, here)
	if err != nil {
		return err
	}
	older, waited, err := o.await(ctx)
	if err != nil {
		return err
	}
	if waited {
		if _, err := o.Find(ctx); err != nil {
			return err
		}
	}
	asked := &cache.Round{Nonce: r.Nonce, Items: map[string][]fence.Item{}, Older: older}
	var caches []meta.Value
	for i, path := range here {
		if path != "" {
			asked.Items[path] = r.items(i)
			caches = append(caches, meta.Value{Path: path, Source: "the round"})
		}
	}
	if len(caches) == 0 {
		return ctx.Err()
	}
	plan, err := o.Plan(ctx, asked, caches, r.KeepInstalled)
	if err != nil {
		return err
	}
	// That this process could not remove something matters to who closes the round alone.
	a.Problems = slices.DeleteFunc(slices.Clone(plan.Problems), func(p meta.Problem) bool { return p.Code == cache.CodeForeignFolder })
	a.Paths = map[int]string{}
	free, kept := map[string]uint64{}, map[string][]hold.Hold{}
	for _, e := range plan.Remove {
		free[e.Path()] = e.Stat.ID.Ino
	}
	for _, k := range plan.Kept {
		if k.Holds[0].Reason == cache.Sealed {
			free[k.Entry.Path()] = k.Entry.Stat.ID.Ino // who removes it may be able to
		} else {
			kept[k.Entry.Path()] = k.Holds
		}
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		dir := here[e.Cache]
		if e.Package == nil || e.Unfenced != "" || dir == "" {
			continue
		}
		path := (&cache.Entry{Dir: dir, Name: string(e.Name)}).Path()
		ino, isFree := free[path]
		switch holds := kept[path]; {
		case unmet[i]:
			a.Holds[i] = []hold.Hold{{Reason: hold.UnreadableEntry, Err: ErrAnother}}
		case len(holds) > 0:
			a.Holds[i] = slices.Clone(holds[:min(len(holds), maxHolds)])
		case !isFree || ino != e.Ino:
			a.Holds[i] = []hold.Hold{{Reason: hold.UnreadableEntry, Err: ErrAnother}}
		}
		if len(a.Holds[i]) > 0 {
			a.Paths[i] = path
		}
	}
	return ctx.Err()
}

// ErrAnother is why gclean keeps an entry that is not the one that was fenced. Either an
// installer has brought it again, or this host does not see the fence.
var ErrAnother = errors.New("it is not what was fenced, as this host sees it")

// meet looks at everything that is fenced, past what this host remembers of the server of
// a network file system. What it does not find fenced is unmet.
func (r *Round) meet(ctx context.Context, here []string) (unmet map[int]bool, err error) {
	unmet = map[int]bool{}
	for number, path := range here {
		if path == "" {
			continue
		}
		if above, err := walk.Open(filepath.Dir(path)); err == nil {
			_, _ = above.Look(filepath.Base(path)) // what is wrong is found by who opens it
			above.Close()
		}
		dir, err := walk.Open(path)
		if err != nil {
			return nil, err
		}
		for i := range r.Entries {
			e := &r.Entries[i]
			if e.Cache == number && e.Unfenced == "" && ctx.Err() == nil && !fence.Fenced(dir, &e.Item) {
				unmet[i] = true
			}
		}
		dir.Close()
	}
	return unmet, ctx.Err()
}

// await waits for the installers that run now: the fence is older than this moment, so
// whoever starts later meets it. It returns those that still run, and whether any was
// waited for.
func (o *Asking) await(ctx context.Context) (older []hold.Installer, waited bool, err error) {
	system := o.System
	if system == nil {
		system = hold.ReadSystem
	}
	sys := system()
	older = hold.Installers(sys.Processes, sys.Own)
	poll := o.Poll
	if poll == 0 {
		poll = time.Second
	}
	deadline := time.Now().Add(o.Timeout)
	told := false
	for len(older) > 0 {
		if !time.Now().Before(deadline) {
			return older, true, nil
		}
		if o.Waiting != nil && !told {
			for _, i := range older {
				o.Waiting(i)
			}
			told = true
		}
		waited = true
		select {
		case <-ctx.Done():
			return nil, true, ctx.Err()
		case <-time.After(poll):
		}
		sys := system()
		now := hold.Installers(sys.Processes, sys.Own)
		older = slices.DeleteFunc(older, func(o hold.Installer) bool {
			return !slices.ContainsFunc(now, func(n hold.Installer) bool { return n.PID == o.PID && n.Started.Equal(o.Started) })
		})
	}
	return nil, waited, nil
}
