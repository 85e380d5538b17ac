package asuser

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Process is a child that runs as another user.
type Process struct {
	In  io.WriteCloser // its standard input
	Out io.Reader      // its standard output, up to its end, even if others have it open

	ctx     context.Context
	account Account
	cmd     *exec.Cmd
	stderr  limited
	limits  Limits
	done    chan struct{} // closed when the child has ended and err is set
	err     error
}

// errorWait is how long to wait for the child's last error output after its end, if
// another process holds that pipe open.
const errorWait = 100 * time.Millisecond

// Start starts gclean as another user. args follow its name. They are not secret, and the
// child's main must call Confine. The child ends with ctx.
//
// The error is an *AccountError. It is fs.ErrPermission if this process may not become
// that user.
func Start(ctx context.Context, a Account, l Limits, args ...string) (*Process, error) {
	p, err := start(ctx, a, l, args)
	if err != nil {
		return nil, &AccountError{a.Name, err}
	}
	return p, nil
}

func start(ctx context.Context, a Account, l Limits, args []string) (*Process, error) {
	if err := errors.Join(a.check(), ctx.Err()); err != nil {
		return nil, err
	}
	if !isProc("/proc/self") { // an image may have its own file there
		return nil, ErrNoProcFS
	}
	sets, err := capabilities()
	if err != nil {
		return nil, err
	}
	if sets[0].Effective&becoming != becoming {
		return nil, fmt.Errorf("%w: %w", ErrNoRight, fs.ErrPermission)
	}
	if err := closeOnExec(); err != nil {
		return nil, err
	}
	pipes, err := newPipes()
	if err != nil {
		return nil, err
	}
	p := &Process{In: pipes.in, Out: &output{pipes.out}, ctx: ctx, account: a, limits: l, done: make(chan struct{})}
	p.cmd = exec.CommandContext(ctx, "/proc/self/exe", args...)
	p.cmd.Args[0] = "gclean"
	p.cmd.Env, p.cmd.Dir = environ(a, l), "/"
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = pipes.childIn, pipes.childOut, &p.stderr
	p.cmd.Cancel, p.cmd.WaitDelay = p.Kill, errorWait
	// The child becomes the user itself, see Confine. Between a change of the uid and
	// execve, that user could stop it, and this process would wait for execve forever.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go p.run(started, pipes)
	if err := <-started; err != nil {
		pipes.close()
		return nil, err
	}
	return p, nil
}

// run starts the child and waits for its end. It does so on a thread that gives up what
// no child may have, and that no other goroutine uses. The thread lives as long as the
// child, because the kernel sends SIGKILL to the child when this very thread ends.
func (p *Process) run(started chan<- error, pipes *pipes) {
	runtime.LockOSThread() // never unlocked
	err := giveUp()
	if err == nil {
		err = p.cmd.Start()
	}
	pipes.closeChild()
	started <- err
	if err != nil {
		return
	}
	err = p.cmd.Wait()
	pipes.end()
	p.err = p.ended(err)
	close(p.done)
}

// becoming are the capabilities that are needed to become another user.
const becoming = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID

// giveUp removes from this thread what a child must not inherit. These are ways to gain
// rights by a program, and capabilities that survive a change of the uid.
func giveUp() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	// Dropping the other sets is not strictly needed: no_new_privs keeps a program from
	// using them. Without CAP_SETPCAP, or before Linux 4.3, they stay.
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	for c := uintptr(0); ; c++ {
		if c == unix.CAP_SETUID || c == unix.CAP_SETGID {
			continue // with which it becomes the user
		}
		if unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0) != nil {
			break
		}
	}
	sets, err := capabilities()
	if err != nil {
		return err
	}
	for i := range sets {
		sets[i].Inheritable = 0
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	return os.NewSyscallError("capset", unix.Capset(&header, &sets[0]))
}

// capabilities are those of this thread.
func capabilities() ([2]unix.CapUserData, error) {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	err := unix.Capget(&header, &sets[0])
	return sets, os.NewSyscallError("capget", err)
}

// Wait waits for the end of the process, and closes its input. The error is an
// *AccountError. It wraps the context's error if that ended the process, and else an
// *ExitError.
func (p *Process) Wait() error {
	p.In.Close()
	<-p.done
	return p.err
}

// ended is the result of Wait; err is that of exec.
func (p *Process) ended(err error) error {
	exit := (*exec.ExitError)(nil)
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it succeeded, but others have its pipes
		return nil
	case !errors.As(err, &exit):
		return &AccountError{p.account.Name, err}
	}
	e := &ExitError{Code: exit.ExitCode(), Limit: p.stderr.limitIn(), Text: p.stderr.firstLine()}
	status, ok := exit.Sys().(syscall.WaitStatus)
	if ok && status.Signaled() {
		e.Signal = status.Signal()
	}
	if used := exit.UserTime() + exit.SystemTime(); e.Signal == syscall.SIGKILL && p.limits.CPU > 0 && used >= p.limits.CPU {
		e.Limit = CPULimit
	}
	if cause := context.Cause(p.ctx); cause != nil && e.Signal == syscall.SIGKILL {
		return &AccountError{p.account.Name, cause}
	}
	return &AccountError{p.account.Name, e}
}

// Kill ends the process. It is not an error if the process has ended.
func (p *Process) Kill() error {
	err := p.cmd.Process.Kill()
	if errors.Is(err, fs.ErrPermission) { // no CAP_KILL
		err = p.killAsUser()
	}
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// killAsUser kills the process with its own user's rights, on a thread that nothing else
// uses. The real uid stays root's, so that the user can neither signal nor trace the
// thread.
func (p *Process) killAsUser() error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(noID), uintptr(p.account.UID), uintptr(noID)); errno != 0 {
			failed <- os.NewSyscallError("setresuid", errno)
			return
		}
		failed <- p.cmd.Process.Kill()
	}()
	return <-failed
}
