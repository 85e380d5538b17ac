package installed_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gclean/installed"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

var must = fixture.Must

// python is a noarch Python package, with byte code, a script with the prefix in it and
// symlinks.
func python() fixture.Package {
	return fixture.Package{Name: "py", Version: "1.0", Build: "0", Noarch: fixture.NoarchPython, Files: []fixture.File{
		{Path: "site-packages/py/__init__.py", Content: "pass\n"},
		{Path: "site-packages/py-1.0.dist-info/METADATA", Content: "Name: py\n"},
		{Path: "python-scripts/py", Content: "exec python\n", Prefix: true, Mode: 0o755},
		{Path: "lib/libpy.so.1", Content: "library", Mode: 0o755},
		{Path: "lib/libpy.so", Target: "libpy.so.1"},
	}}
}

// world is an environment with a package of a cache.
type world struct {
	pkgs *fixture.Cache
	env  *fixture.Environment
	p    fixture.Package
}

func newWorld(t testing.TB, l fixture.Link) *world {
	t.Helper()
	top := t.TempDir()
	w := &world{cachetest.NewCache(t, filepath.Join(top, "pkgs")), cachetest.NewEnv(t, filepath.Join(top, "env")), python()}
	must(t, w.pkgs.Add(w.p), w.env.Link(w.pkgs, w.p, l))
	return w
}

func (w *world) verify(t testing.TB) *installed.Verification {
	t.Helper()
	v, err := installed.Verify(t.Context(), installed.Options{Prefix: w.env.Prefix, NothingRuns: true})
	must(t, err)
	return v
}

func (w *world) plan(t testing.TB, v *installed.Verification) *installed.RepairPlan {
	t.Helper()
	p, err := v.RepairPlan(t.Context(), cachetest.Options(w.pkgs).Look)
	must(t, err)
	return p
}

// found are faults and notes, a line each.
func found(v *installed.Verification) (faults, notes string) {
	line := func(path, code string) string { return path + ": " + code + "\n" }
	for _, c := range v.Checks {
		for _, f := range c.Faults {
			faults += line(f.Path, f.Kind.Code())
		}
		for _, n := range c.Notes {
			notes += line(n.Path, n.Kind.Code())
		}
	}
	return strings.TrimSpace(faults), strings.TrimSpace(notes)
}

// snapshot is every file of a tree with mode and content; byte code is Python's.
func snapshot(t testing.TB, top string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(top, func(name string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, ".pyc") {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		target, _ := os.Readlink(name)
		text, _ := os.ReadFile(name)
		fmt.Fprintln(&b, strings.TrimPrefix(name, top), fi.Mode(), target, string(text))
		return nil
	}))
	return b.String()
}

const site = "lib/python3.11/site-packages/"

// What is changed in an environment, what is said of it, and that it is put back as it
// was, whoever wrote the record and however the package was linked.
func TestVerifyAndRepair(t *testing.T) {
	fixture.NeedSymlinks(t)
	remove := func(names ...string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			for _, name := range names {
				must(t, os.RemoveAll(w.env.Path(name)))
			}
		}
	}
	replace := func(name, text string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			must(t, os.RemoveAll(w.env.Path(name)), w.env.AddFile(name, text))
		}
	}
	link := func(name, target string) func(*testing.T, *world) {
		return func(t *testing.T, w *world) {
			must(t, os.RemoveAll(w.env.Path(name)), os.Symlink(target, w.env.Path(name)))
		}
	}
	both := func(a, b func(*testing.T, *world)) func(*testing.T, *world) {
		return func(t *testing.T, w *world) { a(t, w); b(t, w) }
	}
	for name, c := range map[string]struct {
		do            func(*testing.T, *world)
		faults, notes string
	}{
		"nothing":                     {func(*testing.T, *world) {}, "", ""},
		"byte code":                   {remove(site + "py/__pycache__"), "", ""},
		"a module":                    {remove(site + "py"), site + "py/__init__.py: missing", ""},
		"a script":                    {replace("bin/py", "#!/bin/sh\nanother\n"), "bin/py: wrong_hash", ""},
		"a script, gone":              {remove("bin"), "bin/py: missing", ""},
		"a file, other size":          {replace("lib/libpy.so.1", "x"), "lib/libpy.so.1: wrong_size", ""},
		"a file, same size":           {replace("lib/libpy.so.1", "LIBRARY"), "lib/libpy.so.1: wrong_hash", ""},
		"a symlink":                   {remove("lib/libpy.so"), "lib/libpy.so: missing", ""},
		"a symlink to nothing":        {remove("lib/libpy.so.1"), "lib/libpy.so.1: missing\nlib/libpy.so: dangling", ""},
		"a symlink to another file":   {link("lib/libpy.so", "../"+site+"py/__init__.py"), "lib/libpy.so: wrong_target", ""},
		"a symlink to a user's file":  {both(replace("lib/mine.pyc", "mine"), link("lib/libpy.so", "mine.pyc")), "lib/libpy.so: wrong_target", ""},
		"a symlink out":               {link("lib/libpy.so", "/proc/self/status"), "lib/libpy.so: wrong_target", ""},
		"a symlink to a folder":       {link("lib/libpy.so", "."), "lib/libpy.so: wrong_target", ""},
		"a file, now to a folder":     {link("bin/py", "../lib"), "bin/py: wrong_type", ""},
		"a file, cut":                 {replace("bin/py", ""), "bin/py: wrong_size", ""},
		"a folder":                    {remove("lib"), "lib/libpy.so.1: missing\nlib/libpy.so: missing\n" + site + "py-1.0.dist-info/METADATA: missing\n" + site + "py/__init__.py: missing", ""},
		"a file of pip's":             {replace(site+"other/__init__.py", "x"), "", ""},
		"AppleDouble":                 {replace("conda-meta/._py-1.0-0.json", "x"), "", ""},
		"a record that was set aside": {replace("conda-meta/old-1.0-0.json.c~", "{"), "", ""},
	} {
		for linked, l := range map[string]fixture.Link{
			"hard": {}, "copy": {Kind: fixture.Copy, Writer: fixture.Rattler}, "soft": {Kind: fixture.Soft}, "mamba": {Writer: fixture.Mamba}, "sorted": {Writer: fixture.CondaSorted},
		} {
			t.Run(name+"/"+linked, func(t *testing.T) {
				w := newWorld(t, l)
				before := snapshot(t, w.env.Prefix)
				c.do(t, w)
				v := w.verify(t)
				faults, notes := found(v)
				want := strings.Split(c.faults, "\n")
				got := strings.Split(faults, "\n")
				slices.Sort(want)
				slices.Sort(got)
				// Of a soft-linked file the record has no size that counts before its hash.
				gotText := strings.Join(got, "\n")
				wantText := strings.Join(want, "\n")
				if linked == "soft" && strings.HasPrefix(c.faults, "lib/libpy.so.1: wrong") {
					wantText = "lib/libpy.so.1: wrong_type"
				}
				if gotText != wantText || notes != c.notes {
					t.Fatalf("faults:\n%s\nwant\n%s\nnotes: %s, want %s", gotText, wantText, notes, c.notes)
				}
				if c.faults == "" {
					return
				}
				p := w.plan(t, v)
				if len(p.Unmendable) > 0 {
					t.Fatalf("%+v", p.Unmendable)
				}
				r := p.Execute(t.Context(), installed.RepairOptions{})
				if len(r.Failures) > 0 {
					t.Fatalf("%+v", r.Failures)
				}
				if after := snapshot(t, w.env.Prefix); after != before {
					t.Errorf("is\n%s\nwas\n%s", after, before)
				}
				if faults, _ := found(w.verify(t)); faults != "" {
					t.Errorf("still: %s", faults)
				}
			})
		}
	}
}

// A file that was edited through a hard link is damaged in the cache too: the archive
// has it as it was.
func TestRepairFromTheArchive(t *testing.T) {
	w := newWorld(t, fixture.Link{})
	must(t, os.WriteFile(w.env.Path("lib/libpy.so.1"), []byte("EDITED!"), 0o755))
	p := w.plan(t, w.verify(t))
	if len(p.Files) != 1 || !strings.HasSuffix(p.Files[0].From, ".conda") {
		t.Fatalf("%+v %+v", p.Files, p.Unmendable)
	}
	p.Execute(t.Context(), installed.RepairOptions{})
	if text, err := os.ReadFile(w.env.Path("lib/libpy.so.1")); err != nil || string(text) != "library" {
		t.Errorf("%q %v", text, err)
	}
}

// Whatever a cache has under the name of the package proves nothing.
func TestRepairNeedsProof(t *testing.T) {
	fixture.NeedSymlinks(t)
	w := newWorld(t, fixture.Link{Kind: fixture.Copy})
	must(t, os.RemoveAll(w.pkgs.Dir))
	w.pkgs = cachetest.NewCache(t, w.pkgs.Dir)
	other := w.p
	other.Files = nil
	for _, f := range w.p.Files {
		if f.Target != "" {
			f.Target = "/etc/passwd"
		} else {
			f.Content += "of another channel"
		}
		other.Files = append(other.Files, f)
	}
	must(t, w.pkgs.Add(other), os.RemoveAll(w.env.Path("lib")), os.RemoveAll(w.env.Path("bin")))
	p := w.plan(t, w.verify(t))
	if len(p.Files) > 0 || len(p.Unmendable) != 5 {
		t.Errorf("%+v %+v", p.Files, p.Unmendable)
	}
	for _, u := range p.Unmendable {
		if !errors.Is(u.Err, installed.ErrUnproven) {
			t.Error(u.Err)
		}
	}
}

// What a user changed after the plan was shown stays, and so does the old file at every
// fault on the way.
func TestRepairLeavesAloneWhatChanged(t *testing.T) {
	for _, linked := range []fixture.Link{{}, {Kind: fixture.Copy, Writer: fixture.Rattler}} {
		w := newWorld(t, linked)
		must(t, os.Remove(w.env.Path("lib/libpy.so.1")))
		p := w.plan(t, w.verify(t))
		must(t, w.env.AddFile("lib/libpy.so.1", "a user's own"))
		r := p.Execute(t.Context(), installed.RepairOptions{})
		if text, err := os.ReadFile(w.env.Path("lib/libpy.so.1")); err != nil || string(text) != "a user's own" {
			t.Errorf("%q %v", text, err)
		}
		if len(r.Failures) == 0 {
			t.Error("nothing is told")
		}
	}
	stopped := errors.New("stopped")
	for stop := 1; ; stop++ {
		w := newWorld(t, fixture.Link{Kind: fixture.Copy})
		must(t, os.RemoveAll(w.env.Path("bin")), os.Remove(w.env.Path("lib/libpy.so.1")), w.env.AddFile("lib/libpy.so.1", "old"))
		before := snapshot(t, w.env.Prefix)
		n := 0
		r := w.plan(t, w.verify(t)).Execute(t.Context(), installed.RepairOptions{Before: func(string, string) error {
			if n++; n >= stop {
				return stopped
			}
			return nil
		}})
		if n < stop {
			break
		}
		after := snapshot(t, w.env.Prefix)
		if len(r.Repaired) == 0 && after != before {
			t.Errorf("stopped at %d: is\n%s\nwas\n%s", stop, after, before)
		}
		if strings.Contains(after, ".tmp") {
			t.Errorf("stopped at %d: left %s", stop, after)
		}
	}
	w := newWorld(t, fixture.Link{})
	must(t, os.RemoveAll(w.env.Path("lib")))
	ctx, cancel := context.WithCancel(t.Context())
	p := w.plan(t, w.verify(t))
	cancel()
	if r := p.Execute(ctx, installed.RepairOptions{}); r.Err == nil || len(r.Repaired) > 0 {
		t.Errorf("%+v", r)
	}
}

// Notes: what slim took, what pip replaced, and symlinks that led nowhere when they were
// packed.
func TestNotes(t *testing.T) {
	fixture.NeedSymlinks(t)
	w := newWorld(t, fixture.Link{})
	must(t, os.Remove(w.env.Path("lib/libpy.so.1")), w.env.AddFile("conda-meta/gclean-slim",
		`{"schema":1,"removed":[{"path":"lib/libpy.so.1","record":"py-1.0-0","kind":"static-libs"}]}`))
	if faults, notes := found(w.verify(t)); faults != "" || notes != "lib/libpy.so: leads_nowhere\nlib/libpy.so.1: slimmed" {
		t.Errorf("slim: %s; %s", faults, notes)
	}

	w = newWorld(t, fixture.Link{})
	must(t, os.RemoveAll(w.env.Path(site+"py-1.0.dist-info")), os.RemoveAll(w.env.Path(site+"py")),
		w.env.AddFile(site+"py-1.1.dist-info/METADATA", ""), w.env.AddFile(site+"py-1.1.dist-info/INSTALLER", "pip\n"))
	if faults, notes := found(w.verify(t)); faults != "" || notes != site+"py-1.0.dist-info: replaced_by_pip" {
		t.Errorf("pip: %s; %s", faults, notes)
	}

	w = newWorld(t, fixture.Link{})
	record := w.env.Record(w.p)
	text, err := os.ReadFile(record)
	must(t, err)
	text = regexp.MustCompile(`("_path": "lib/libpy.so",\s*"path_type": "softlink",\s*"sha256": ")[0-9a-f]+`).
		ReplaceAll(text, []byte("${1}e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"))
	must(t, os.WriteFile(record, text, 0o644), os.Remove(w.env.Path("lib/libpy.so")), os.Symlink("nothing", w.env.Path("lib/libpy.so")))
	if faults, notes := found(w.verify(t)); faults != "" || notes != "lib/libpy.so: leads_nowhere" {
		t.Errorf("to nothing: %s; %s", faults, notes)
	}
}

// A record that cannot be read, or lists what is no path of an environment, is a fault.
func TestBadRecords(t *testing.T) {
	w := newWorld(t, fixture.Link{})
	must(t, w.env.AddFile("conda-meta/a-1.0-0.json", `{"name": "a", "version": "1.0", "build": "0", "files": ["../../etc/passwd", "/etc/passwd"]}`),
		w.env.AddFile("conda-meta/b-1.0-0.json", `{"name": `))
	faults, _ := found(w.verify(t))
	want := "conda-meta/a-1.0-0.json: bad_info\nconda-meta/a-1.0-0.json: bad_info\nconda-meta/b-1.0-0.json: bad_info"
	if faults != want {
		t.Errorf("got\n%s\nwant\n%s", faults, want)
	}
	if p := w.plan(t, w.verify(t)); len(p.Files) > 0 || len(p.Unmendable) != 3 {
		t.Errorf("%+v %+v", p.Files, p.Unmendable)
	}
}

// Records that conda and rattler refuse are faults, however little gclean needs of them.
func TestRecordsThatLackKeys(t *testing.T) {
	for record, want := range map[string]string{
		`{"name": "a", "version": "1.0", "build": "0"}`:                                                       "",
		`{"name": "a", "version": "1.0", "build_string": "0"}`:                                                "",
		`{"name": "a", "version": "1.0", "build": ""}`:                                                        "",
		`{"version": "1.0", "build": "0"}`:                                                                    `the key "name" is missing`,
		`{"name": "a", "version": null, "build": "0"}`:                                                        `the key "version" is missing`,
		`{"name": "a", "version": "1.0"}`:                                                                     `the key "build" is missing`,
		`{"name": "a", "version": "1.0", "build": "0", "paths_data": {"paths": [{"path_type": "hardlink"}]}}`: `the key "_path" is missing`,
		`{"name": "a", "version": "1.0", "build": "0", "paths_data": {"paths": [{"_path": "lib/libpy.so"}]}}`: `the key "path_type" is missing`,
	} {
		w := newWorld(t, fixture.Link{})
		must(t, w.env.AddFile("conda-meta/a-1.0-0.json", record))
		got := ""
		for _, c := range w.verify(t).Checks {
			for _, f := range c.Faults {
				got += fmt.Sprint(f.Kind, " ", f.Err)
			}
		}
		if got != "" && want == "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q", record, got, want)
		}
	}
}

// What looks like the work of slim, of pip or of an installer, and is none.
func TestFaultsThatAreNoNotes(t *testing.T) {
	fixture.NeedSymlinks(t)
	w := newWorld(t, fixture.Link{})
	must(t, os.Remove(w.env.Path("lib/libpy.so.1")), w.env.AddFile("conda-meta/gclean-slim",
		`{"schema":1,"removed":[{"path":"lib/libpy.so.1","record":"py-0.9-0","kind":"static-libs"}]}`))
	if faults, notes := found(w.verify(t)); !strings.Contains(faults, "lib/libpy.so.1: missing") || strings.Contains(notes, "slimmed") {
		t.Errorf("slim took that of another version: %s; %s", faults, notes)
	}

	w = newWorld(t, fixture.Link{})
	must(t, os.RemoveAll(w.env.Path(site+"py-1.0.dist-info")), os.Mkdir(w.env.Path(site+"py-0.9.dist-info"), 0o755))
	if faults, notes := found(w.verify(t)); faults != site+"py-1.0.dist-info/METADATA: missing" || notes != "" {
		t.Errorf("an empty folder: %s; %s", faults, notes)
	}

	w = newWorld(t, fixture.Link{})
	must(t, os.RemoveAll(w.env.Path(site+"py-1.0.dist-info")), os.RemoveAll(w.env.Path("bin")), os.Remove(w.env.Path("lib/libpy.so")),
		w.env.AddFile(site+"py-1.1.dist-info/METADATA", ""))
	if faults, notes := found(w.verify(t)); faults != "lib/libpy.so: missing" || notes != site+"py-1.0.dist-info: replaced_by_pip" {
		t.Errorf("pip takes no libraries: %s; %s", faults, notes)
	}

	w = newWorld(t, fixture.Link{})
	raw, err := os.ReadFile(w.pkgs.Path(w.p.Dist() + "/python-scripts/py"))
	must(t, err, os.WriteFile(w.env.Path("bin/py"), raw, 0o755))
	if faults, _ := found(w.verify(t)); faults != "bin/py: wrong_hash" {
		t.Errorf("the prefix was not written into it: %s", faults)
	}
}
