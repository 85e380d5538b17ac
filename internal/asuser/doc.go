// Package asuser runs gclean as another user, so that the kernel decides what it may do
// in that user's name.
//
//	p, err := asuser.Start(ctx, account, limits, "serve-user")
//	... write questions to p.In, read answers from p.Out ...
//	err = p.Wait()
//
// The child runs the same file as this process, by /proc/self/exe. It does not matter if
// the binary is replaced in the meantime, or if the user cannot enter its folder. Without
// /proc, there is no child. The child gets
//
//   - the user's uid, gid and groups, in all their forms, and no capabilities;
//   - no_new_privs, so that no set-uid program gives it more;
//   - a pipe to read and one to write, one for its errors, and nothing else that is open;
//   - a session of its own, the root as its working folder, and six variables;
//   - limits, and the end by SIGKILL when the thread that started it dies.
//
// The child starts as root and becomes the user itself. It first calls Confine, which
// changes the uid and sets the limits and the rest. Confine refuses to continue as any
// other user. So the user can never stop a process that root waits for.
//
// The user can stop and end the child, but cannot trace it or take its pipes. Root must
// still treat its output as text that the user wrote, because the user writes what the
// child reads. Package wire reads it, within limits. After the child has ended, nothing
// waits for other processes that have its pipes.
//
// This needs only CAP_SETUID and CAP_SETGID. Without CAP_KILL, a thread that has taken
// the child's uid ends the child. Then the child also dies with its parent only because
// its input ends.
package asuser

import (
	"errors"
	"fmt"
	"time"
)

// Account is the user that a process runs as.
type Account struct {
	Name     string
	UID, GID uint32
	Groups   []uint32 // in addition to GID
	Home     string
}

// Limits restrict what a child may use. 0 means no limit.
type Limits struct {
	Memory   int64         // bytes, in addition to what a child has when it starts; includes garbage
	Files    int           // open files at a time
	CPU      time.Duration // processor time, rounded up to seconds
	FileSize int64         // bytes of a file that it writes
}

// Reasons why there is no process for an account.
var (
	ErrRoot     = errors.New("is root")
	ErrNoHome   = errors.New("has no home")
	ErrNoID     = errors.New("has an invalid ID")
	ErrTooMany  = fmt.Errorf("is in more than %d groups", maxGroups)
	ErrNoProcFS = errors.New("there is no /proc")
	ErrNoRight  = errors.New("this process lacks CAP_SETUID or CAP_SETGID")
)

// ErrNotStarted says that a process was not started by Start.
var ErrNotStarted = errors.New("only gclean itself starts this, as another user")

// maxGroups is how many groups fit into a variable, which has at most 128 KiB on Linux.
const maxGroups = 8192

// AccountError says for which user something failed.
type AccountError struct {
	Name string
	Err  error
}

func (e *AccountError) Error() string { return fmt.Sprintf("user %s: %v", e.Name, e.Err) }

// Unwrap returns what failed.
func (e *AccountError) Unwrap() error { return e.Err }
