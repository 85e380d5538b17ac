// Package lease keeps other hosts out of a folder that several have. flock and fcntl
// exclude other hosts only where the file system and its mount options say so; NFS with
// nolock and Lustre without flock do not. link(2) excludes them everywhere: the server
// makes a name once.
//
//	l, err := lease.Take(dir, ".gclean.lease", lease.Self(time.Now()), nil)
//	if held := (*lease.HeldError)(nil); errors.As(err, &held) {
//		fmt.Println(held.Holder.Host)
//	}
//	defer l.Release()
//
// A lease says who has it: host, boot, process and since when. It outlives its process if
// that is killed. Take breaks a lease only if this kernel knows that the process is gone:
// the lease has the name and the boot ID of this host, and no such process runs. No
// clocks are compared. A lease of another host is broken by people alone.
//
// Processes of one host have to exclude each other by a lock before they call Take: else
// two of them may break the same lease.
package lease

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gclean/walk"
)

// Holder says who has a lease.
type Holder struct {
	Host    string    `json:"host"`
	Boot    string    `json:"boot,omitempty"`          // what the kernel calls this boot; "" where it does not
	PIDs    string    `json:"pid_namespace,omitempty"` // in which PID counts
	PID     int       `json:"pid"`
	Started string    `json:"started,omitempty"` // by the kernel's count: another process may get PID
	Since   time.Time `json:"since"`             // by the clock of Host, to be shown
	Nonce   string    `json:"nonce"`             // of one Take: inode numbers are used again
}

// Self is this process as a holder.
func Self(now time.Time) Holder {
	host, _ := os.Hostname() // a lease without the name excludes as well
	h := Holder{Host: host, PID: os.Getpid(), Since: now.UTC().Truncate(time.Second)}
	h.Boot, h.PIDs = thisBoot()
	h.Started, _ = startOf(h.PID)
	return h
}

// String is "gclean on a (pid 7) since 2026-11-27 04:05:06 UTC".
func (h Holder) String() string {
	return fmt.Sprintf("gclean on %s (pid %d) since %s", h.Host, h.PID, h.Since.Format("2006-01-02 15:04:05 MST"))
}

// HolderOf is who has the lease at path.
func HolderOf(path string) (Holder, error) {
	dir, err := walk.Open(filepath.Dir(path))
	if err != nil {
		return Holder{}, err
	}
	defer dir.Close()
	t := taking{dir: dir, name: filepath.Base(path)}
	return t.read()
}

// HeldError says that somebody else has a lease. It is walk.ErrLocked.
type HeldError struct {
	Path   string
	Holder Holder
	// Damaged is why the holder is not known, nil where it is. A server that crashes may
	// keep the name and lose the text, while the holder goes on.
	Damaged error
}

func (e *HeldError) Error() string {
	if e.Damaged != nil {
		return fmt.Sprintf("%s: held by an unknown gclean: %v", e.Path, e.Damaged)
	}
	return e.Path + ": held by " + e.Holder.String()
}

// Unwrap is walk.ErrLocked.
func (e *HeldError) Unwrap() error { return walk.ErrLocked }

// Lease is a lease that is held until Release.
type Lease struct {
	dir  *walk.Dir
	name string
	self Holder
	kept bool
}

// most is how long a lease may be, in bytes.
const most = 64 << 10

// Take takes the lease name in dir without waiting. before is asked before each change of
// the file system; nil allows all. The error is a *HeldError where another has the lease,
// walk.ErrLocked where it changes hands right now, and walk.ErrNoLocks where the file
// system has no hard links.
func Take(dir *walk.Dir, name string, self Holder, before func(op, path string) error) (*Lease, error) {
	t := taking{dir: dir, name: name, before: before}
	held, err := t.read()
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, err
	case !held.gone(self, startOf):
		return nil, &HeldError{Path: filepath.Join(dir.Path(), name), Holder: held}
	default:
		if err := t.drop(held); err != nil {
			return nil, err
		}
	}
	return t.take(self)
}

// gone says whether the process of a lease is known to have ended. started is when a
// process was started, and whether there is one, by this host's kernel.
func (h Holder) gone(self Holder, started func(pid int) (when string, runs bool)) bool {
	if h.Boot == "" || h.Boot != self.Boot || h.Host != self.Host || h.PIDs != self.PIDs {
		return false
	}
	when, runs := started(h.PID)
	return !runs || when != "" && h.Started != "" && when != h.Started
}

// taking is one call of Take.
type taking struct {
	dir    *walk.Dir
	name   string
	before func(op, path string) error
}

func (t *taking) ask(op, name string) error {
	if t.before == nil {
		return nil
	}
	return t.before(op, filepath.Join(t.dir.Path(), name))
}

// read is who has the lease.
func (t *taking) read() (h Holder, err error) {
	if _, err := t.dir.Look(t.name); err != nil {
		return h, t.lost(err)
	}
	f, err := t.dir.OpenFile(t.name)
	if err != nil {
		return h, t.lost(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return h, t.lost(err)
	}
	if err := json.Unmarshal(data, &h); err != nil {
		return Holder{}, &HeldError{Path: f.Name(), Damaged: err}
	}
	return h, nil
}

// lost is err, or ErrLocked where it says that the file went while it was read.
func (t *taking) lost(err error) error {
	if errors.Is(err, syscall.ESTALE) {
		return walk.ErrLocked
	}
	return err
}

// drop removes the lease of h, which is to go. One that somebody else has by now stays.
func (t *taking) drop(h Holder) error {
	if err := t.ask("unlink", t.name); err != nil {
		return err
	}
	switch held, err := t.read(); {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case held.Nonce != h.Nonce:
		return walk.ErrLocked
	}
	return t.dir.Unlink(t.name)
}

// take makes the lease: a file of its own, complete, gets its name as a second link.
func (t *taking) take(self Holder) (*Lease, error) {
	self.Nonce = rand.Text()
	data, err := json.Marshal(self)
	if err != nil {
		return nil, err
	}
	tmp := t.name + "." + self.Nonce
	if err := t.ask("create", tmp); err != nil {
		return nil, err
	}
	if err := t.write(tmp, append(data, '\n')); err != nil {
		return nil, err
	}
	err = t.link(tmp)
	if t.ask("unlink", tmp) == nil {
		_ = t.dir.Unlink(tmp) // the next run removes it
	}
	if err != nil {
		return nil, err
	}
	return &Lease{dir: t.dir, name: t.name, self: self}, nil
}

// write makes a file that all can read who can read the folder.
func (t *taking) write(name string, data []byte) error {
	root, err := t.dir.AsRoot()
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		err = errors.Join(err, root.Remove(name))
	}
	return err
}

// link makes the lease of tmp. The answer of link(2) may be lost on the way and the call
// repeated, so the number of links decides.
func (t *taking) link(tmp string) error {
	if err := t.ask("link", t.name); err != nil {
		return err
	}
	failed := t.dir.Link(tmp, t.dir, t.name)
	st, err := t.dir.Look(tmp)
	switch {
	case err == nil && (failed == nil || st.Nlink == 2):
		return nil
	case errors.Is(failed, fs.ErrExist):
		held, err := t.read()
		if errors.Is(err, fs.ErrNotExist) {
			return walk.ErrLocked // it was given up, or is not seen yet
		}
		if err != nil {
			return err
		}
		return &HeldError{Path: filepath.Join(t.dir.Path(), t.name), Holder: held}
	case errors.Is(failed, errors.ErrUnsupported), errors.Is(failed, fs.ErrPermission):
		return errors.Join(walk.ErrNoLocks, failed)
	}
	return errors.Join(failed, err)
}

// Name is the name of the lease.
func (l *Lease) Name() string { return l.name }

// Removes says whether Unlock gives the lease up: always, unless Remove was told
// otherwise.
func (l *Lease) Removes() bool { return !l.kept }

// Remove sets whether Unlock gives the lease up.
func (l *Lease) Remove(yes bool) { l.kept = !yes }

// Unlock gives the lease up. One that somebody has removed and taken since stays.
func (l *Lease) Unlock() error {
	if l.kept {
		return nil
	}
	t := taking{dir: l.dir, name: l.name}
	if err := t.drop(l.self); !errors.Is(err, walk.ErrLocked) {
		return err
	}
	return nil
}

// IsLeftover says whether a name is of a file that a run has left which was killed while
// it took the lease name.
func IsLeftover(file, name string) bool {
	random, ok := strings.CutPrefix(file, name+".")
	return ok && len(random) >= 26 && strings.Trim(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
