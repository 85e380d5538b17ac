package fence

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"gclean/internal/asuser/wire"
	"gclean/walk"
)

// Names in a cache.
const (
	OwnDir    = ".gclean" // what gclean keeps in a cache
	LeaseName = "round.lease"
	RoundDir  = "round"
	itemsName = "items"
)

// protocol is that of the lease and of the list of items; the version is of both.
const (
	protocol = "gclean-fence"
	version  = 1
)

// Before is asked before each change of the file system; its error takes the place of
// the change. It is there for tests of faults. nil allows all.
type Before func(op, path string) error

func (b Before) ask(op, path string) error {
	if b == nil {
		return nil
	}
	return b(op, path)
}

// Lease says which round has a cache. Its text is for people; the nonce alone says
// whose it is.
type Lease struct {
	Nonce string    `json:"nonce"`
	Host  string    `json:"host"`
	PID   int       `json:"pid"`
	User  string    `json:"user"`
	Dir   wire.Path `json:"dir"` // the folder of the round, on Host
}

// HeldError says that a cache is leased by another round.
type HeldError struct {
	Cache string
	Lease Lease
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s: a round is open here already: opened by %s on %s (pid %d), its folder is %s", e.Cache, e.Lease.User, e.Lease.Host, e.Lease.PID, e.Lease.Dir)
}

// ErrNoLinks says that a file system has no hard links, which a lease is made of.
var ErrNoLinks = errors.New("the file system has no hard links: no round can be held here")

// maxLease bounds what is read of a lease, in bytes.
const maxLease = 64 << 10

// ReadLease reads the lease of a cache. It is nil if the cache has no lease.
func ReadLease(cache *walk.Dir) (*Lease, error) {
	_, _ = cache.Look(OwnDir) // what is wrong is found by who opens it
	own, err := cache.OpenDir(OwnDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer own.Close()
	_, _ = own.Look(LeaseName)
	f, err := own.OpenFile(LeaseName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	l := new(Lease)
	dec := wire.NewDecoder(io.LimitReader(f, maxLease), protocol, version)
	if err := dec.Decode(l); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return l, nil
}

// Take leases a cache. Who has the lease already has it still. The error is a
// *HeldError where another round has it.
//
// The lease is a hard link to a complete file with a name of its own. On NFS, link(2) is
// the one call that excludes other hosts, whatever their clocks and locks. If its answer
// is lost, the link count says whether the link was made.
func Take(cache *walk.Dir, l Lease, before Before) error {
	if have, err := ReadLease(cache); err != nil {
		return err
	} else if have != nil {
		if have.Nonce == l.Nonce {
			return nil
		}
		return &HeldError{cache.Path(), *have}
	}
	own, err := makeDir(cache, OwnDir, before)
	if err != nil {
		return err
	}
	defer own.Close()
	tmp := LeaseName + "." + l.Nonce                 // which nobody else has
	if err := unlink(own, tmp, before); err != nil { // of a run that was killed
		return err
	}
	if err := writeFile(own, tmp, []any{&l}, before); err != nil {
		return err
	}
	linked, err := link(own, tmp, before)
	if failed := unlink(own, tmp, before); err == nil {
		err = failed
	}
	if err != nil || linked {
		return err
	}
	have, err := ReadLease(cache)
	if err == nil && have == nil {
		err = fmt.Errorf("%s: another round was closed just now; try again", cache.Path())
	}
	if err == nil {
		err = &HeldError{cache.Path(), *have}
	}
	return err
}

// link makes the lease of tmp, and says whether it is one.
func link(own *walk.Dir, tmp string, before Before) (bool, error) {
	if err := before.ask("link", filepath.Join(own.Path(), LeaseName)); err != nil {
		return false, err
	}
	failed := own.Link(tmp, own, LeaseName)
	if errors.Is(failed, errors.ErrUnsupported) || errors.Is(failed, fs.ErrPermission) {
		return false, fmt.Errorf("%s: %w", own.Path(), ErrNoLinks)
	}
	// The answer may have been lost on the way: what counts is the number of links.
	st, err := own.Look(tmp)
	if err != nil {
		return false, err
	}
	if st.Nlink == 2 {
		return true, own.Sync()
	}
	if failed != nil && !errors.Is(failed, fs.ErrExist) {
		return false, failed
	}
	return false, nil
}

// makeDir opens the folder name in dir, and makes it if it does not exist.
func makeDir(dir *walk.Dir, name string, before Before) (*walk.Dir, error) {
	sub, err := dir.OpenDir(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return sub, err
	}
	if err := before.ask("mkdir", filepath.Join(dir.Path(), name)); err != nil {
		return nil, err
	}
	if err := dir.MkdirLike(name); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, err
	}
	return dir.OpenDir(name)
}

// writeFile writes messages to the new file name, and returns when they are on the disk.
func writeFile(dir *walk.Dir, name string, messages []any, before Before) error {
	if err := before.ask("create", filepath.Join(dir.Path(), name)); err != nil {
		return err
	}
	var data bytes.Buffer
	enc := wire.NewEncoder(&data, protocol, version)
	for _, m := range messages {
		if err := enc.Encode(m); err != nil {
			return fmt.Errorf("%s: %w", filepath.Join(dir.Path(), name), err)
		}
	}
	return dir.WriteNew(name, data.Bytes())
}

// unlink removes a file, which may be gone.
func unlink(dir *walk.Dir, name string, before Before) error {
	if _, err := dir.Lstat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := before.ask("unlink", filepath.Join(dir.Path(), name)); err != nil {
		return err
	}
	if err := dir.Unlink(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
