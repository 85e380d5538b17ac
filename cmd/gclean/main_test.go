package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"gclean/cache/hold"
	"gclean/internal/fixture"
	"gclean/internal/fixture/memory"
	"gclean/meta"
	"gclean/walk"
)

// asCommand makes the test binary gclean itself, for tests of what only a
// process has.
const asCommand = "GCLEAN_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		enterExample()
		alikeMain()
		aloneMain()
	}
	command := aloneMain
	if runtime.GOOS == "windows" {
		command = slashedMain
	}
	testscript.Main(inMemory{m}, map[string]func(){"gclean": command, "conda-gclean": command})
}

// inMemory runs the tests in memory, and holds all documents that they print against their
// schemas.
type inMemory struct{ *testing.M }

func (t inMemory) Run() int { return memory.Run(checked(t)) }

// alone is a machine on which nothing runs, whatever does on that of the tests.
func alone() hold.System { return hold.System{} }

// aloneMain is main, alone.
func aloneMain() {
	if startedAsUser() {
		os.Exit(start(alone, testHost))
	}
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, calledBy(os.Args[0]), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// testHost is the host that a test says this is, or this one.
func testHost() (name, machine string) {
	if name := os.Getenv("GCLEAN_TEST_HOST"); name != "" {
		return name, "machine of " + name
	}
	return thisHost()
}

// machineIn is a folder with the users of the machine that a script sees.
const machineIn = "GCLEAN_TEST_MACHINE"

// makeMachine makes the folder: it has the users of this machine, without their homes.
func makeMachine(dir string) error {
	users, err := os.ReadFile("/etc/passwd")
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	var b strings.Builder
	for line := range strings.Lines(string(users)) {
		if fields := strings.Split(line, ":"); len(fields) == 7 {
			fields[5] = "/nonexistent"
			b.WriteString(strings.Join(fields, ":"))
		}
	}
	return errors.Join(os.Mkdir(dir, 0o755), os.WriteFile(filepath.Join(dir, "passwd"), []byte(b.String()), 0o644),
		os.WriteFile(filepath.Join(dir, "nsswitch.conf"), []byte("passwd: files\n"), 0o644))
}

// testMachine is this machine. For a script, it has no environments and caches but those
// of the script, whatever other users of this machine do meanwhile.
func testMachine() meta.Host {
	h := meta.CurrentHost()
	dir := os.Getenv(machineIn)
	if dir == "" || h.Passwd == "" {
		return h
	}
	h.Passwd, h.NSSwitch, h.HomeParents = filepath.Join(dir, "passwd"), filepath.Join(dir, "nsswitch.conf"), nil
	h.SystemConfig, h.SystemPixi = nil, filepath.Join(dir, "pixi.toml")
	h.UsualRoots = slices.DeleteFunc(h.UsualRoots, filepath.IsAbs)
	return h
}

// run runs gclean alone, as what was called by name, and returns the exit code. A
// document that it prints is held against its schema, here and in every process that
// tests start.
func run(ctx context.Context, name string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(name, stdin, stdout, stderr)
	a.system, a.machine, a.host, a.patience = alone, testMachine, testHost, time.Minute
	a.etc = cmp.Or(os.Getenv(machineIn), a.etc)
	var printed strings.Builder
	a.stdout.Reset(io.MultiWriter(a.stdout.safe, &printed))
	code := a.run(ctx, args)
	checkDocument(args, printed.String())
	return code
}

// slashedMain is gclean, with slashes for the backslashes that it prints: scripts
// are the same on every system.
func slashedMain() {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	var stdout, stderr strings.Builder
	cmd := exec.Command(exe, os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, &stdout, &stderr
	err = cmd.Run()
	fmt.Fprint(os.Stdout, slashed(stdout.String()))
	fmt.Fprint(os.Stderr, slashed(stderr.String()))
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		panic(err)
	}
	os.Exit(cmd.ProcessState.ExitCode())
}

// slashed is a text or a JSON document that gclean has printed, its paths with
// slashes.
func slashed(s string) string {
	if runtime.GOOS != "windows" {
		return s
	}
	if strings.HasPrefix(s, "{") {
		return strings.ReplaceAll(s, `\\`, "/")
	}
	return strings.ReplaceAll(s, `\`, "/")
}

func TestScripts(t *testing.T) {
	testdata, err := filepath.Abs("../../testdata")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			home := filepath.Join(env.WorkDir, "home")
			env.Setenv("HOME", home)
			env.Setenv("USERPROFILE", home)
			env.Setenv("TESTDATA", testdata)
			env.Setenv(wrongDocuments, os.Getenv(wrongDocuments))
			machine := filepath.Join(env.WorkDir, ".machine")
			env.Setenv(machineIn, machine)
			bin, _, _ := strings.Cut(env.Getenv("PATH"), string(filepath.ListSeparator)) // has gclean alone
			env.Setenv("BIN", bin)
			return errors.Join(os.MkdirAll(home, 0o755), makeMachine(machine))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"condacase": condaCase,
			"exitcode":  exitCode,
			"give":      give,
			"isjson":    isJSON,
			"listing":   listing,
			"mkcache":   makeCache,
			"mkenv":     makeEnv,
			"nobody":    asNobody,
			"register":  register,
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "symlinks":
				return fixture.CanSymlink() == nil, nil
			case "fileinodes":
				return countsInodes(os.TempDir())
			case "root":
				return os.Geteuid() == 0, nil
			case "nobody":
				_, err := exec.LookPath("setpriv")
				return os.Geteuid() > 0 || err == nil, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

// countsInodes says whether the file system of dir has a limit of inodes.
func countsInodes(dir string) (bool, error) {
	d, err := walk.Open(dir)
	if err != nil {
		return false, err
	}
	defer d.Close()
	space, err := d.Space()
	return space.Inodes > 0, err
}

// condaCase builds the tree of conda's recorded output below $WORK, in $CASE
// and $ROOT, and points the environment variables there.
func condaCase(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: condacase")
	}
	c, err := fixture.CondaCase(ts.Getenv("WORK"))
	ts.Check(err)
	ts.Setenv("CASE", c.Dir)
	ts.Setenv("ROOT", c.Root)
	ts.Setenv("CONDA_PKGS_DIRS", c.Cache.Dir)
	ts.Setenv("CONDA_ROOT", c.Root)
}

// exitCode runs gclean, its stdin being the null device, and checks the exit
// code: exitcode 2 gclean --foo. Its output is in the files stdout and stderr.
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "gclean" {
		ts.Fatalf("usage: exitcode CODE gclean [ARG...]")
	}
	checkCode(ts, args[0], ts.Exec(args[1], args[2:]...))
}

// TestClosedPipeEndsALookQuietly: "gclean report | head" is no failure, and exits as
// what was found. What would remove something stops before it does.
func TestClosedPipeEndsALookQuietly(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := packagesIn(t, 1)
	for _, tt := range []struct {
		line   string
		code   int
		stderr string // how it begins
	}{
		{"--version", exitDone, ""},
		{"--help", exitDone, ""},
		{"report --pkgs-dir", exitDone, ""},
		{"report --html - --pkgs-dir", exitDone, ""},
		{"ls --pkgs-dir", exitDone, ""},
		{"ls nosuch --pkgs-dir", exitFailed, "WARNING: nosuch: "},
		{"why free0 --pkgs-dir", exitDone, ""},
		{"info --pkgs-dir", exitDone, ""},
		{"envs --json --pkgs-dir", exitDone, ""},
		{"-a -d --pkgs-dir", exitDone, "\nDryRunExit: "},
		{"-a -d --json --pkgs-dir", exitDone, ""},
		{"-a -y --pkgs-dir", exitFailed, "\nOutputError: cannot write the output: "},
		{"-a -y --json --pkgs-dir", exitFailed, "\nOutputError: cannot write the output: "},
	} {
		args := strings.Fields(tt.line)
		if args[len(args)-1] == "--pkgs-dir" {
			args = append(args, c.Dir)
		}
		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		var stderr strings.Builder
		cmd := exec.CommandContext(t.Context(), exe, args...)
		cmd.Env = append(os.Environ(), asCommand+"=1", "HOME="+t.TempDir())
		cmd.Stdout, cmd.Stderr = w, &stderr
		err = cmd.Run()
		w.Close()
		if code := cmd.ProcessState.ExitCode(); code != tt.code {
			t.Errorf("%s: exit code %d (%v), want %d", tt.line, code, err, tt.code)
		}
		text := stderr.String()
		if !strings.HasPrefix(text, tt.stderr) || tt.stderr == "" && text != "" {
			t.Errorf("%s: stderr %q", tt.line, text)
		}
		if removing := strings.Contains(tt.line, "-y"); removing != strings.Contains(text, nothingRemoved) {
			t.Errorf("%s: stderr %q", tt.line, text)
		}
	}
	if _, err := os.Stat(c.Path("free0-1.0-0")); err != nil {
		t.Error(err)
	}
}

// TestInterruptedBeforeThePlan: what would have removed something says that it did not,
// and what only looks does not speak of removing.
func TestInterruptedBeforeThePlan(t *testing.T) {
	t.Setenv("HOME", t.TempDir())
	c, prefix := packagesIn(t, 1), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for line, want := range map[string]string{
		"-a": nothingRemoved, "clean -a -y": nothingRemoved, "verify --remove": nothingRemoved, "verify --repair": nothingRepaired, "slim -y --docs": nothingRemoved,
		"-a -d": "", "report": "", "ls": "", "why a": "", "envs": "", "info": "", "verify": "", "verify --remove -d": "", "slim": "", "slim --docs -d": "",
	} {
		for _, json := range []bool{false, true} {
			args := strings.Fields(line)
			if args[0] == "slim" {
				args = append(args, prefix)
			} else {
				args = append(args, "--pkgs-dir", c.Dir)
			}
			if json {
				args = append(args, "--json")
			}
			var stdout, stderr strings.Builder
			code := run(ctx, "gclean", args, strings.NewReader(""), &stdout, &stderr)
			if json && code == exitUsage {
				continue // --json asks nobody
			}
			text := stderr.String()
			if code != exitInterrupted || !strings.HasPrefix(text, "\nInterrupted: "+want) {
				t.Errorf("%s: exit code %d, %q", line, code, text)
			}
			if want == "" && (strings.Contains(text, "removed") || strings.Contains(stdout.String(), "removed")) {
				t.Errorf("%s: %q %q", line, text, stdout.String())
			}
		}
	}
}
