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
	Out io.Reader      // its standard output, to its end, whoever else has it open

	ctx     context.Context
	account Account
	cmd     *exec.Cmd
	stderr  limited
	limits  Limits
	done    chan struct{} // closed at the end, after err was set
	err     error
}

// errorWait is how long the child's last words are waited for after its end, if
// somebody else holds the pipe of them.
const errorWait = 100 * time.Millisecond

// Start starts gclean as another user. args are what follows its name; they are no
// secret, and the child's main is to call Confine. The child ends with ctx.
//
// The error is an *AccountError. It is fs.ErrPermission where this process may not
// become that user.
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
	if !isProc("/proc/self") { // an image may have a file of its own there
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
	// It becomes the user itself, see Confine. Between a change of the uid and execve,
	// that user could stop it, and this process would wait for execve for ever.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Pdeathsig: syscall.SIGKILL}
	started := make(chan error)
	go p.run(started, pipes)
	if err := <-started; err != nil {
		pipes.close()
		return nil, err
	}
	return p, nil
}

// run starts the child and waits for its end. It does so on a thread that gives up
// what no child is to have, that no other goroutine gets, and that lives as long as
// the child: SIGKILL is sent to it when that very thread ends.
func (p *Process) run(started chan<- error, pipes *pipes) {
	runtime.LockOSThread() // for good
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

// becoming are the capabilities that it takes to become another user.
const becoming = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID

// giveUp takes from this thread what a child would inherit: the way to more rights
// by a program, and capabilities that outlive a change of the uid.
func giveUp() error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	// The others are more than it needs: no_new_privs keeps a program from taking
	// from these sets. Without CAP_SETPCAP, or before Linux 4.3, they stay.
	_ = unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
	for c := uintptr(0); ; c++ {
		if c == unix.CAP_SETUID || c == unix.CAP_SETGID {
			continue // by which it becomes the user
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
// *AccountError: of the context, if that ended the process, else an *ExitError.
func (p *Process) Wait() error {
	p.In.Close()
	<-p.done
	return p.err
}

// ended is what Wait says, err being what exec says.
func (p *Process) ended(err error) error {
	exit := (*exec.ExitError)(nil)
	switch {
	case err == nil, errors.Is(err, exec.ErrWaitDelay): // it ended well, and left its pipes to others
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

// Kill ends the process. One that has ended is no error.
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

// killAsUser kills the process by its own user's right, on a thread of which nobody
// sees more. The real uid stays root's: so that user can neither signal nor trace it.
func (p *Process) killAsUser() error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread() // for good
		if _, _, errno := unix.RawSyscall(unix.SYS_SETRESUID, uintptr(noID), uintptr(p.account.UID), uintptr(noID)); errno != 0 {
			failed <- os.NewSyscallError("setresuid", errno)
			return
		}
		failed <- p.cmd.Process.Kill()
	}()
	return <-failed
}
