package asuser

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func lookOf(t *testing.T, l Limits) seen {
	t.Helper()
	out, err := finish(t, begin(t, l, "look"))
	if err != nil {
		t.Fatal(err)
	}
	var s seen
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("%v: %q", err, out)
	}
	return s
}

func TestChildIsTheUserAndNothingElse(t *testing.T) {
	t.Setenv("CONDA_PKGS_DIRS", "/root/pkgs")
	s := lookOf(t, Limits{})
	for name, want := range map[string]string{
		"Uid": "43210 43210 43210 43210", "Gid": "43211 43211 43211 43211", "Groups": "43212 43213", "NoNewPrivs": "1",
		"CapInh": "0000000000000000", "CapPrm": "0000000000000000", "CapEff": "0000000000000000", "CapAmb": "0000000000000000",
	} {
		if s.Status[name] != want {
			t.Errorf("%s is %q, want %q", name, s.Status[name], want)
		}
	}
	if sets, err := capabilities(); err != nil || sets[0].Effective&(1<<unix.CAP_SETPCAP) != 0 && s.Status["CapBnd"] != "00000000000000c0" { // SETGID and SETUID
		t.Errorf("the bounding set is %s, error %v", s.Status["CapBnd"], err)
	}
	if a := s.Account; a.Name != "somebody" || a.Home != "/home/somebody" || a.UID != 43210 || a.GID != 43211 {
		t.Errorf("Confine returns %+v", a)
	}
	if s.Dir != "/" || s.Umask != 0o022 || s.Session != s.PID {
		t.Errorf("folder %s, umask %o, session %d of process %d", s.Dir, s.Umask, s.Session, s.PID)
	}
	slices.Sort(s.Env)
	want := []string{"HOME=/home/somebody", "LANG=C.UTF-8", "LOGNAME=somebody", "PATH=/usr/local/bin:/usr/bin:/bin", "USER=somebody"}
	if !slices.Equal(s.Env, want) {
		t.Errorf("environment %q, want %q", s.Env, want)
	}
}

// What gclean is given open by who starts it is not its children's.
func TestChildHasThreePipesOpen(t *testing.T) {
	needRoot(t)
	secret, err := os.CreateTemp(t.TempDir(), "secret")
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	// Inherited descriptors have no close-on-exec.
	fd, err := unix.Dup(int(secret.Fd()))
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	s := lookOf(t, Limits{})
	for _, fd := range []string{"0", "1", "2"} {
		if !strings.HasPrefix(s.Open[fd], "pipe:") {
			t.Errorf("descriptor %s is %s", fd, s.Open[fd])
		}
	}
	for _, other := range sole(s.Open, "0", "1", "2") {
		_, target, _ := strings.Cut(other, " -> ")
		if !strings.HasPrefix(target, "anon_inode:") && !strings.HasPrefix(target, "/proc/") && !strings.HasPrefix(target, "/sys/fs/cgroup/") { // the runtime's own
			t.Error("is open, too: ", other)
		}
	}
}

// Who could trace the child could take its pipes, and lie to root.
func TestChildCannotBeTraced(t *testing.T) {
	needRoot(t)
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv is not installed")
	}
	p := begin(t, Limits{}, "echo")
	defer p.Wait()
	if _, err := io.WriteString(p.In, "ready\n"); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(p.Out).ReadString('\n'); line != "ready\n" {
		t.Fatal(line, err)
	}
	pid := strconv.Itoa(p.cmd.Process.Pid)
	same := []string{"--reuid=43210", "--regid=43211", "--groups=43212,43213", "--"}
	if out, err := exec.Command("setpriv", append(same, "kill", "-CONT", pid)...).CombinedOutput(); err != nil {
		t.Errorf("it is no process of its user: %v, %s", err, out)
	}
	for _, name := range []string{"environ", "fd/0", "mem"} {
		out, err := exec.Command("setpriv", append(same, "head", "-c1", "/proc/"+pid+"/"+name)...).CombinedOutput()
		if err == nil || !bytes.Contains(out, []byte("Permission denied")) {
			t.Errorf("%s: %v, %s", name, err, out)
		}
	}
}

func TestChildCannotBecomeAnybody(t *testing.T) {
	out, err := finish(t, begin(t, Limits{}, "setuid"))
	if err != nil || out != "refused\n" {
		t.Errorf("%q, error %v", out, err)
	}
}

func TestInputAndOutput(t *testing.T) {
	p := begin(t, Limits{}, "echo")
	r := bufio.NewReader(p.Out)
	for _, line := range []string{"one\n", strings.Repeat("x", 100_000) + "\n"} {
		go io.WriteString(p.In, line)
		if got, err := r.ReadString('\n'); got != line || err != nil {
			t.Errorf("%d bytes came back, error %v", len(got), err)
		}
	}
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	if err := p.Wait(); err != nil {
		t.Error("the second Wait: ", err)
	}
}

func TestLimitsAreSet(t *testing.T) {
	s := lookOf(t, Limits{Memory: 256 << 20, Files: 64, CPU: 1500 * time.Millisecond, FileSize: 4096})
	for name, want := range map[string]unix.Rlimit{
		"core": {}, "files": {Cur: 64, Max: 64}, "cpu": {Cur: 2, Max: 3}, "size": {Cur: 4096, Max: 4096},
	} {
		if s.Limits[name] != want {
			t.Errorf("%s: %v, want %v", name, s.Limits[name], want)
		}
	}
	if data := s.Limits["data"].Max; data < 256<<20 || data > 1<<30 {
		t.Errorf("data: %d", data)
	}
}

func TestLimitsEndOrRefuse(t *testing.T) {
	for _, c := range []struct {
		what   string
		limits Limits
		out    string
		ended  Limit
	}{
		{"memory", Limits{Memory: 128 << 20}, "", MemoryLimit},
		{"spin", Limits{CPU: time.Second}, "", CPULimit},
		{"large", Limits{FileSize: 4096}, "4096 write /tmp/large-*: file too large\n", NoLimit},
		{"files", Limits{Files: 32}, "2*\n", NoLimit},
	} {
		t.Run(c.what, func(t *testing.T) {
			if c.ended == MemoryLimit && isRace() {
				t.Skip("the race detector ends a process that lacks memory in its own way")
			}
			t.Parallel()
			out, err := finish(t, begin(t, c.limits, c.what))
			before, after, _ := strings.Cut(c.out, "*")
			if !strings.HasPrefix(out, before) || !strings.HasSuffix(out, after) {
				t.Errorf("prints %q", out)
			}
			e := (*ExitError)(nil)
			if errors.As(err, &e) != (c.ended != NoLimit) || e != nil && e.Limit != c.ended {
				t.Errorf("error %v, want limit %q", err, c.ended)
			}
		})
	}
}

func TestEndsAreReported(t *testing.T) {
	for what, want := range map[string]string{
		"fail":  `user somebody: ended with exit code 5: fail \x1b[31mred`,
		"panic": "user somebody: ended with exit code 2: panic: lost",
	} {
		t.Run(what, func(t *testing.T) {
			_, err := finish(t, begin(t, Limits{}, what))
			if err == nil || err.Error() != want {
				t.Errorf("got:  %v\nwant: %s", err, want)
			}
		})
	}
}

func TestKill(t *testing.T) {
	p := begin(t, Limits{}, "wait")
	if err := p.Kill(); err != nil {
		t.Fatal(err)
	}
	e := (*ExitError)(nil)
	if err := p.Wait(); !errors.As(err, &e) || e.Signal != syscall.SIGKILL || e.Limit != NoLimit {
		t.Errorf("error %v", err)
	}
	if err := p.Kill(); err != nil {
		t.Error("of one that has ended: ", err)
	}
}

func TestContextEndsIt(t *testing.T) {
	needRoot(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	p, err := Start(ctx, somebody(), Limits{}, childMode, "wait")
	if err != nil {
		t.Fatal(err)
	}
	late := errors.New("took too long")
	cancel(late)
	if out, err := finish(t, p); out != "" || !errors.Is(err, late) {
		t.Errorf("%q, error %v", out, err)
	}
	if _, err := Start(ctx, somebody(), Limits{}, childMode, "wait"); !errors.Is(err, context.Canceled) {
		t.Errorf("started after the end: %v", err)
	}
}

// A user's process that keeps the pipes open keeps nobody waiting.
func TestLeftOversOfAChild(t *testing.T) {
	p := begin(t, Limits{}, "leave")
	out, err := io.ReadAll(p.Out)
	pid, bad := strconv.Atoi(strings.TrimSpace(string(out)))
	if err != nil || bad != nil {
		t.Fatalf("%q, error %v", out, err)
	}
	defer syscall.Kill(pid, syscall.SIGKILL)
	if err := p.Wait(); err != nil {
		t.Error(err)
	}
	if _, err := p.In.Write(make([]byte, 1<<20)); err == nil {
		t.Error("more than the pipe takes was written")
	}
}

func TestNoProcessFor(t *testing.T) {
	for _, c := range []struct {
		account Account
		want    error
	}{
		{Account{Name: "toor", UID: 0, GID: 1, Home: "/root"}, ErrRoot},
		{Account{Name: "daemon", UID: 2, GID: 2}, ErrNoHome},
		{Account{Name: "bin", UID: 2, GID: 2, Home: "//"}, ErrNoHome},
		{Account{Name: "x", UID: 2, GID: 2, Home: "home/x"}, ErrNoHome},
		{Account{Name: "x", UID: noID, GID: 2, Home: "/home/x"}, ErrNoID},
		{Account{Name: "x", UID: 2, GID: noID, Home: "/home/x"}, ErrNoID},
		{Account{Name: "x", UID: 2, GID: 2, Groups: []uint32{3, noID}, Home: "/home/x"}, ErrNoID},
		{Account{Name: "x", UID: 2, GID: 2, Groups: make([]uint32, maxGroups+1), Home: "/home/x"}, ErrTooMany},
	} {
		p, err := Start(t.Context(), c.account, Limits{}, childMode, "wait")
		if !errors.Is(err, c.want) || p != nil {
			t.Errorf("%+v: error %v, want %v", c.account.Name, err, c.want)
		}
	}
}

func TestManyGroups(t *testing.T) {
	needRoot(t)
	a := somebody()
	a.Groups = nil
	for g := range uint32(maxGroups) {
		a.Groups = append(a.Groups, 4_000_000_000+g)
	}
	p, err := Start(t.Context(), a, Limits{}, childMode, "echo")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Wait(); err != nil { // it is sure of them
		t.Error(err)
	}
}

func TestOrdinaryUserCannotStartOthers(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("needs a user without CAP_SETUID")
	}
	if _, err := Start(t.Context(), somebody(), Limits{}, childMode, "wait"); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("error %v", err)
	}
}

// withOnly runs this binary as root with these capabilities and no others.
func withOnly(t *testing.T, capabilities string, args ...string) (output []byte, err error) {
	t.Helper()
	if _, err := exec.LookPath("setpriv"); err != nil {
		t.Skip("setpriv is not installed")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	command := append([]string{"--inh-caps=-all", "--bounding-set=-all," + capabilities, "--", exe}, args...)
	return exec.CommandContext(t.Context(), "setpriv", command...).CombinedOutput()
}

// TestTwoCapabilitiesAreEnough runs as root of a container or unit that leaves it two
// capabilities. It starts children, and ends them.
func TestTwoCapabilitiesAreEnough(t *testing.T) {
	needRoot(t)
	out, err := withOnly(t, "+setuid,+setgid", "-test.run=^(TestChildIs.*|TestChildHas.*|TestKill|TestContextEndsIt|TestLimitsAreSet)$", "-test.v")
	if err != nil || bytes.Contains(out, []byte("--- SKIP")) || bytes.Count(out, []byte("--- PASS")) != 5 {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestOneCapabilityIsNotEnough runs with CAP_SETGID alone, which cannot change the user.
func TestOneCapabilityIsNotEnough(t *testing.T) {
	needRoot(t)
	out, err := withOnly(t, "+setgid", childMode, "start")
	if err == nil || !bytes.Contains(out, []byte("user somebody: ")) || !bytes.Contains(out, []byte(ErrNoRight.Error())) {
		t.Errorf("%v\n%s", err, out)
	}
}

// isRace says whether this binary was built with the race detector.
func isRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}
