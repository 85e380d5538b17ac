package others

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"gclean/meta"
)

// tree makes files in a new folder, each with 10 bytes.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("0123456789"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// found returns the folders that Find returns, by path below dir.
func found(t *testing.T, dir string, d *meta.Discovery) map[string]Folder {
	t.Helper()
	list, err := Find(t.Context(), d, 0)
	if err != nil {
		t.Fatal(err)
	}
	byPath := map[string]Folder{}
	for _, f := range list {
		name, err := filepath.Rel(dir, f.Path)
		if err != nil {
			t.Fatal(err)
		}
		byPath[filepath.ToSlash(name)] = f
	}
	return byPath
}

func check(t *testing.T, got map[string]Folder, want map[string]Kind) {
	t.Helper()
	for path, f := range got {
		if want[path] != f.Kind {
			t.Errorf("%s is %q, want %q", path, f.Kind, want[path])
		}
	}
	for path, kind := range want {
		if got[path].Kind != kind {
			t.Errorf("%s is %q, want %q", path, got[path].Kind, kind)
		}
	}
}

func TestInstallations(t *testing.T) {
	dir := tree(t,
		"a/condabin/conda", "a/pkgs/urls.txt", "a/conda-bld/noarch/x-1-0.conda",
		"b/pkgs/urls", "c/pkgs/urls.txt", "d/pkgs/urls.txt", "e/condabin/conda", "e/pkgs/notes")
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	list := "/home/u/.conda/environments.txt"
	d := &meta.Discovery{Environments: []meta.Environment{
		{Prefix: at("a"), Sources: []string{list}},
		{Prefix: at("b"), Sources: []string{list}, Records: []string{"conda-24.1.0-py312_0.json"}},
		{Prefix: at("c/envs/x"), Sources: []string{list}},
		{Prefix: at("d"), Sources: []string{list}, Records: []string{"conda-build-3.1-0.json"}}, // any environment
		{Prefix: at("e"), Sources: []string{list}},                                              // no marks
	}}
	got := found(t, dir, d)
	check(t, got, map[string]Kind{
		"a/pkgs": Installation, "b/pkgs": Installation, "c/pkgs": Installation, "a/conda-bld": CondaBuild,
	})
	if f := got["a/pkgs"]; !f.Cache || f.Source != list || f.Usage.Apparent != 10 || f.Usage.Files != 1 || f.Usage.Inodes != 2 || f.Err != nil {
		t.Errorf("a/pkgs is %+v", f)
	}
	if f := got["a/conda-bld"]; f.Cache || f.Usage.Files != 1 || f.Usage.Inodes != 3 {
		t.Errorf("a/conda-bld is %+v", f)
	}

	// A cache that is cleaned anyway is not reported, whatever its path is.
	d.Caches = []meta.Value{{Path: at("a/../a/pkgs")}}
	if _, ok := found(t, dir, d)["a/pkgs"]; ok {
		t.Error("a/pkgs is told of, and it is one of the caches")
	}
	// Root reports no folders of an environment that its user's process has read.
	d.Environments[1].Elsewhere = &meta.Elsewhere{}
	if _, ok := found(t, dir, d)["b/pkgs"]; ok {
		t.Error("b/pkgs is told of, and another process has looked at its environment")
	}
}

func TestToolsOfTheUser(t *testing.T) {
	data := ".local/share/conda-pypi"
	switch runtime.GOOS {
	case "darwin":
		data = "Library/Application Support/conda-pypi"
	case "windows":
		data = "AppData/Local/conda-pypi/conda-pypi"
	}
	dir := tree(t, ".conda/constructor/linux-64/urls.txt", ".conda/constructor/tmp/urls.txt", data+"/noarch/repodata.json",
		"xdg/conda-pypi/noarch/repodata.json", "other/readme")
	vars := map[string]string{}
	d := &meta.Discovery{Host: meta.Host{
		Home: dir, UID: 1000, Getenv: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
	}}
	got := found(t, dir, d)
	check(t, got, map[string]Kind{".conda/constructor/linux-64": Constructor, data: CondaPyPI})
	if !got[".conda/constructor/linux-64"].Cache || got[data].Cache {
		t.Errorf("caches: %+v", got)
	}
	vars["CONSTRUCTOR_CACHE"] = "~/other"
	want := map[string]Kind{"other": Constructor, data: CondaPyPI}
	if runtime.GOOS == "linux" {
		vars["XDG_DATA_HOME"] = filepath.Join(dir, "xdg")
		want = map[string]Kind{"other": Constructor, "xdg/conda-pypi": CondaPyPI}
	}
	check(t, found(t, dir, d), want)
	vars["CONSTRUCTOR_CACHE"] = dir // a home is never measured
	delete(want, "other")
	check(t, found(t, dir, d), want)
}

func TestRootLooksIntoNoHome(t *testing.T) {
	dir := tree(t, "home/u/conda/pkgs/urls.txt", "root/conda/pkgs/urls.txt", "opt/conda/pkgs/urls.txt", "link/condabin/conda")
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	if err := os.Symlink(at("home/u/conda/pkgs"), at("link/pkgs")); err != nil {
		t.Skip(err)
	}
	real, err := filepath.EvalSymlinks(dir) // on macOS /tmp is a symlink
	if err != nil {
		t.Fatal(err)
	}
	d := &meta.Discovery{
		Host: meta.Host{Home: at("root")}, Homes: []string{"/", at("home/u"), filepath.Join(real, "home", "u"), at("root")},
	}
	for _, name := range []string{"home/u/conda", "root/conda", "opt/conda", "link"} {
		d.Environments = append(d.Environments, meta.Environment{Prefix: at(name), Records: []string{"conda-24.1.0-0.json"}})
	}
	check(t, found(t, dir, d), map[string]Kind{"root/conda/pkgs": Installation, "opt/conda/pkgs": Installation})
	d.Host.UID, d.Host.Home = 1000, at("home/u")
	got := found(t, dir, d)
	if got["home/u/conda/pkgs"].Kind != Installation {
		t.Errorf("a user's own cache is not told of: %v", got)
	}
}

// Debian's user sys has /dev as home, and caches can be in memory.
func TestHomesOfServicesAreOpen(t *testing.T) {
	d := &meta.Discovery{Host: meta.Host{Home: "/root"}, Homes: []string{"/", "/dev", "/dev/shm/u"}}
	for path, want := range map[string]bool{"/dev/shm/conda/pkgs": true, "/dev/shm/u/conda/pkgs": false, "/dev/shm": false} {
		if got := mayLook(d, filepath.FromSlash(path)); got != want {
			t.Errorf("mayLook(%s) = %v, want %v", path, got, want)
		}
	}
}

func TestStickyFoldersAreNotMeasured(t *testing.T) {
	dir := tree(t, "x")
	if err := os.Chmod(dir, 0o777|os.ModeSticky); err != nil || runtime.GOOS == "windows" {
		t.Skip("there are no sticky folders here: ", err)
	}
	d := &meta.Discovery{Host: meta.Host{UID: 1000, Getenv: func(name string) (string, bool) { return dir, name == "CONSTRUCTOR_CACHE" }}}
	if got := found(t, dir, d); len(got) > 0 {
		t.Errorf("found %v", got)
	}
}

func TestHardLinksAreCountedOnce(t *testing.T) {
	dir := tree(t, "a/pkgs/urls.txt", "b/pkgs/urls.txt")
	at := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	if err := os.Link(at("a/pkgs/urls.txt"), at("b/pkgs/x")); err != nil {
		t.Skip(err)
	}
	var d meta.Discovery
	for _, name := range []string{"a", "b"} {
		d.Environments = append(d.Environments, meta.Environment{Prefix: at(name), Records: []string{"conda-24.1.0-0.json"}})
	}
	got := found(t, dir, &d)
	if n := got["a/pkgs"].Usage.Inodes + got["b/pkgs"].Usage.Inodes; n != 4 {
		t.Errorf("%d inodes, want 4: two folders, two files", n)
	}
}

func TestCancelled(t *testing.T) {
	dir := tree(t, "a/pkgs/urls.txt")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	d := &meta.Discovery{Environments: []meta.Environment{{Prefix: filepath.Join(dir, "a"), Records: []string{"conda-24.1.0-0.json"}}}}
	if _, err := Find(ctx, d, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
