package hold

import (
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/walk"
)

// A file of an environment may lead through a package to another place. The package on the
// way must be kept too.
func TestLinkThroughPackage(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	pkg, env, data := filepath.Join(top, "pkgs", "a-1-0"), filepath.Join(top, "env"), filepath.Join(top, "data")
	must(t, os.MkdirAll(filepath.Join(pkg, "share"), 0o755), os.MkdirAll(filepath.Join(env, "bin"), 0o755), os.MkdirAll(filepath.Join(data, "d"), 0o755),
		os.WriteFile(filepath.Join(data, "d", "f"), nil, 0o644),
		fixture.Symlink(data, filepath.Join(pkg, "share", "out")),
		fixture.Symlink(filepath.Join(pkg, "share", "out", "d"), filepath.Join(env, "folder")),
		fixture.Symlink(filepath.Join(pkg, "share", "out", "d", "f"), filepath.Join(env, "bin", "file")),
		fixture.Symlink(data, filepath.Join(env, "other")))
	id, err := walk.Identify(pkg)
	must(t, err)
	p := &Package{Cache: filepath.Dir(pkg), Name: "a-1-0", Dist: "a-1-0", ID: id}
	for rel, want := range map[string]bool{
		filepath.Join("folder", "f"):     true, // a folder on the way is a symlink through it
		filepath.Join("bin", "file"):     true, // the file itself is a symlink
		filepath.Join("other", "d", "f"): false,
		filepath.Join("gone", "f"):       false,
	} {
		d := newDiskEvidence()
		real, err := walk.Real(env)
		must(t, err)
		got, err := d.fileInto(real, rel, map[string]string{}, func(dir string) (bool, error) { return d.isInside(dir, p) })
		if err != nil || (got != "") != want {
			t.Errorf("%s: %q, %v, want %v", rel, got, err, want)
		}
	}
}

// In an environment without records, every folder is searched, whatever files it has.
// Exceptions are caches whose packages are asked about, and environments with records,
// which are read on their own.
func TestBareLooksEverywhere(t *testing.T) {
	fixture.NeedSymlinks(t)
	top := t.TempDir()
	pkg, env := filepath.Join(top, "pkgs", "a-1-0"), filepath.Join(top, "env")
	for _, in := range []string{"lib", "nested"} {
		must(t, os.MkdirAll(filepath.Join(env, in), 0o755))
	}
	must(t, os.MkdirAll(pkg, 0o755), os.WriteFile(filepath.Join(pkg, "f"), nil, 0o644),
		os.WriteFile(filepath.Join(env, "lib", "urls.txt"), nil, 0o644), os.MkdirAll(filepath.Join(env, "nested", "conda-meta"), 0o755))
	id, err := walk.Identify(pkg)
	must(t, err)
	p := &Package{Cache: filepath.Dir(pkg), Name: "a-1-0", Dist: "a-1-0", ID: id}
	for _, in := range []string{"lib", "nested"} {
		link := filepath.Join(env, in, "f")
		must(t, fixture.Symlink(filepath.Join(pkg, "f"), link))
		found, err := newDiskEvidence().bare(t.Context(), &meta.Environment{Prefix: env}, []*Package{p})
		if err != nil || found[p] == "" {
			t.Errorf("%s: %v, %v", in, found, err)
		}
		must(t, os.Remove(link))
	}
}

var must = fixture.Must
