// Package lease keeps other hosts out of a folder that several hosts share. flock and fcntl
// exclude other hosts only if the file system and its mount options support it. NFS with
// nolock and Lustre without flock do not. link(2) always excludes them, because the server
// makes a name only once.
//
//	l, err := lease.Take(dir, ".gclean.lease", lease.Self(time.Now()), nil)
//	if held := (*lease.HeldError)(nil); errors.As(err, &held) {
//		fmt.Println(held.Holder.Host)
//	}
//	defer l.Unlock()
//
// A lease says who holds it: host, boot, process and start time. It remains if its process
// is killed. Take breaks a lease only if this kernel knows that the process has ended. The
// lease then has the name and boot ID of this host, and the process does not run. It never
// compares clocks. Only people can break a lease of another host.
//
// Processes of one host must exclude each other by a lock before they call Take. Otherwise
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

// Holder says who holds a lease.
type Holder struct {
	Host    string    `json:"host"`
	Boot    string    `json:"boot,omitempty"`          // the kernel's ID for this boot; "" if unknown
	PIDs    string    `json:"pid_namespace,omitempty"` // namespace in which PID counts
	PID     int       `json:"pid"`
	Started string    `json:"started,omitempty"` // start time as the kernel counts it, since PIDs are reused
	Since   time.Time `json:"since"`             // by the clock of Host, for messages
	Nonce   string    `json:"nonce"`             // unique to one Take, since inode numbers are reused
}

// Self returns this process as a holder.
func Self(now time.Time) Holder {
	host, _ := os.Hostname() // a lease without the name works too
	h := Holder{Host: host, PID: os.Getpid(), Since: now.UTC().Truncate(time.Second)}
	h.Boot, h.PIDs = thisBoot()
	h.Started, _ = startOf(h.PID)
	return h
}

// String returns "gclean on a (pid 7) since 2026-11-27 04:05:06 UTC".
func (h Holder) String() string {
	return fmt.Sprintf("gclean on %s (pid %d) since %s", h.Host, h.PID, h.Since.Format("2006-01-02 15:04:05 MST"))
}

// HolderOf returns the holder of the lease at path.
func HolderOf(path string) (Holder, error) {
	dir, err := walk.Open(filepath.Dir(path))
	if err != nil {
		return Holder{}, err
	}
	defer dir.Close()
	t := taking{dir: dir, name: filepath.Base(path)}
	return t.read()
}

// HeldError says that another process or host holds a lease. errors.Is reports it as
// walk.ErrLocked.
type HeldError struct {
	Path   string
	Holder Holder
	// Damaged is why the holder is unknown, or nil. A server that crashes may keep the name
	// of a lease and lose its text, while the holder continues.
	Damaged error
}

func (e *HeldError) Error() string {
	if e.Damaged != nil {
		return fmt.Sprintf("%s: held by an unknown gclean: %v", e.Path, e.Damaged)
	}
	return e.Path + ": held by " + e.Holder.String()
}

// Unwrap returns walk.ErrLocked.
func (e *HeldError) Unwrap() error { return walk.ErrLocked }

// Lease is a lease that is held until Unlock.
type Lease struct {
	dir  *walk.Dir
	name string
	self Holder
	kept bool
}

// most is the maximum length of a lease, in bytes.
const most = 64 << 10

// Take takes the lease name in dir without waiting. before is called before each change of
// the file system; nil allows everything. The error is a *HeldError if another holds the
// lease, and walk.ErrLocked if it changes hands right now. It is walk.ErrNoLocks if the
// file system has no hard links.
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

// gone reports whether the process of a lease is known to have ended. started returns when
// a process of this host was started, and whether it runs.
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

// read returns the holder of the lease.
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

// lost returns ErrLocked if err means that the file was removed while it was read, else
// err.
func (t *taking) lost(err error) error {
	if errors.Is(err, syscall.ESTALE) {
		return walk.ErrLocked
	}
	return err
}

// drop removes the lease of h. It does not remove a lease that somebody else has taken
// since.
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

// take makes the lease: it writes a complete file and links it to the name of the lease.
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
	if err := t.dir.WriteNew(tmp, append(data, '\n')); err != nil {
		return nil, err
	}
	err = t.link(tmp)
	if t.ask("unlink", tmp) == nil {
		_ = t.dir.Unlink(tmp) // otherwise the next run removes it
	}
	if err != nil {
		return nil, err
	}
	return &Lease{dir: t.dir, name: t.name, self: self}, nil
}

// link links tmp to the name of the lease. The answer of link(2) may get lost and the call
// may be repeated, so the number of links decides.
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
			return walk.ErrLocked // it was released, or is not visible yet
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

// Name returns the name of the lease.
func (l *Lease) Name() string { return l.name }

// Removes reports whether Unlock releases the lease. It does, unless Remove(false) was
// called.
func (l *Lease) Removes() bool { return !l.kept }

// Remove sets whether Unlock releases the lease.
func (l *Lease) Remove(yes bool) { l.kept = !yes }

// Unlock releases the lease. If somebody has removed it and taken it since, that lease
// stays.
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

// IsLeftover reports whether file is left by a run that was killed while it took the lease
// name.
func IsLeftover(file, name string) bool {
	random, ok := strings.CutPrefix(file, name+".")
	return ok && len(random) >= 26 && strings.Trim(random, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") == ""
}
