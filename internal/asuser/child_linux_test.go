package asuser

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// childMode is the first argument of a test binary that a test has started as a
// child; what the child does is the second.
const childMode = "child-of-test"

func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == childMode {
		os.Exit(child(os.Args[2]))
	}
	os.Exit(m.Run())
}

// child is the main of a child.
func child(what string) int {
	if what == "pause" { // of a child's child: nobody has asked it to be anybody
		unix.Pause()
	}
	if what == "start" { // as root of its parent
		_, err := Start(context.Background(), somebody(), Limits{}, childMode, "echo")
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	a, err := Confine()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 4
	}
	if do, ok := children()[what]; ok {
		if err = do(a); err == nil {
			return 0
		}
	}
	fmt.Fprintln(os.Stderr, what, err)
	return 5
}

func children() map[string]func(Account) error {
	return map[string]func(Account) error{
		"look":   look,
		"echo":   func(Account) error { _, err := io.Copy(os.Stdout, os.Stdin); return err },
		"wait":   func(Account) error { return unix.Pause() },
		"fail":   func(Account) error { return fmt.Errorf("\x1b[31mred\nsecond line") },
		"panic":  func(Account) error { panic("lost") },
		"memory": useMemory,
		"spin":   spin,
		"files":  openFiles,
		"large":  writeLarge,
		"leave":  leaveChild,
		"setuid": becomeRoot,
	}
}

// seen is what a child finds itself to be.
type seen struct {
	Account Account
	Status  map[string]string // /proc/self/status
	Open    map[string]string // descriptor -> what it is
	Env     []string
	Dir     string
	Umask   int
	Session int
	PID     int
	Limits  map[string]unix.Rlimit
}

func look(a Account) error {
	s := seen{Account: a, Status: map[string]string{}, Open: map[string]string{}, Limits: map[string]unix.Rlimit{}, Env: os.Environ(), PID: os.Getpid()}
	// Who reads /proc with os makes descriptors; they are made now, so that they are known.
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return err
	}
	for _, name := range names {
		if target, err := os.Readlink("/proc/self/fd/" + name.Name()); err == nil {
			s.Open[name.Name()] = target
		}
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		name, value, _ := strings.Cut(line, ":")
		s.Status[name] = strings.Join(strings.Fields(value), " ")
	}
	for name, which := range map[string]int{"core": unix.RLIMIT_CORE, "data": unix.RLIMIT_DATA, "files": unix.RLIMIT_NOFILE, "cpu": unix.RLIMIT_CPU, "size": unix.RLIMIT_FSIZE} {
		var l unix.Rlimit
		if err := unix.Getrlimit(which, &l); err != nil {
			return err
		}
		s.Limits[name] = l
	}
	if s.Dir, err = os.Getwd(); err != nil {
		return err
	}
	s.Umask = syscall.Umask(0)
	if s.Session, err = unix.Getsid(0); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(s)
}

// useMemory takes memory, touched and not given back, until it gets none.
func useMemory(Account) error {
	var all [][]byte
	for range 64 << 10 {
		all = append(all, bytes.Repeat([]byte{1}, 1<<20))
	}
	return fmt.Errorf("%d MiB were free", len(all))
}

func spin(Account) error {
	for n := uint64(1); n != 0; n += 2 {
	}
	return nil
}

// openFiles prints how many files it can have open.
func openFiles(Account) error {
	var files []*os.File
	for range 10_000 {
		f, err := os.Open("/proc/self/status")
		if err != nil {
			fmt.Println(len(files))
			return nil
		}
		files = append(files, f)
	}
	return fmt.Errorf("%d files are open", len(files))
}

// writeLarge prints how many bytes a file took, and why no more.
func writeLarge(Account) error {
	f, err := os.CreateTemp("", "large-")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return err
	}
	n, err := f.Write(make([]byte, 1<<20))
	fmt.Println(n, err)
	return nil
}

// leaveChild ends, and leaves a process that has its pipes.
func leaveChild(Account) error {
	cmd := exec.Command("/proc/self/exe", childMode, "pause")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	_, err := fmt.Println(cmd.Process.Pid)
	return err
}

// becomeRoot tries what has to fail: to be somebody else.
func becomeRoot(a Account) error {
	for name, err := range map[string]error{
		"setuid":    syscall.Setuid(0),
		"setgid":    syscall.Setgid(0),
		"setgroups": syscall.Setgroups([]int{0}),
		"setreuid":  syscall.Setreuid(int(a.UID), 0),
	} {
		if err == nil {
			return fmt.Errorf("%s was let", name)
		}
	}
	fmt.Println("refused")
	return nil
}

// needRoot skips a test where nobody can be started as another user.
func needRoot(t *testing.T) {
	t.Helper()
	sets, err := capabilities()
	const both = 1<<unix.CAP_SETUID | 1<<unix.CAP_SETGID
	if err != nil || sets[0].Effective&both != both {
		t.Skip("needs CAP_SETUID and CAP_SETGID, as root has")
	}
}

// somebody is a user that no system has.
func somebody() Account {
	return Account{Name: "somebody", UID: 43210, GID: 43211, Groups: []uint32{43213, 43212}, Home: "/home/somebody"}
}

// begin starts a child.
func begin(t *testing.T, l Limits, what string) *Process {
	t.Helper()
	needRoot(t)
	p, err := Start(t.Context(), somebody(), l, childMode, what)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// finish is all that a child prints, and how it ends.
func finish(t *testing.T, p *Process) (string, error) {
	t.Helper()
	out, err := io.ReadAll(p.Out)
	if err != nil {
		t.Error(err)
	}
	return string(out), p.Wait()
}

// sole is a map without the keys that are in both.
func sole(open map[string]string, but ...string) []string {
	var list []string
	for fd, target := range open {
		if !slices.Contains(but, fd) {
			list = append(list, fd+" -> "+target)
		}
	}
	slices.Sort(list)
	return list
}
