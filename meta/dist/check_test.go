package dist

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

// extractable returns p, without its symlinks if the test cannot make any.
func extractable(p fixture.Package) fixture.Package {
	if fixture.CanSymlink() != nil {
		p.Files = slices.DeleteFunc(slices.Clone(p.Files), func(f fixture.File) bool { return f.Target != "" })
	}
	return p
}

func extract(t testing.TB, p fixture.Package) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), p.Dist())
	if err := p.Extract(dir); err != nil {
		t.Fatal(err)
	}
	return dir
}

// check returns the findings of CheckExtracted as text.
func check(t testing.TB, dir string, o CheckOptions) string {
	t.Helper()
	d, err := walk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	findings, err := CheckExtracted(context.Background(), d, o)
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for _, f := range findings {
		lines = append(lines, f.String())
	}
	return strings.Join(lines, "\n")
}

var must = fixture.Must

func TestCheckExtracted(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the package has symlinks")
	}
	write := func(name, text string) func(string) error {
		return func(dir string) error {
			name := filepath.Join(dir, name)
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				return err
			}
			return os.WriteFile(name, []byte(text), 0o644)
		}
	}
	remove := func(name string) func(string) error {
		return func(dir string) error { return os.RemoveAll(filepath.Join(dir, name)) }
	}
	link := func(name, target string) func(string) error {
		return func(dir string) error {
			os.Remove(filepath.Join(dir, name))
			return fixture.Symlink(target, filepath.Join(dir, name))
		}
	}
	for _, c := range []struct {
		name  string
		do    []func(dir string) error
		full  string // beginning of the only finding
		quick string // the same with Fast
	}{
		{"untouched", nil, "", ""},
		{"record", []func(string) error{write("info/repodata_record.json", "{}")}, "", ""},
		{"missing", []func(string) error{remove("share/empty")}, "share/empty: missing", "same"},
		{"folder missing", []func(string) error{remove("share")}, "share/empty: missing", "same"},
		{"added", []func(string) error{write("lib/new", "")}, "lib/new: added", "same"},
		{"byte code", []func(string) error{write("lib/__pycache__/a.pyc", "")}, "lib/__pycache__/a.pyc: added by tool", "same"},
		{"byte code without a source", []func(string) error{write("lib/a.pyc", "")}, "lib/a.pyc: added", "same"},
		{"left by macOS", []func(string) error{write("._lib", ""), write("lib/.DS_Store", "")}, "._lib: added by tool\nlib/.DS_Store: added by tool", "same"},
		{"left by Windows", []func(string) error{write("lib/Thumbs.db", "")}, "lib/Thumbs.db: added by tool", "same"},
		{"left by NFS", []func(string) error{write("lib/.nfs0000000000000001", "")}, "lib/.nfs0000000000000001: added by tool", "same"},
		{"left in info", []func(string) error{write("info/.DS_Store", ""), write("info/._index.json", "")}, "", ""},
		{"longer", []func(string) error{write("lib/libsmall.so.1", "other length than it had")}, "lib/libsmall.so.1: wrong size: 24, expected 15", "same"},
		{"changed", []func(string) error{write("lib/libsmall.so.1", "Not an ELF file")}, "lib/libsmall.so.1: wrong hash: ", ""},
		{"folder for file", []func(string) error{remove("share/empty"), write("share/empty/x", "")}, "share/empty: wrong type: folder, expected file", "same"},
		{"symlink for file", []func(string) error{link("share/empty", "../lib")}, "share/empty: wrong type: symlink, expected file", "same"},
		{"file for symlink", []func(string) error{remove("lib/libsmall.so"), write("lib/libsmall.so", "not an ELF file")}, "lib/libsmall.so: no symlink", "lib/libsmall.so: wrong type: file, expected symlink"},
		{"empty file for symlink", []func(string) error{remove("lib/libsmall.so"), write("lib/libsmall.so", "")}, "lib/libsmall.so: no symlink", "same"},
		{"another file for symlink", []func(string) error{remove("lib/libsmall.so"), write("lib/libsmall.so", "Not an ELF file")}, "lib/libsmall.so: wrong type: file, expected symlink", "same"},
		{"longer file for symlink", []func(string) error{remove("lib/libsmall.so"), write("lib/libsmall.so", "not an ELF file at all")}, "lib/libsmall.so: wrong type: file, expected symlink", "same"},
		{"symlink moved", []func(string) error{link("lib/libsmall.so", "../bin/tool")}, "lib/libsmall.so: wrong target: bin/tool, expected a file of SHA-256", "same"},
		{"symlink to the same", []func(string) error{link("lib/libsmall.so", "../lib/./libsmall.so.1")}, "", ""},
		{"symlink to another package", []func(string) error{link("lib/libsmall.so", "libother.so")}, "", ""},
		{"symlink to itself", []func(string) error{link("lib/libsmall.so", "libsmall.so")}, "", ""},
		{"symlink out", []func(string) error{link("lib/libsmall.so", "../../x")}, "lib/libsmall.so: wrong target: ../../x, expected a path in the package", "same"},
		{"folder through a symlink", []func(string) error{remove("share"), link("share", "lib")}, "share: added\nshare/empty: missing", "same"},
		{"no index", []func(string) error{remove("info/index.json")}, "info/index.json: missing", "same"},
		{"bad index", []func(string) error{write("info/index.json", "{")}, "info/index.json: bad info", "same"},
		{"other index", []func(string) error{write("info/index.json", `{"name": "other", "version": "1", "build": "0"}`)}, "wrong name: small-1.0-0, expected other-1-0", "same"},
		{"bad list", []func(string) error{write("info/paths.json", `{"paths": [{"_path": "a"`)}, "info/paths.json: bad info", "same"},
		{"list of files outside", []func(string) error{write("info/paths.json", `{"paths": [{"_path": "../a"}]}`), remove("lib"), remove("bin"), remove("share")}, "info/paths.json: bad info: the path ../a leads upwards", "same"},
		{"old", []func(string) error{remove("info/paths.json"), remove("lib/libsmall.so.1"), write("bin/tool", "x")}, "lib/libsmall.so.1: missing", "same"},
		{"no list", []func(string) error{remove("info/paths.json"), remove("info/files")}, "info/paths.json: missing", "same"},
		{"info gone", []func(string) error{remove("info")}, "info/index.json: missing\ninfo/paths.json: missing", "same"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := extract(t, small(fixture.Conda))
			for _, do := range c.do {
				must(t, do(dir))
			}
			if c.quick == "same" {
				c.quick = c.full
			}
			var done atomic.Int64
			full := check(t, dir, CheckOptions{Done: func(n int64) { done.Add(n) }})
			if !strings.HasPrefix(full, c.full) || c.full == "" && full != "" || strings.Count(full, "\n") != strings.Count(c.full, "\n") {
				t.Errorf("%s\nwant %s", full, c.full)
			}
			if c.full == "" && done.Load() == 0 {
				t.Error("nothing was read")
			}
			quick := check(t, dir, CheckOptions{Fast: true, Jobs: 1})
			if !strings.HasPrefix(quick, c.quick) || c.quick == "" && quick != "" {
				t.Errorf("fast: %s\nwant %s", quick, c.quick)
			}
		})
	}
}

func TestCheckNoarchPython(t *testing.T) {
	p := fixture.Package{
		Name: "py", Version: "1", Build: "0", Noarch: fixture.NoarchPython,
		Files: []fixture.File{{Path: "site-packages/py.py", Content: "pass"}},
	}
	dir := extract(t, p)
	must(t, os.Mkdir(filepath.Join(dir, "site-packages", "__pycache__"), 0o755))
	for _, name := range []string{"site-packages/__pycache__/py.cpython-312.pyc", "site-packages/py.pyc"} {
		must(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), nil, 0o644))
	}
	if got := check(t, dir, CheckOptions{}); got != "site-packages/py.pyc: added by tool" {
		t.Error(got)
	}
	if got := check(t, dir, CheckOptions{Dist: "py-1-1", Fast: true}); !strings.HasPrefix(got, "wrong name: py-1-1, expected py-1-0") {
		t.Error(got)
	}
}

// Symlinks that leave a package are sound, unless they led to a file in it.
func TestCheckSymlinksOut(t *testing.T) {
	fixture.NeedSymlinks(t)
	for target, want := range map[string]string{
		"/etc/ssl/certs":                       "lib/certs: leads out: /etc/ssl/certs",
		"../../../certs":                       "lib/certs: leads out: ../../../certs",
		"/opt/anaconda1anaconda2anaconda3/lib": "lib/certs: leads out: /opt/anaconda1anaconda2anaconda3/lib",
		"../share":                             "",
	} {
		p := small(fixture.Conda)
		p.Files = append(p.Files, fixture.File{Path: "lib/certs", Target: target})
		if got := check(t, extract(t, p), CheckOptions{}); got != want {
			t.Errorf("%s: %q, want %q", target, got, want)
		}
	}
}

// In packages for Windows, listed paths may differ from the files in case and separators.
func TestCheckWindowsPackage(t *testing.T) {
	for subdir, want := range map[string]string{
		"win-64":   "",
		"linux-64": "library/bin/a.dll: added\nlibrary\\bin\\A.dll: missing\nscripts/b.exe: added\nScripts/b.exe: missing",
	} {
		if runtime.GOOS == "windows" && subdir != "win-64" {
			continue // on Windows names never differ in case
		}
		dir := filepath.Join(t.TempDir(), "a-1-0")
		for name, text := range map[string]string{
			"info/index.json":   `{"name": "a", "version": "1", "build": "0", "subdir": "` + subdir + `"}`,
			"info/paths.json":   `{"paths": [{"_path": "Library\\bin\\A.dll"}, {"_path": "Scripts/b.exe", "size_in_bytes": 1}]}`,
			"library/bin/a.dll": "x", "scripts/b.exe": "x",
		} {
			name = filepath.Join(dir, filepath.FromSlash(name))
			must(t, os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644))
		}
		got := strings.Split(check(t, dir, CheckOptions{}), "\n")
		for _, line := range strings.Split(strings.ReplaceAll(want, `library\bin\A.dll`, `"Library\\bin\\A.dll"`), "\n") {
			if !slices.Contains(got, line) {
				t.Errorf("%s: %q lacks %q", subdir, got, line)
			}
		}
		if want == "" && len(got) > 1 {
			t.Errorf("%s: %q", subdir, got)
		}
	}
}

func TestCheckCancelled(t *testing.T) {
	d, err := walk.Open(extract(t, extractable(small(fixture.Conda))))
	must(t, err)
	defer d.Close()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if f, err := CheckExtracted(ctx, d, CheckOptions{}); err != context.Canceled || f != nil {
		t.Errorf("%v, %v", f, err)
	}
}

// BenchmarkCheckExtracted reads a package of about 20 MB in 1,500 files.
func BenchmarkCheckExtracted(b *testing.B) {
	p := sources(b, fixture.Conda)
	d, err := walk.Open(extract(b, p))
	must(b, err)
	defer d.Close()
	var total int64
	for _, f := range p.Files {
		total += int64(len(f.Content))
	}
	for _, fast := range []bool{false, true} {
		b.Run(map[bool]string{false: "full", true: "fast"}[fast], func(b *testing.B) {
			b.SetBytes(total)
			for b.Loop() {
				f, err := CheckExtracted(context.Background(), d, CheckOptions{Fast: fast})
				if err != nil || len(f) > 0 {
					b.Fatal(f, err)
				}
			}
			b.ReportMetric(float64(len(p.Files)*b.N)/b.Elapsed().Seconds(), "files/s")
		})
	}
}
