//go:build unix

package slim_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gclean/internal/fixture"
	"gclean/slim"
	"gclean/walk"
)

// small is an environment with something of several kinds: six items, two of
// them in folders that nothing is left in.
func small(t testing.TB, top string) installed {
	env := install(t, top, fixture.Copy, pkg("a", "lib/a.a", "lib/b.a", "lib/a.so", "share/doc/a/README", "share/doc/a/b/README"))
	must(t, env.AddFile("lib/m.py", ""), env.AddFile("lib/__pycache__/m.cpython-311.pyc", "x"))
	return env
}

// Each change of the file system fails once, for some reason or other: the rest
// is done, and what failed is there.
func TestFaultsAtEveryStep(t *testing.T) {
	steps := 0
	for step := 0; step <= 1 || step < steps; step++ { // without the note, no step follows
		env := small(t, t.TempDir())
		p := prepare(t, env.Prefix, slim.Kinds()...)
		n, failed := 0, ""
		res := p.Execute(context.Background(), slim.RemoveOptions{Jobs: 1, Before: func(op, path string) error {
			if n > 0 && op == "note" {
				return nil // what went, after a failure
			}
			n++
			if n == step+1 {
				failed = op + " " + path
				return syscall.EIO
			}
			return nil
		}})
		steps = max(steps, n)
		name := strings.TrimPrefix(failed, "unlink "+env.Prefix+"/")
		switch {
		case len(res.Failures) != 1 || !errors.Is(res.Failures[0].Err, syscall.EIO):
			t.Errorf("%s: failures %v", failed, res.Failures)
		case !strings.HasSuffix(failed, "/"+res.Failures[0].Path) || !strings.Contains(res.Failures[0].Err.Error(), res.Failures[0].Path):
			t.Errorf("%s: told of %v", failed, res.Failures[0])
		case strings.HasPrefix(failed, "rmdir"):
			if len(res.Removed) != len(p.Items) {
				t.Errorf("%s: %d of %d went", failed, len(res.Removed), len(p.Items))
			}
		case strings.HasPrefix(failed, "note"):
			if len(res.Removed) > 0 {
				t.Errorf("%s: %d went", failed, len(res.Removed))
			}
		case len(res.Removed) != len(p.Items)-1:
			t.Errorf("%s: %d of %d went", failed, len(res.Removed), len(p.Items))
		case name != failed && !exists(env.Path(name)):
			t.Errorf("%s is gone", name)
		}
		if exists(env.Path("conda-meta/.gclean-history")) {
			t.Errorf("%s: a file is left in conda-meta", failed)
		}
		// The next run does the rest.
		execute(t, prepare(t, env.Prefix, slim.Kinds()...))
		if got := listing(t, env.Prefix); strings.HasPrefix(failed, "rmdir") == (got == "lib/a.so lib/m.py share/") {
			t.Errorf("%s: is left: %s", failed, got)
		}
	}
	if steps != 13 { // the note; 5 unlink; create, chmod and rename; 4 rmdir
		t.Errorf("%d steps", steps)
	}
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// What is not what was planned is left alone.
func TestChangedSinceThePlan(t *testing.T) {
	replace := func(name, content string) func(*testing.T, installed) {
		return func(t *testing.T, env installed) {
			must(t, os.Remove(env.Path(name)), env.AddFile(name, content))
		}
	}
	for _, c := range []struct {
		name    string
		change  func(*testing.T, installed)
		changed string
		gone    string
		left    string // beside what always is
	}{
		{"a file replaced", replace("lib/a.a", "other"), "lib/a.a", "", "lib/a.a"},
		{"a file written to", func(t *testing.T, env installed) {
			f, err := os.OpenFile(env.Path("lib/a.a"), os.O_WRONLY, 0)
			must(t, err)
			_, err = f.WriteString("#")
			must(t, err, f.Close(), os.Chtimes(env.Path("lib/a.a"), time.Now(), time.Now()))
		}, "lib/a.a", "", "lib/a.a"},
		{"a file that is a symlink now", func(t *testing.T, env installed) {
			must(t, os.Rename(env.Path("lib/a.a"), env.Path("lib/real")), fixture.Symlink("real", env.Path("lib/a.a")))
		}, "lib/a.a", "", "lib/a.a lib/real"},
		{"a file that is a folder now", func(t *testing.T, env installed) {
			must(t, os.Remove(env.Path("lib/a.a")), os.Mkdir(env.Path("lib/a.a"), 0o755))
		}, "lib/a.a", "", "lib/a.a/"},
		{"a file gone", func(t *testing.T, env installed) { must(t, os.Remove(env.Path("lib/a.a"))) }, "", "lib/a.a", ""},
		{"a folder gone", func(t *testing.T, env installed) { must(t, os.RemoveAll(env.Path("share/doc"))) },
			"", "share/doc/a/README share/doc/a/b/README", ""},
		{"a folder that is a symlink now", func(t *testing.T, env installed) {
			must(t, os.Rename(env.Path("share/doc/a"), env.Path("share/real")), fixture.Symlink("../real", env.Path("share/doc/a")))
		}, "share/doc/a/README share/doc/a/b/README", "", "share/doc/a share/real/README share/real/b/README"},
		{"something new in a folder", func(t *testing.T, env installed) { must(t, env.AddFile("share/doc/a/b/new", "")) }, "", "", "share/doc/a/b/new"},
		{"another history", func(t *testing.T, env installed) {
			must(t, os.WriteFile(env.Path("conda-meta/history"), []byte("new"), 0o644))
		}, "conda-meta/history", "", ""},
		{"a link to another file more", func(t *testing.T, env installed) {
			must(t, os.Link(env.Path("lib/a.a"), env.Path("lib/link")))
		}, "", "", "lib/link"},
	} {
		env := small(t, t.TempDir())
		p := prepare(t, env.Prefix, slim.Kinds()...)
		c.change(t, env)
		res := execute(t, p)
		if got := names(res.Changed); got != c.changed {
			t.Errorf("%s: changed %s, want %s", c.name, got, c.changed)
		}
		if got := names(res.Gone); got != c.gone {
			t.Errorf("%s: gone %s, want %s", c.name, got, c.gone)
		}
		if len(res.Removed)+len(res.Gone)+len(res.Changed) != len(p.Items) {
			t.Errorf("%s: went %s", c.name, names(res.Removed))
		}
		got := listing(t, env.Prefix)
		for _, name := range strings.Fields("lib/a.so lib/m.py share/ " + c.left) {
			if name != "share/" && !strings.Contains(" "+got+" ", " "+name+" ") {
				t.Errorf("%s: %s is gone, left is %s", c.name, name, got)
			}
		}
		if n := len(strings.Fields(got)); n > 3+len(strings.Fields(c.left)) {
			t.Errorf("%s: left is %s", c.name, got)
		}
	}
}

func TestPrefixReplaced(t *testing.T) {
	top := t.TempDir()
	env := small(t, top)
	p := prepare(t, env.Prefix, slim.Kinds()...)
	must(t, os.Rename(env.Prefix, filepath.Join(top, "old")))
	other := small(t, filepath.Join(top, "other"))
	must(t, fixture.Symlink(other.Prefix, env.Prefix))
	before := listing(t, other.Prefix)
	res := p.Execute(context.Background(), slim.RemoveOptions{})
	if len(res.Failures) != 1 || !errors.Is(res.Failures[0].Err, walk.ErrChanged) || len(res.Removed) > 0 {
		t.Errorf("%+v", res)
	}
	check(t, "the other", listing(t, other.Prefix), before)
}

func TestInterrupted(t *testing.T) {
	for step := range 7 {
		env := small(t, t.TempDir())
		p := prepare(t, env.Prefix, slim.Kinds()...)
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		res := p.Execute(ctx, slim.RemoveOptions{Jobs: 1, Before: func(string, string) error {
			if n++; n > step {
				cancel()
			}
			return nil
		}})
		cancel()
		if !errors.Is(res.Err, context.Canceled) || len(res.Failures) > 0 || len(res.Removed) > step+1 {
			t.Errorf("step %d of %d: %v, %v", step, n, res.Err, res.Failures)
		}
		text, err := os.ReadFile(env.Path("conda-meta/history"))
		must(t, err)
		if exists(env.Path("conda-meta/.gclean-history")) || len(text) > 0 && len(text) < 10 {
			t.Errorf("step %d: history %q", step, text)
		}
		if _, err := slim.Prepare(ctx, slim.Options{Prefix: env.Prefix, Kinds: slim.Kinds()}); !errors.Is(err, context.Canceled) {
			t.Errorf("a plan all the same: %v", err)
		}
		execute(t, prepare(t, env.Prefix, slim.Kinds()...))
		check(t, fmt.Sprintf("is left after step %d", step), listing(t, env.Prefix), "lib/a.so lib/m.py share/")
	}
}

// The history goes in one step, and what takes its place is as conda wants it.
func TestHistory(t *testing.T) {
	env := small(t, t.TempDir())
	history := env.Path("conda-meta/history")
	must(t, os.Chmod(history, 0o664), env.AddFile("conda-meta/.gclean-history", "of a killed run"))
	if os.Geteuid() == 0 {
		must(t, os.Chown(history, 12, 34))
	}
	before, err := os.Stat(history)
	must(t, err)
	execute(t, prepare(t, env.Prefix, slim.History))
	after, err := os.Stat(history)
	must(t, err)
	if after.Size() != 0 || after.Mode() != before.Mode() || os.SameFile(before, after) {
		t.Errorf("%v %d bytes", after.Mode(), after.Size())
	}
	old, ok := before.Sys().(*syscall.Stat_t)
	if now := after.Sys().(*syscall.Stat_t); ok && (now.Uid != old.Uid || now.Gid != old.Gid) {
		t.Errorf("owner %d:%d", now.Uid, now.Gid)
	}
	if exists(env.Path("conda-meta/.gclean-history")) {
		t.Error("a file is left in conda-meta")
	}
	check(t, "the rest", listing(t, env.Prefix), "lib/__pycache__/m.cpython-311.pyc lib/a.a lib/a.so lib/b.a lib/m.py share/doc/a/README share/doc/a/b/README")
}

// Who owns conda-meta may put anything in the place of the empty file: it is
// neither given away nor taken for the history.
func TestHistoryAttacked(t *testing.T) {
	const user = 12345
	for _, op := range []string{"chmod", "rename"} {
		for what, swap := range map[string]func(victim, path string) error{
			"a link": os.Link, "a symlink": os.Symlink,
			"a link more": func(_, path string) error { return os.Link(path, path+"-2") },
		} {
			top := t.TempDir()
			env := small(t, top)
			history, victim := env.Path("conda-meta/history"), filepath.Join(top, "victim")
			must(t, os.Chmod(history, 0o666), os.WriteFile(victim, []byte("secret"), 0o600))
			if os.Geteuid() == 0 {
				must(t, os.Chown(history, user, user))
			}
			text, err := os.ReadFile(history)
			must(t, err)
			before, err := os.Stat(victim)
			must(t, err)
			p := prepare(t, env.Prefix, slim.History)
			res := p.Execute(context.Background(), slim.RemoveOptions{Before: func(at, path string) error {
				if at != op {
					return nil
				}
				empty := env.Path("conda-meta/.gclean-history")
				if what != "a link more" {
					must(t, os.Remove(empty))
				}
				return swap(victim, empty)
			}})
			if len(res.Changed) != 1 || len(res.Removed) > 0 {
				t.Errorf("%s before %s: %+v", what, op, res)
			}
			if now, err := os.ReadFile(history); err != nil || string(now) != string(text) {
				t.Errorf("%s before %s: the history is %q, %v", what, op, now, err)
			}
			after, err := os.Stat(victim)
			must(t, err)
			a, b := after.Sys().(*syscall.Stat_t), before.Sys().(*syscall.Stat_t)
			if a.Uid != b.Uid || a.Gid != b.Gid || a.Mode != b.Mode {
				t.Errorf("%s before %s: the victim is %d:%d %v", what, op, a.Uid, a.Gid, after.Mode())
			}
		}
	}
}

func TestHistoryThatIsASymlink(t *testing.T) {
	env := small(t, t.TempDir())
	must(t, os.Rename(env.Path("conda-meta/history"), env.Path("real")), fixture.Symlink("../real", env.Path("conda-meta/history")))
	p := prepare(t, env.Prefix, slim.History)
	check(t, "stays", kept(p), "conda-meta/history: not a regular file")
	check(t, "goes", names(p.Items), "")
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write to any folder")
	}
	env := small(t, t.TempDir())
	must(t, os.Chmod(env.Path("lib"), 0o555))
	t.Cleanup(func() { os.Chmod(env.Path("lib"), 0o755) })
	res := prepare(t, env.Prefix, slim.StaticLibs, slim.Docs).Execute(context.Background(), slim.RemoveOptions{})
	check(t, "went", names(res.Removed), "share/doc/a/README share/doc/a/b/README")
	for _, f := range res.Failures {
		if !strings.Contains(f.Err.Error(), "run as its owner or as root") {
			t.Error(f.Err)
		}
	}
	if len(res.Failures) != 2 {
		t.Errorf("failures: %v", res.Failures)
	}
}

func TestUnreadableFolders(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read any folder")
	}
	env := small(t, t.TempDir())
	must(t, os.Chmod(env.Path("share/doc"), 0))
	t.Cleanup(func() { os.Chmod(env.Path("share/doc"), 0o755) })
	p := prepare(t, env.Prefix, slim.StaticLibs, slim.Docs)
	check(t, "goes", names(p.Items), "lib/a.a lib/b.a")
	if !p.Failed() || p.Doubt() {
		t.Errorf("%v", p.Problems)
	}
	must(t, os.Chmod(env.Path("conda-meta"), 0))
	t.Cleanup(func() { os.Chmod(env.Path("conda-meta"), 0o755) })
	if _, err := slim.Prepare(context.Background(), slim.Options{Prefix: env.Prefix}); err == nil || !strings.Contains(err.Error(), "its records cannot be read; run as its owner") {
		t.Error(err)
	}
}

// Many workers do what one does.
func TestManyAtATime(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy)
	var files []string
	for i := range 3000 {
		files = append(files, fmt.Sprintf("share/doc/%d/%d/x%d", i%7, i%97, i))
	}
	p := pkg("many", files...)
	must(t, env.cache.AddExtracted(p), env.Link(env.cache, p, fixture.Link{Kind: fixture.Hard}))
	done := 0
	plan := prepare(t, env.Prefix, slim.Docs)
	res := plan.Execute(context.Background(), slim.RemoveOptions{Jobs: 8, Done: func(*slim.Item, error) { done++ }})
	if len(res.Removed) != len(files) || done != len(files) || len(res.Failures) > 0 || res.Folders != 679+7+1 {
		t.Errorf("%d went, %d told, %d folders, %v", len(res.Removed), done, res.Folders, res.Failures)
	}
	check(t, "is left", listing(t, env.Prefix), "share/")
}
