//go:build unix

package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/verify"
	"gclean/internal/fixture"
	"gclean/internal/shellquote"
)

// oddFolders are names of folders that a shell reads as something else unless they are
// quoted.
func oddFolders() []string {
	return []string{"plain", "with space", "it's", `say "hi"`, "$HOME", "`id`", "a;b", "new\nline", "-leading", "tab\there", "100%", `back\slash`, "数値"}
}

// oddestFolders are a few of them, for tests that run many commands.
func oddestFolders() []string { return []string{"with space", `it's "$HOME"`, "new\nline", "-leading"} }

// shell runs lines in dir as a person who pastes them, and returns what is printed.
func shell(t *testing.T, dir, lines string) (string, error) {
	t.Helper()
	out, err := shellCommand(t, dir, lines, "HOME="+t.TempDir()).CombinedOutput()
	return string(out), err
}

// shellCommand is a shell that runs lines in dir, with gclean in PATH and env besides.
func shellCommand(t *testing.T, dir, lines string, env ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(exe, filepath.Join(bin, "gclean")); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", lines)
	cmd.Dir = dir
	cmd.Env = append(env, "PATH="+bin+":"+os.Getenv("PATH"), asCommand+"=1")
	return cmd
}

// hint is the command line that a text tells to run.
func hint(t *testing.T, text string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)\brun: (.*)$`).FindStringSubmatch(text)
	if m == nil {
		t.Fatalf("nothing to run in %q", text)
	}
	return m[1]
}

// TestHintOfReportCanBePasted: the command that report prints removes what report lists.
func TestHintOfReportCanBePasted(t *testing.T) {
	for _, name := range oddFolders() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			c, err := fixture.NewCache(filepath.Join(top, name))
			if err == nil {
				err = c.Add(scriptPackage("free"))
			}
			if err != nil {
				t.Fatal(err)
			}
			text, err := shell(t, top, shellquote.Join("gclean", "report", "--pkgs-dir="+name, "--no-config"))
			if err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			if text, err = shell(t, top, hint(t, text)+" --yes"); err != nil || !strings.Contains(text, "Removed 2 entries") {
				t.Errorf("%v: %s", err, text)
			}
			if _, err := os.Stat(c.Path("free-1.0-0")); err == nil {
				t.Error("it is still there")
			}
		})
	}
}

// TestHintsOfQuarantineCanBePasted: the commands that clean and why print put the packages
// back, in a cache that is named and in the one of a root prefix.
func TestHintsOfQuarantineCanBePasted(t *testing.T) {
	for _, name := range oddestFolders() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			env, err := fixture.NewEnvironment(filepath.Join(top, name))
			if err != nil {
				t.Fatal(err)
			}
			c, err := fixture.NewCache(filepath.Join(env.Prefix, "pkgs"))
			if err == nil {
				err = c.Add(scriptPackage("free"))
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, place := range []string{"--root-prefix=" + name, "--pkgs-dir=" + filepath.Join("./"+name, "pkgs")} {
				for _, hinting := range []string{"", "why"} {
					text, err := shell(t, top, shellquote.Join("gclean", "-p", "-y", "--quarantine", "7d", place, "--no-config"))
					if err != nil {
						t.Fatalf("%v: %s", err, text)
					}
					if _, err := os.Stat(c.Path("free-1.0-0")); err == nil {
						t.Fatal("it is not in quarantine")
					}
					if hinting == "why" {
						if text, err = shell(t, top, shellquote.Join("gclean", "why", "free", place, "--no-config")); err != nil {
							t.Fatalf("%v: %s", err, text)
						}
					}
					if out, err := shell(t, top, hint(t, text)); err != nil || !strings.HasPrefix(out, "Restored ") {
						t.Errorf("%s: %v: %s", hint(t, text), err, out)
					}
					if _, err := os.Stat(c.Path("free-1.0-0")); err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
}

// TestHintsOfARoundCanBePasted: what the commands of a round tell to run opens, marks, closes
// and aborts it.
func TestHintsOfARoundCanBePasted(t *testing.T) {
	for _, name := range oddestFolders() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			env, err := fixture.NewEnvironment(filepath.Join(top, name, "env"))
			if err != nil {
				t.Fatal(err)
			}
			c, err := fixture.NewCache(filepath.Join(top, name, "pkgs"))
			if err == nil {
				err = c.Add(scriptPackage("free"))
			}
			if err == nil {
				err = os.WriteFile(filepath.Join(top, "hosts"), []byte("node1\n"), 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			run := func(line string) string {
				t.Helper()
				text, err := shell(t, top, "export GCLEAN_TEST_HOST=node1\n"+line)
				if exit := (*exec.ExitError)(nil); err != nil && (!errors.As(err, &exit) || exit.ExitCode() == exitFailed) {
					t.Fatalf("%s: %v: %s", line, err, text)
				}
				return text
			}
			found := func(pattern, text string) string {
				t.Helper()
				m := regexp.MustCompile(`(?ms)` + pattern).FindStringSubmatch(text)
				if m == nil {
					t.Fatalf("no %s in %s", pattern, text)
				}
				return m[1]
			}
			open := shellquote.Join("gclean", "round", "open", "--hosts", "hosts", "--pkgs-dir="+filepath.Join(name, "pkgs"), "--prefix", env.Prefix, "./"+name+"/round")
			text := run(open)
			mark, closing := found(`^Now run on every host: (.*?)\nThen run here: `, text), found(`^Then run here: (.*)\n`, text)
			if !strings.Contains(mark, " --prefix ") || !strings.Contains(closing, " --prefix ") {
				t.Errorf("the environment is missing: %s", text)
			}

			// Another round cannot be opened, and what it is told to run ends the first one.
			text = run(open + "2")
			if text = run(found(`; or: (gclean round abort .*?); if that folder is lost`, text)); !strings.Contains(text, " is aborted.") {
				t.Error(text)
			}
			text = run(open + "2")
			mark, closing = found(`^Now run on every host: (.*?)\nThen run here: `, text), found(`^Then run here: (.*)\n`, text)
			if text = run(closing); !strings.Contains(text, "no complete mark of node1") {
				t.Error(text)
			}
			if text = run(found(`; run there: (gclean mark --round .*?); or close without them`, text)); !strings.HasPrefix(text, "node1 holds 0 packages") {
				t.Error(text)
			}
			if text = run(mark); !strings.HasPrefix(text, "node1 holds 0 packages") {
				t.Error(text)
			}
			if text = run(closing); !strings.Contains(text, " is closed. Removed 2 entries") {
				t.Error(text)
			}
			if _, err := os.Stat(c.Path("free-1.0-0")); err == nil {
				t.Error("it is still there")
			}
		})
	}
}

// TestHintOfSlimCanBePasted: the command that slim prints removes what slim lists, by path,
// by name, and inside of --root.
func TestHintOfSlimCanBePasted(t *testing.T) {
	for _, name := range oddFolders() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			top := t.TempDir()
			env, err := fixture.NewEnvironment(filepath.Join(top, "root", "envs", name))
			if err != nil {
				t.Fatal(err)
			}
			c, err := fixture.NewCache(filepath.Join(top, "pkgs"))
			p := fixture.Package{Name: "a", Version: "1", Build: "0", Files: []fixture.File{{Path: "share/doc/a/README", Content: "text"}}}
			if err == nil {
				err = c.Add(p)
			}
			if err == nil {
				err = env.Link(c, p, fixture.Link{Kind: fixture.Copy})
			}
			if err != nil {
				t.Fatal(err)
			}
			doc := filepath.Join(env.Prefix, "share", "doc", "a", "README")
			ways := map[string][]string{"path": {"./" + name}, "root": {"/envs/" + name, "--root", filepath.Join(top, "root")}}
			if !strings.ContainsAny(name, `\/`) && name != "-leading" {
				ways["name"] = []string{"-n", name}
			}
			for way, args := range ways {
				if err := os.WriteFile(doc, []byte("text"), 0o644); err != nil {
					if err = os.MkdirAll(filepath.Dir(doc), 0o755); err == nil {
						err = os.WriteFile(doc, []byte("text"), 0o644)
					}
					if err != nil {
						t.Fatal(err)
					}
				}
				setting := shellquote.Join("export", "CONDA_ENVS_DIRS="+filepath.Join(top, "root", "envs")) + "\n"
				text, err := shell(t, filepath.Dir(env.Prefix), setting+shellquote.Join(append([]string{"gclean", "slim"}, args...)...))
				if way == "root" && strings.Contains(text, "to enter it takes root") {
					t.Log("--root cannot be entered here")
					continue
				}
				if err != nil {
					t.Fatalf("%s: %v: %s", way, err, text)
				}
				run := hint(t, text)
				if text, err = shell(t, "/", setting+run+" --yes"); err != nil {
					t.Errorf("%s: %s: %v: %s", way, run, err, text)
				}
				if _, err := os.Stat(doc); err == nil {
					t.Errorf("%s: %s has left the file", way, run)
				}
			}
		})
	}
}

// TestAgain repeats what says where to look, and nothing else.
func TestAgain(t *testing.T) {
	for _, tt := range []struct{ line, command, more, want string }{
		{"report --pkgs-dir a --pkgs-dir b\\ c --top 5", "", "--all", "gclean --all --pkgs-dir a --pkgs-dir 'b c'"},
		{"report --root /srv/my\\ image --all-users", "", "--all", "gclean --all --root '/srv/my image' --all-users"},
		{"slim -n base --root /i --pycache", "envs", "", "gclean envs --root /i"},
		{"slim -n base --root /i --no-config", "", "-afy", "gclean -afy --root /i --no-config"},
		{"verify --prefix /e -n x --root=-i", "envs", "", "gclean envs --root=-i"},
		{"verify --repair --pkgs-dir /a --pkgs-dir /b", "", "--trash --pkgs-dir /a", "gclean --trash --pkgs-dir /a"},
		{"ls --prefix /e --gone /g --search /s --config /c", "info", "", "gclean info --prefix /e --gone /g --search /s --config /c"},
	} {
		a := newApp("gclean", nil, io.Discard, io.Discard)
		root := newRoot(a, nil)
		root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error { a.cmd = cmd; return nil }
		for _, cmd := range append(root.Commands(), root) {
			cmd.RunE = func(*cobra.Command, []string) error { return nil }
		}
		args := strings.Fields(strings.ReplaceAll(tt.line, `\ `, "\x00"))
		for i := range args {
			args[i] = strings.ReplaceAll(args[i], "\x00", " ")
		}
		root.SetArgs(args)
		if err := root.ExecuteContext(t.Context()); err != nil {
			t.Fatal(tt.line, err)
		}
		if got := a.again(tt.command, strings.Fields(tt.more)...); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.line, got, tt.want)
		}
		if tt.command == "" && strings.Contains(tt.more, "--trash") {
			e := &cache.Entry{Dir: "/c d", Name: "x"}
			if got := a.toldOfRepair(e, fmt.Errorf("/t: %w", verify.ErrForeignTrash)); !strings.HasSuffix(got, "; first run: gclean --trash --pkgs-dir '/c d'") {
				t.Error(got)
			}
		}
	}
}

// TestAdviceQuotesPaths quotes what stands behind a flag that is to be pasted.
func TestAdviceQuotesPaths(t *testing.T) {
	for _, h := range []hold.Hold{{Reason: hold.UnreadableEnv, Prefix: "/my env"}, {Reason: hold.Remembered, Prefix: "/my env"}} {
		if got := endingOf(h); !strings.HasSuffix(got, "--gone '/my env'") {
			t.Error(got)
		}
	}
}
