// Package asuser runs gclean as another user, so that the kernel decides what is
// done in that user's name.
//
//	p, err := asuser.Start(ctx, account, limits, "serve-user")
//	... write questions to p.In, read answers from p.Out ...
//	err = p.Wait()
//
// The child is the very file that runs, as /proc/self/exe has it: a binary that is
// replaced meanwhile, or in a folder that the user cannot enter, is no matter. Without
// /proc there is no child. It gets
//
//   - the user's uid, gid and groups, in all their forms, and no capabilities;
//   - no_new_privs, so that no set-uid program gives it more;
//   - a pipe to read and one to write, one for its errors, and nothing else that is open;
//   - a session of its own, the root as its working folder, and six variables;
//   - limits, and the end by SIGKILL when the thread that started it dies.
//
// The child starts as root and becomes the user itself: the first thing it does is
// Confine, which takes the uid, the limits and the rest, and refuses to go on as anybody
// but who was asked for. So there is no moment at which the user can stop a process
// that root waits for.
//
// Its user can stop and end the child, and cannot trace it or take its pipes. What comes
// out of the pipe is still to be judged as what the user wrote, since the user writes
// what it reads: package wire reads it, in bounds. After the child has ended, nothing
// waits for who else has its pipes.
//
// CAP_SETUID and CAP_SETGID are all that it takes. Without CAP_KILL, a child is ended by
// a thread that has taken its uid, and dies with its parent only because its input ends.
package asuser

import (
	"errors"
	"fmt"
	"time"
)

// Account is the user that a process is started as.
type Account struct {
	Name     string
	UID, GID uint32
	Groups   []uint32 // besides GID
	Home     string
}

// Limits are what a child may use. What is 0 is not limited.
type Limits struct {
	Memory   int64         // bytes besides what a child has when it starts; it is to hold garbage, too
	Files    int           // open at a time
	CPU      time.Duration // of the processor, rounded up to seconds
	FileSize int64         // bytes of a file that it writes
}

// Why there is no process for an account.
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

// maxGroups is how many fit into a variable, of at most 128 KiB on Linux.
const maxGroups = 8192

// AccountError says for whom something failed.
type AccountError struct {
	Name string
	Err  error
}

func (e *AccountError) Error() string { return fmt.Sprintf("user %s: %v", e.Name, e.Err) }

// Unwrap returns what failed.
func (e *AccountError) Unwrap() error { return e.Err }
