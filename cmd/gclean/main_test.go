package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gclean/cache/hold"
	"gclean/internal/fixture"
	"gclean/walk"
)

// asCommand makes the test binary gclean itself, for tests of what only a
// process has.
const asCommand = "GCLEAN_TEST_AS_COMMAND"

func TestMain(m *testing.M) {
	if os.Getenv(asCommand) != "" {
		aloneMain()
	}
	command := aloneMain
	if runtime.GOOS == "windows" {
		command = slashedMain
	}
	testscript.Main(m, map[string]func(){"gclean": command, "conda-gclean": command})
}

// alone is a machine on which nothing runs, whatever does on that of the tests.
func alone() hold.System { return hold.System{} }

// aloneMain is main, alone.
func aloneMain() { os.Exit(start(alone, testHost)) }

// testHost is the host that a test says this is, or this one.
func testHost() (name, machine string) {
	if name := os.Getenv("GCLEAN_TEST_HOST"); name != "" {
		return name, "machine of " + name
	}
	return thisHost()
}

// run runs gclean alone, as what was called by name, and returns the exit code.
func run(ctx context.Context, name string, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := newApp(name, stdin, stdout, stderr)
	a.system = alone
	return a.run(ctx, args)
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
			return os.MkdirAll(home, 0o755)
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

func TestClosedPipeIsAnErrorNotADeath(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	var stderr strings.Builder
	cmd := exec.CommandContext(t.Context(), exe, "--version")
	cmd.Env = append(os.Environ(), asCommand+"=1")
	cmd.Stdout, cmd.Stderr = w, &stderr
	err = cmd.Run()
	w.Close()
	if code := cmd.ProcessState.ExitCode(); code != exitFailed {
		t.Errorf("exit code %d (%v), want %d", code, err, exitFailed)
	}
	if want := "\nOutputError: cannot write the output: "; !strings.HasPrefix(stderr.String(), want) {
		t.Errorf("stderr %q, want it to start with %q", stderr.String(), want)
	}
}

func TestInterruptedBeforeThePlan(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a := &app{stdout: newOutput(new(strings.Builder)), stderr: new(strings.Builder)}
	if code := a.exit(ctx.Err()); code != exitInterrupted {
		t.Errorf("exit code %d, want %d", code, exitInterrupted)
	}
}
