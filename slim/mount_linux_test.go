package slim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gclean/internal/fixture"
	"gclean/slim"
	"gclean/slim/taken"
	"gclean/walk"
)

// mount mounts something for the time of the test, or skips it.
func mount(t *testing.T, source, dir, kind string, flags uintptr, data string) {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	if err := unix.Mount(source, dir, kind, flags, data); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}

// What is mounted in an environment is somebody's data.
func TestMountPointsAreNotEntered(t *testing.T) {
	top := t.TempDir()
	env := install(t, top, fixture.Copy, pkg("a", "lib/a.a", "share/doc/a/x"))
	must(t, env.AddFile("lib/m.py", ""))
	data := filepath.Join(top, "data")
	must(t, os.MkdirAll(filepath.Join(data, "__pycache__"), 0o755), os.WriteFile(filepath.Join(data, "m.py"), nil, 0o644),
		os.WriteFile(filepath.Join(data, "x"), nil, 0o644), os.WriteFile(filepath.Join(data, "__pycache__", "m.cpython-311.pyc"), nil, 0o644))
	mount(t, data, env.Path("share/doc/a"), "", unix.MS_BIND, "")
	mount(t, data, env.Path("work"), "", unix.MS_BIND, "")
	before := listing(t, data)
	p := prepare(t, env.Prefix, slim.Kinds()...)
	check(t, "goes", names(p.Items), "conda-meta/history lib/a.a")
	check(t, "others", strings.Join(p.Others, " "), "share/doc/a work")
	execute(t, p)
	check(t, "data", listing(t, data), before)
}

// Something is mounted after the plan was made.
func TestMountedSinceThePlan(t *testing.T) {
	top := t.TempDir()
	env := install(t, top, fixture.Copy, pkg("a", "share/doc/a/x"))
	p := prepare(t, env.Prefix, slim.Docs)
	mount(t, env.Path("share/doc/a"), env.Path("share/doc/a"), "", unix.MS_BIND, "")
	res := execute(t, p)
	check(t, "changed", names(res.Changed), "share/doc/a/x")
}

// What an earlier layer of an image has is hidden, not freed, and what is said to be
// freed is what df shows.
func TestLayers(t *testing.T) {
	base := t.TempDir()
	mount(t, "none", base, "tmpfs", 0, "")
	mount(t, "none", filepath.Join(base, "top"), "tmpfs", 0, "")
	big := func(name string) fixture.Package {
		return fixture.Package{Name: name, Version: "1.0", Build: "0", Files: []fixture.File{{Path: "lib/" + name + ".a", Size: 1 << 20}}}
	}
	lower, merged, upper := filepath.Join(base, "lower"), filepath.Join(base, "merged"), filepath.Join(base, "top", "upper")
	install(t, lower, fixture.Copy, big("early"))
	must(t, os.MkdirAll(upper, 0o755), os.MkdirAll(filepath.Join(base, "top", "work"), 0o755))
	mount(t, "overlay", merged, "overlay", 0, fmt.Sprintf("lowerdir=%s,upperdir=%s,workdir=%s/top/work", lower, upper, base))
	c := &fixture.Cache{Dir: filepath.Join(merged, "cache")}
	env := &fixture.Environment{Prefix: filepath.Join(merged, "env")}
	must(t, c.AddExtracted(big("late")), env.Link(c, big("late"), fixture.Link{Kind: fixture.Copy}),
		c.AddExtracted(big("linked")), env.Link(c, big("linked"), fixture.Link{Kind: fixture.Hard}))
	p := prepare(t, env.Prefix, slim.StaticLibs)
	check(t, "goes", names(p.Items), "lib/early.a lib/late.a lib/linked.a")
	sum := slim.Sum(p.Items)
	if sum.Hidden == 0 {
		t.Skip("this kernel does not tell the layers of overlayfs (it takes Linux 6.6)")
	}
	if sum.Hidden != 1<<20 || sum.Freed != 1<<20 || sum.Shared != 1<<20 {
		t.Errorf("%+v", sum)
	}
	before := free(t, upper)
	execute(t, p)
	note := disk(t, env.Path("conda-meta/"+taken.Name))
	if got := free(t, upper) - before; got != sum.Freed-note {
		t.Errorf("df shows %d more, %d were promised, and the note takes %d", got, sum.Freed, note)
	}
	check(t, "is left", listing(t, env.Prefix), "lib/")
}

// disk is the disk space of a file.
func disk(t *testing.T, path string) int64 {
	t.Helper()
	dir, err := walk.Open(filepath.Dir(path))
	must(t, err)
	defer dir.Close()
	st, err := dir.Lstat(filepath.Base(path))
	must(t, err)
	return st.Disk
}

func free(t *testing.T, dir string) int64 {
	t.Helper()
	d, err := walk.Open(dir)
	must(t, err)
	defer d.Close()
	s, err := d.Space()
	must(t, err)
	return s.Free
}
