//go:build linux

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"

	"gclean/internal/fixture"
)

// pseudoTerminal is gclean running on a pseudo-terminal, and what it has written there.
type pseudoTerminal struct {
	t    *testing.T
	pty  *os.File
	cmd  *exec.Cmd
	mu   sync.Mutex
	raw  strings.Builder
	more chan struct{} // something was written, or all has been
	end  chan struct{}
}

func newTerminal(t *testing.T) *pseudoTerminal {
	return &pseudoTerminal{t: t, more: make(chan struct{}, 1), end: make(chan struct{})}
}

// onTerminal starts gclean on a terminal of cols columns: stdin, stdout and stderr.
func onTerminal(t *testing.T, cols uint16, env []string, args ...string) *pseudoTerminal {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	x := newTerminal(t)
	x.cmd = exec.CommandContext(t.Context(), exe, args...)
	x.cmd.Env = append([]string{"HOME=" + t.TempDir(), "TERM=xterm", "LANG=C.UTF-8", asCommand + "=1"}, env...)
	if x.pty, err = pty.StartWithSize(x.cmd, &pty.Winsize{Rows: 24, Cols: cols}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { x.pty.Close() })
	go x.read()
	return x
}

// open makes the terminal, and returns the side on which a program runs.
func (x *pseudoTerminal) open() (*os.File, error) {
	var program *os.File
	var err error
	if x.pty, program, err = pty.Open(); err != nil {
		return nil, err
	}
	x.t.Cleanup(func() { x.pty.Close(); program.Close() })
	go x.read()
	return program, nil
}

func (x *pseudoTerminal) read() {
	defer close(x.end)
	buf := make([]byte, 4096)
	for {
		n, err := x.pty.Read(buf)
		x.mu.Lock()
		x.raw.Write(buf[:n])
		x.mu.Unlock()
		select {
		case x.more <- struct{}{}:
		default:
		}
		if err != nil {
			return // EIO: the other side is closed
		}
	}
}

func (x *pseudoTerminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.raw.String()
}

// wait waits until text has been written.
func (x *pseudoTerminal) wait(text string) {
	x.t.Helper()
	x.waitAfter(0, text)
}

// waitAfter waits until text has been written after the first n bytes.
func (x *pseudoTerminal) waitAfter(n int, text string) {
	x.t.Helper()
	deadline := time.After(20 * time.Second)
	for !strings.Contains(x.text()[n:], text) {
		select {
		case <-x.more:
		case <-x.end:
			if !strings.Contains(x.text()[n:], text) {
				x.t.Fatalf("it ended without %q: %q", text, x.text())
			}
		case <-deadline:
			x.t.Fatalf("no %q: %q", text, x.text())
		}
	}
}

func (x *pseudoTerminal) press(keys string) {
	x.t.Helper()
	if _, err := io.WriteString(x.pty, keys); err != nil {
		x.t.Fatal(err)
	}
}

// finish waits for the end and returns the exit code and what is on the screen.
func (x *pseudoTerminal) finish() (int, string) {
	x.t.Helper()
	<-x.end
	err := x.cmd.Wait()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		x.t.Fatal(err)
	}
	return x.cmd.ProcessState.ExitCode(), screenOf(x.text())
}

// screenOf is what a terminal shows after raw was written to it. It knows what
// progress bars use: carriage return, cursor up, and erasing.
func screenOf(raw string) string {
	lines, row, col := [][]rune{nil}, 0, 0
	rs := []rune(raw)
	for i := 0; i < len(rs); i++ {
		switch r := rs[i]; {
		case r == '\r':
			col = 0
		case r == '\n':
			if row++; row == len(lines) {
				lines = append(lines, nil)
			}
		case r == '\x1b' && i+1 < len(rs) && rs[i+1] == '[':
			n := 0
			for i += 2; i < len(rs) && (rs[i] < '@' || rs[i] > '~'); i++ {
				if rs[i] >= '0' && rs[i] <= '9' {
					n = n*10 + int(rs[i]-'0')
				}
			}
			switch {
			case i == len(rs):
			case rs[i] == 'A':
				row = max(row-max(n, 1), 0)
			case rs[i] == 'J':
				lines = lines[:row+1]
				fallthrough
			case rs[i] == 'K':
				lines[row] = lines[row][:min(col, len(lines[row]))]
			}
		default:
			for len(lines[row]) <= col {
				lines[row] = append(lines[row], ' ')
			}
			lines[row][col] = r
			col++
		}
	}
	var b strings.Builder
	for _, line := range lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return b.String()
}

// TestQuestionOnTerminal answers the question as a person does.
func TestQuestionOnTerminal(t *testing.T) {
	for _, tt := range []struct {
		name, keys string
		code       int
		removed    bool
		shows      string
	}{
		{"y", "y\n", 0, true, "Removed 2 entries, "},
		{"Enter", "\n", 0, true, "Removed 2 entries, "},
		{"n", "n\n", 0, false, "CondaSystemExit: Exiting."},
		{"another word, then n", "maybe\nn\n", 0, false, "Invalid choice: maybe"},
		{"end of input", "\x04", 0, false, "CondaSystemExit: Exiting."},
		{"interrupt", "\x03", 130, false, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := packagesIn(t, 1)
			x := onTerminal(t, 80, nil, "--all", "--pkgs-dir", c.Dir)
			x.wait("Proceed ([y]/n)? ")
			x.press(tt.keys)
			code, screen := x.finish()
			if code != tt.code || !strings.Contains(screen, tt.shows) {
				t.Errorf("exit code %d, want %d, and %q on the screen:\n%s", code, tt.code, tt.shows, screen)
			}
			_, err := os.Stat(c.Path("free0-1.0-0"))
			if removed := err != nil; removed != tt.removed {
				t.Errorf("removed: %v, want %v", removed, tt.removed)
			}
		})
	}
}

// TestEnvironmentMadeWhileTheQuestionWaits is conda in another terminal.
func TestEnvironmentMadeWhileTheQuestionWaits(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	c, envs := packagesIn(t, 2), t.TempDir()
	x := newTerminal(t)
	screen, err := x.open()
	if err != nil {
		t.Fatal(err)
	}
	// It runs in this process, which has the clock.
	var late atomic.Int64
	a := newApp("gclean", screen, screen, screen)
	a.now = func() time.Time { return time.Now().Add(time.Duration(late.Load())) }
	a.system = alone
	code := make(chan int, 1)
	go func() { code <- a.run(t.Context(), []string{"--packages", "--pkgs-dir", c.Dir, "--envs-dir", envs}) }()
	x.wait("Proceed ([y]/n)? ")
	env, err := fixture.NewEnvironment(filepath.Join(envs, "new"))
	if err == nil {
		err = env.Link(c, scriptPackage("free0"), fixture.Link{Kind: fixture.Soft})
	}
	if err != nil {
		t.Fatal(err)
	}
	late.Store(int64(time.Minute)) // the plan is old by now
	x.press("y\n")
	x.wait("it is in use now")
	x.wait("Removed 1 of 2 entries")
	if code := <-code; code != exitDone {
		t.Errorf("exit code %d:\n%s", code, screenOf(x.text()))
	}
	if _, err := os.Stat(filepath.Join(env.Prefix, "lib", "free0.so")); err != nil {
		t.Error(err)
	}
}

// TestProgressOnTerminal holds a cache's lock, so that the bar stays long enough
// to be seen, at the widths of real screens and of a narrow one.
func TestProgressOnTerminal(t *testing.T) {
	for _, cols := range []uint16{40, 80, 200} {
		t.Run(fmt.Sprint(cols), func(t *testing.T) {
			t.Parallel()
			c := packagesIn(t, 3)
			lock, err := os.OpenFile(c.Path("urls.txt"), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer lock.Close()
			if err := unix.FcntlFlock(lock.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
				t.Fatal(err)
			}
			x := onTerminal(t, cols, nil, "--all", "--yes", "--pkgs-dir", c.Dir)
			x.wait("0 of 6 entries")
			x.wait("Waiting: ")
			for line := range strings.SplitSeq(screenOf(x.text()), "\n") {
				if strings.Contains(line, "of 6 entries") && len([]rune(line)) > int(cols) {
					t.Errorf("the bar is %d wide: %q", len([]rune(line)), line)
				}
			}
			if err := unix.FcntlFlock(lock.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_UNLCK}); err != nil {
				t.Fatal(err)
			}
			code, screen := x.finish()
			if code != 0 || !strings.Contains(screen, "Removed 6 entries, ") {
				t.Errorf("exit code %d:\n%s", code, screen)
			}
			if strings.Contains(screen, "of 6 entries") {
				t.Errorf("the bar was left on the screen:\n%s", screen)
			}
		})
	}
}

// TestReportOnTerminal draws rules and colours where they are seen, and only
// where they are wanted.
func TestReportOnTerminal(t *testing.T) {
	for _, tt := range []struct {
		name       string
		cols       uint16
		env, args  []string
		color, box bool
	}{
		{"terminal", 80, nil, nil, true, true},
		{"NO_COLOR", 80, []string{"NO_COLOR=1"}, nil, false, true},
		{"empty NO_COLOR", 80, []string{"NO_COLOR="}, nil, true, true},
		{"never", 80, nil, []string{"--color=never"}, false, true},
		{"asked for in spite of NO_COLOR", 80, []string{"NO_COLOR=1"}, []string{"--color=always"}, true, true},
		{"locale without UTF-8", 120, []string{"LC_ALL=C"}, nil, true, false},
		{"dumb", 80, []string{"TERM=dumb"}, nil, false, false},
		{"narrow", 40, nil, nil, true, true},
		{"its own width, not that of COLUMNS", 40, []string{"COLUMNS=200"}, nil, true, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := packagesIn(t, 2)
			x := onTerminal(t, tt.cols, tt.env, append([]string{"report", "--pkgs-dir", c.Dir}, tt.args...)...)
			code, screen := x.finish()
			if code != 0 || !strings.Contains(screen, "By category") {
				t.Fatalf("exit code %d:\n%s", code, screen)
			}
			if got := strings.Contains(x.text(), "\x1b["); got != tt.color {
				t.Errorf("colours: %v, want %v", got, tt.color)
			}
			if got := strings.Contains(screen, "──"); got != tt.box {
				t.Errorf("rules: %v, want %v", got, tt.box)
			}
			if ascii := !strings.ContainsFunc(screen, func(r rune) bool { return r > '~' }); ascii == tt.box {
				t.Errorf("ASCII alone: %v", ascii)
			}
			for line := range strings.SplitSeq(screen, "\n") {
				if pasted := strings.HasPrefix(line, "To remove what is free, run: "); !pasted && len([]rune(line)) > int(tt.cols) {
					t.Errorf("%d columns: %q", len([]rune(line)), line)
				}
			}
		})
	}
}
