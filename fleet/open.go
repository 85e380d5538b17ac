package fleet

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/removal"
	"gclean/internal/asuser/wire"
	"gclean/internal/order"
	"gclean/meta/dist"
	"gclean/walk"
)

// OpenOptions are those of Open.
type OpenOptions struct {
	// Plan makes the plan of what an ordinary run on this host would remove. Its archives
	// and packages are the candidates.
	Plan          func(ctx context.Context) (*cache.Plan, error)
	Hosts         []Host
	Without       []string // hosts that nobody waits for
	Policy        string   // what was asked for, as text
	KeepInstalled bool
	Host, User    string // this host, and who opens the round, for people
	// Owner names a user, for people.
	Owner func(uid uint32) string
	// Lock says how locks of installers are waited for, while their cache is fenced.
	Lock   removal.Waiting
	Now    func() time.Time
	Before fence.Before

	plan *cache.Plan
}

// ErrNothing says that there is nothing to ask other hosts about.
var ErrNothing = errors.New("there is nothing to remove, so no host needs to be asked")

// OpenError says that a round was not opened, and that everything is as it was, except
// for what Left says.
type OpenError struct {
	Err  error
	Left error // why something could not be put back; nil if all is
}

func (e *OpenError) Error() string {
	if e.Left != nil {
		return fmt.Sprintf("%v; and not everything could be put back: %v", e.Err, e.Left)
	}
	return e.Err.Error()
}

// Unwrap gives both.
func (e *OpenError) Unwrap() []error { return []error{e.Err, e.Left} }

// Open opens a round in the folder at dir, which it creates if it does not exist. It
// first puts back what a run has left there that was killed while it opened a round. If
// Open fails, everything is put back, unless the error is that of Before.
func Open(ctx context.Context, dir string, o OpenOptions) (*Round, error) {
	for _, name := range o.Without {
		if (&Round{Hosts: o.Hosts}).host(name) == nil {
			return nil, &HostError{name, o.Hosts}
		}
	}
	f, err := makeFolder(dir, o.Before)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := f.vacate(ctx, o.Host); err != nil {
		return nil, err
	}
	r, err := o.planned(ctx, f)
	if err != nil {
		if f.made {
			_ = os.Remove(dir)
		}
		return nil, err
	}
	if err := o.open(ctx, f, r); err != nil {
		return nil, &OpenError{err, f.undo(ctx, r)}
	}
	return r, nil
}

// planned is the round that the plan makes.
func (o *OpenOptions) planned(ctx context.Context, f *folder) (r *Round, err error) {
	if o.plan, err = o.Plan(ctx); err != nil {
		return nil, err
	}
	for _, c := range o.plan.Caches {
		if f.isIn(c.ID) {
			return nil, &FolderError{f.Path(), ErrInCache}
		}
	}
	if r = o.round(f.Path()); len(r.Entries) == 0 {
		return nil, ErrNothing
	}
	return r, nil
}

// vacate makes the folder one in which a round can be opened: empty, or left by a run
// that was killed, whose process is gone.
func (f *folder) vacate(ctx context.Context, host string) error {
	switch r, err := f.load(); {
	case err == nil && r.End != nil:
		return &FolderError{f.Path(), ErrEnded}
	case err == nil && r.Fenced:
		return &FolderError{f.Path(), ErrOpen}
	}
	items, err := f.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		own := strings.HasPrefix(it.Name, ".") && strings.HasSuffix(it.Name, ".tmp") || it.Name == marksName
		if !own && it.Name != roundName {
			return &FolderError{f.Path(), ErrNotEmpty}
		}
	}
	if r, err := f.load(); err == nil {
		if isRunning(r, host) {
			return &FolderError{f.Path(), fmt.Errorf("gclean (pid %d) on %s may be opening a round in it", r.PID, r.Host)}
		}
		if err := r.restoreAll(ctx, f.before); err != nil {
			return err
		}
	} else if !errors.Is(err, ErrNoRound) {
		return err
	}
	return f.empty()
}

// isRunning says whether the process that opened a round may still run, as seen from a
// host: it does, or it is on another one.
func isRunning(r *Round, host string) bool {
	if host == "" || host != r.Host {
		return true
	}
	return r.PID != os.Getpid() && processRuns(r.PID)
}

// empty removes what a round that was never open has left.
func (f *folder) empty() error {
	root, err := f.AsRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	items, err := f.ReadDir()
	if err != nil {
		return err
	}
	for _, it := range items {
		if err := f.ask("unlink", it.Name); err != nil {
			return err
		}
		if err := root.RemoveAll(it.Name); err != nil {
			return err
		}
	}
	return nil
}

// open does it, step by step.
func (o *OpenOptions) open(ctx context.Context, f *folder, r *Round) error {
	if err := f.ask("mkdir", marksName); err != nil {
		return err
	}
	if err := f.Mkdir(marksName, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if err := f.write(roundName, roundProtocol, r.messages()); err != nil {
		return err
	}
	for i := range r.Caches {
		if err := o.fence(ctx, r, i); err != nil {
			return err
		}
	}
	r.Fenced, r.mark = true, rand.Text()
	return f.write(fencedName, fencedProtocol, r.fencedMessages())
}

// fence leases one cache and puts its entries out of sight. What is not as it was
// planned any more, or cannot be moved, stays and is no candidate.
func (o *OpenOptions) fence(ctx context.Context, r *Round, number int) error {
	loc := o.location(r.Caches[number].Path)
	dir, err := walk.Open(loc.Path)
	if err != nil {
		return err
	}
	defer dir.Close()
	if dir.ID() != loc.ID {
		return fmt.Errorf("%s: %w", loc.Path, walk.ErrChanged)
	}
	lease := fence.Lease{Nonce: r.leaseNonce(number), Host: r.Host, PID: r.PID, User: r.User, Dir: wire.Path(r.Dir)}
	if err := fence.Take(dir, lease, o.Before); err != nil {
		return err
	}
	if err := fence.Write(dir, lease.Nonce, r.items(number), o.Before); err != nil {
		return err
	}
	// An installer that has its cache locked is waited for: it may be in the middle of
	// extracting something.
	o.Lock.Before = o.Before
	held, _, err := removal.Lock(ctx, dir, loc, &o.Lock, nil)
	if err != nil {
		return err
	}
	defer held.Unlock()
	failed := map[string]error{} // by folder and distribution
	for _, archives := range []bool{true, false} {
		for i := range r.Entries {
			e := &r.Entries[i]
			if e.Cache != number || (e.Kind == fence.Archive) != archives {
				continue
			}
			if err := ctx.Err(); err != nil {
				return err
			}
			err := failed[e.whole()]
			if err == nil {
				err = o.fenceOne(dir, e)
			}
			if refused := (*beforeError)(nil); errors.As(err, &refused) {
				return err
			}
			if err != nil {
				// Without its archive, the package would be removed and extracted anew
				// by conda: it stays as a whole.
				failed[e.whole()] = err
				e.Unfenced = err.Error()
			}
		}
	}
	for i := range r.Entries {
		e := &r.Entries[i]
		if err := failed[e.whole()]; e.Cache == number && err != nil {
			e.Unfenced = err.Error()
			if _, err := fence.Restore(dir, &e.Item, o.Before); err != nil {
				return err
			}
		}
	}
	return nil
}

// beforeError is an error of OpenOptions.Before.
type beforeError struct{ error }

// fenceOne fences an entry, if it is what was planned.
func (o *OpenOptions) fenceOne(dir *walk.Dir, e *Entry) error {
	before := fence.Before(func(op, path string) error {
		if o.Before == nil {
			return nil
		}
		if err := o.Before(op, path); err != nil {
			return &beforeError{err}
		}
		return nil
	})
	if err := fence.Set(dir, &e.Item, before); err != nil {
		return err
	}
	if !fence.Fenced(dir, &e.Item) {
		return fmt.Errorf("%s: %w", e.Name, fence.ErrOther)
	}
	return nil
}

// whole is what an entry is of: an archive and the package of the same name belong
// together.
func (e *Entry) whole() string {
	name := string(e.Name)
	if e.Kind == fence.Archive {
		name = path.Join(path.Dir(name), dist.OfArchive(path.Base(name)))
	}
	return fmt.Sprintf("%d/%s", e.Cache, name)
}

// undo puts everything back after a failure.
func (f *folder) undo(ctx context.Context, r *Round) error {
	if err := r.restoreAll(context.WithoutCancel(ctx), f.before); err != nil {
		return err
	}
	return f.empty()
}

// location is the cache at a path.
func (o *OpenOptions) location(path string) cache.Location {
	for _, c := range o.plan.Caches {
		if c.Path == path {
			return c
		}
	}
	return cache.Location{Path: path}
}

// round is what the plan makes of it.
func (o *OpenOptions) round(dir string) *Round {
	now := time.Now
	if o.Now != nil {
		now = o.Now
	}
	r := &Round{
		Nonce: rand.Text(), Dir: dir, Host: o.Host, User: o.User, PID: os.Getpid(), Opened: now(), Policy: o.Policy,
		Hosts: o.Hosts, Without: o.Without, KeepInstalled: o.KeepInstalled,
	}
	numbers := map[string]int{}
	for _, e := range o.plan.Remove {
		p := o.plan.Package(e)
		isPackage := e.Category == cache.Packages && p != nil && e.Stat.Mode.IsDir()
		isArchive := e.Category == cache.Tarballs && e.Stat.Mode.IsRegular()
		if e.User != "" || !isPackage && !isArchive {
			continue
		}
		number, known := numbers[e.Dir]
		if !known {
			number = len(r.Caches)
			numbers[e.Dir] = number
			loc := o.location(e.Dir)
			r.Caches = append(r.Caches, Cache{e.Dir, loc.Family, loc.ID.Ino})
		}
		entry := Entry{
			Cache: number, Item: fence.Item{Kind: fence.Archive, Name: wire.Path(e.Name), Ino: e.Stat.ID.Ino},
			Apparent: e.Usage.Apparent, Freed: e.Usage.Freed(), Inodes: e.Usage.Inodes, UID: e.Stat.UID, Because: e.Because,
		}
		if isPackage {
			entry.Kind, entry.Index, entry.Package = fence.Package, wire.Path(p.Index), p
		}
		if o.Owner != nil {
			entry.Owner = o.Owner(e.Stat.UID)
		}
		r.Entries = append(r.Entries, entry)
	}
	r.addCompanions()
	order.By(r.Entries, func(a, b Entry) int {
		if a.Cache != b.Cache {
			return a.Cache - b.Cache
		}
		return strings.Compare(string(a.Name), string(b.Name))
	})
	for i := range r.Entries {
		r.Entries[i].Number = i
	}
	return r
}

// addCompanions adds the archives of packages that are no candidates themselves.
func (r *Round) addCompanions() {
	have := map[string]bool{}
	for i := range r.Entries {
		have[r.Path(i)] = true
	}
	for i := range r.Entries {
		e := r.Entries[i]
		if e.Kind != fence.Package {
			continue
		}
		for _, ending := range dist.Endings() {
			name := string(e.Name) + ending
			path := filepath.Join(r.Caches[e.Cache].Path, filepath.FromSlash(name))
			st, err := lstat(path)
			if have[path] || err != nil || !st.Mode.IsRegular() {
				continue
			}
			r.Entries = append(r.Entries, Entry{
				Cache: e.Cache, Item: fence.Item{Kind: fence.Archive, Name: wire.Path(name), Ino: st.ID.Ino}, Companion: true, UID: st.UID, Owner: e.Owner,
			})
		}
	}
}

// lstat describes the name at path, which is not followed.
func lstat(path string) (walk.Stat, error) {
	dir, err := walk.Open(filepath.Dir(path))
	if err != nil {
		return walk.Stat{}, err
	}
	defer dir.Close()
	return dir.Lstat(filepath.Base(path))
}
