package slim_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

const site = "lib/python3.11/site-packages/"

func everything() []fixture.Package {
	noarch := fixture.Package{Name: "noarch", Version: "1.0", Build: "0", Noarch: fixture.NoarchPython, Files: []fixture.File{
		{Path: "site-packages/noarch/__init__.py", Content: "x = 1\n"},
		{Path: "site-packages/noarch/tests/test_x.py", Content: "import noarch\n"},
		{Path: "site-packages/noarch/tests/data/x.csv", Content: "1,2\n"},
	}}
	astro := pkg("astro", site+"astro/tests/runner.py", site+"astro/tests/test_a.py")
	astro.Files = append(astro.Files, fixture.File{Path: site + "astro/__init__.py", Content: "from .tests.runner import Runner\n"})
	return []fixture.Package{
		noarch, astro,
		pkg("zlib", "include/zlib.h", "lib/libz.a", "lib/libz.so", "share/man/man3/zlib.3", "share/doc/zlib/LICENSE", "share/doc/zlib/README"),
		pkg("node", "share/app/static/app.js", "share/app/static/app.js.map"),
	}
}

func TestSlimEverything(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Hard, everything()...)
	// Bytecode that nobody has recorded, and what looks like it.
	must(t, env.AddFile(site+"astro/__pycache__/__init__.cpython-311.pyc", "x"),
		env.AddFile(site+"astro/__pycache__/gone.cpython-311.pyc", "x"),
		env.AddFile("work/mine.py", ""), env.AddFile("work/__pycache__/mine.cpython-312.pyc", "x"),
		env.AddFile("work/tests/libmine.a", ""), env.AddFile("include/mine.h", ""))
	p := prepare(t, env.Prefix, slim.Kinds()...)
	check(t, "stays", kept(p), site+"astro/__pycache__/gone.cpython-311.pyc: bytecode without its source beside it; "+
		"work/tests/libmine.a: in no record; share/doc/zlib/LICENSE: a licence; "+site+"astro/tests: imported; include/mine.h: in no record")
	before := listing(t, env.cache.Dir)
	res := execute(t, p)
	check(t, "is left", listing(t, env.Prefix), strings.Join([]string{
		"include/mine.h", "lib/libz.so",
		site + "astro/__init__.py", site + "astro/__pycache__/gone.cpython-311.pyc", site + "astro/tests/runner.py", site + "astro/tests/test_a.py",
		site + "noarch/__init__.py", "share/app/static/app.js", "share/doc/zlib/LICENSE",
		"work/mine.py", "work/tests/libmine.a",
	}, " "))
	check(t, "the cache", listing(t, env.cache.Dir), before)
	// noarch/__pycache__, its tests, tests/data and tests/__pycache__, astro/__pycache__ is not empty, work/__pycache__, share/man/man3, share/man
	if res.Folders != 7 {
		t.Errorf("%d folders went", res.Folders)
	}
	if len(res.Removed) != len(p.Items) {
		t.Errorf("went %s of %s", names(res.Removed), names(p.Items))
	}
	if text, err := os.ReadFile(env.Path("conda-meta/history")); err != nil || len(text) > 0 {
		t.Errorf("history: %q %v", text, err)
	}
	again := prepare(t, env.Prefix, slim.Kinds()...)
	check(t, "the second time", names(again.Items), "")
}

func TestNothingByDefault(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, append(everything(), pkg("more", "lib/libasan.so.8", "lib/python3.11/idlelib/x.py", site+"more/a.pyx", site+"more/a.abi3.so",
		"share/locale/de/LC_MESSAGES/more.mo", "share/terminfo/x/xterm"))...)
	p := prepare(t, env.Prefix)
	if len(p.Items)+len(p.Kept) > 0 || len(p.ByKind) != len(slim.Kinds()) {
		t.Errorf("goes %s, %d rows", names(p.Items), len(p.ByKind))
	}
	for _, k := range p.ByKind {
		alone := prepare(t, env.Prefix, k.Kind)
		if k.Files == 0 || k.Figures != slim.Sum(alone.Items) || alone.ByKind[0] != k {
			t.Errorf("%s: %+v, alone %+v", k.Kind, k.Figures, alone.ByKind)
		}
	}
}

// Some strings with the name of a test folder are known not to be about using it.
func TestFoldersNamedIdly(t *testing.T) {
	sources := map[string]string{
		"a/conftest.py": "ignore = ['tests']", "b/setup.py": "from numpy.distutils.misc_util import Configuration\nx.add_data_dir('tests')",
		"c/setup.py": "x = 'tests'", "pandas/util/_exceptions.py": "test_dir = join(pkg_dir, 'tests')", "d/conftest.py": "from .tests import x",
	}
	p := fixture.Package{Name: "a", Version: "1.0", Build: "0"}
	for file, text := range sources {
		top, _, _ := strings.Cut(file, "/")
		p.Files = append(p.Files, fixture.File{Path: site + file, Content: text}, fixture.File{Path: site + top + "/tests/x.py", Content: "x"})
	}
	plan := prepare(t, install(t, t.TempDir(), fixture.Copy, p).Prefix, slim.Tests)
	check(t, "stays", kept(plan), site+"c/tests: imported; "+site+"d/tests: imported")
	check(t, "goes", names(plan.Items), site+"a/tests/x.py "+site+"b/tests/x.py "+site+"pandas/tests/x.py")
}

// A record may say anything.
func TestHostileRecords(t *testing.T) {
	top := t.TempDir()
	env := install(t, top, fixture.Copy, pkg("a", "lib/a.a", "lib/b.txt"))
	outside := filepath.Join(top, "outside")
	must(t, os.MkdirAll(filepath.Join(outside, "man", "man1"), 0o755), os.WriteFile(filepath.Join(outside, "x.a"), nil, 0o644),
		os.WriteFile(filepath.Join(outside, "man", "man1", "x.1"), nil, 0o644), os.MkdirAll(env.Path("share"), 0o755))
	if fixture.CanSymlink() == nil {
		must(t, fixture.Symlink(outside, env.Path("out")), fixture.Symlink("../../outside", env.Path("lib/out")),
			fixture.Symlink(filepath.Join(outside, "man"), env.Path("share/man")),
			fixture.Symlink("lib", env.Path("man")), fixture.Symlink("loop", env.Path("loop")), fixture.Symlink("../env/lib", env.Path("round")))
	}
	must(t, env.AddFile("conda-meta/evil-1-0.json", `{"files": ["/etc/passwd", "../outside/x.a", "lib/../../outside/x.a", "", ".", "..", "lib//a.a", "./lib/a.a",
		"lib/a.a/", "out/x.a", "lib/out/x.a", "share/man/man1/x.1", "man/b.txt", "loop/x.a", "round/b.a", "lib\u0000/a.a", "lib", "lib/a.a/x.a", "\ud800.a", "LIB/A.a",
		"conda-meta/evil-1-0.json", "conda-meta/history", "conda-meta/x.a", "C:\\x.a", "..\\x.a"]}`))
	before := listing(t, outside)
	p := prepare(t, env.Prefix, slim.StaticLibs, slim.Docs, slim.Tests, slim.Headers, slim.SourceMaps, slim.Bytecode)
	check(t, "goes", names(p.Items), "lib/a.a") // it is in the other record
	if len(p.Problems) != 1 || p.Problems[0].Code != slim.CodeOddPaths || !strings.Contains(p.Problems[0].Err.Error(), `9 paths that are not inside an environment, such as "/etc/passwd"`) || p.Doubt() || p.Failed() {
		t.Errorf("problems: %v", p.Problems)
	}
	execute(t, p)
	check(t, "outside", listing(t, outside), before)
	if _, err := os.Stat(env.Path("conda-meta/evil-1-0.json")); err != nil {
		t.Error(err)
	}
}

// lib64 is a symlink to lib in some environments, and packages list files by
// both.
func TestFoldersThatAreSymlinks(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", "lib/a.a", "lib/b.a", "lib/python3.11/site-packages/x/tests/t.py"))
	must(t, fixture.Symlink("lib", env.Path("lib64")), fixture.Symlink("python3.11", env.Path("lib/python3.1")), env.AddFile("lib/c.a", ""), env.AddFile(site+"x/tests/u.py", ""),
		env.AddFile("conda-meta/b-1-0.json", `{"files": ["lib64/a.a", "lib64/c.a", "lib64/python3.1/site-packages/x/tests/u.py"]}`))
	p := prepare(t, env.Prefix, slim.StaticLibs, slim.Tests)
	check(t, "goes", names(p.Items), "lib/a.a lib/b.a lib/c.a "+site+"x/tests/t.py "+site+"x/tests/u.py")
	execute(t, p)
	check(t, "is left", listing(t, env.Prefix), "lib/python3.1 "+strings.TrimSuffix(site, "/")+"/ lib64")
}

func TestSoftLinkedPackages(t *testing.T) {
	app := pkg("app", "lib/app.a", "share/man/man1/app.1", site+"app/tests/x.py", site+"app/tests/y.py")
	app.Files = append(app.Files, fixture.File{Path: site + "app/__init__.py", Content: "import lib.tests\n"}) // read through the symlink
	lib := pkg("lib", site+"lib/__init__.py", site+"lib/tests/x.py")
	env := install(t, t.TempDir(), fixture.Soft, app, lib)
	before := listing(t, env.cache.Dir)
	p := prepare(t, env.Prefix, slim.StaticLibs, slim.Docs, slim.Tests)
	check(t, "stays", kept(p), site+"lib/tests: imported")
	execute(t, p)
	check(t, "is left", listing(t, env.Prefix), site+"app/__init__.py "+site+"lib/__init__.py "+site+"lib/tests/x.py share/")
	check(t, "the cache", listing(t, env.cache.Dir), before)
}

func TestWhatIsNotOfTheEnvironment(t *testing.T) {
	top := t.TempDir()
	env := install(t, top, fixture.Copy, pkg("a", "lib/a.a", "envs/b/lib/b.a", "pkgs/c-1.0-0/lib/c.a", "store/d.a"))
	for _, name := range []string{"envs/b", "pkgs/c-1.0-0", "store/x", site + "module"} {
		must(t, env.AddFile(name+"/m.py", ""), env.AddFile(name+"/__pycache__/m.cpython-311.pyc", "x"))
	}
	must(t, env.AddFile("envs/b/conda-meta/history", ""), env.AddFile("pkgs/urls.txt", ""), env.AddFile("store/.cache.lock", ""),
		env.AddFile(site+"module/urls.txt", ""), env.AddFile("lib/m.py", ""), env.AddFile("lib/__pycache__/m.cpython-311.pyc", "x"))
	p := prepare(t, env.Prefix, slim.Bytecode, slim.StaticLibs)
	check(t, "goes", names(p.Items), "lib/__pycache__/m.cpython-311.pyc lib/a.a "+site+"module/__pycache__/m.cpython-311.pyc")
	check(t, "others", strings.Join(p.Others, " "), "envs/b pkgs store")
}

// A package cache may have lost its marks, and some packages an index of their own.
func TestExtractedPackagesInTheEnvironment(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", "store/b-1.0-0/lib/b.a", "share/c/info/x.txt", "share/c/lib/c.a", site+"d/info/index.json", site+"d/d.a"))
	for _, dir := range []string{"store/b-1.0-0/" + strings.TrimSuffix(site, "/"), "share/c", site + "d"} {
		must(t, env.AddFile(dir+"/m.py", ""), env.AddFile(dir+"/__pycache__/m.cpython-311.pyc", "x"))
	}
	must(t, env.AddFile("store/b-1.0-0/info/index.json", "{}"))
	p := prepare(t, env.Prefix, slim.Bytecode, slim.StaticLibs)
	check(t, "goes", names(p.Items), strings.Join([]string{site + "d/__pycache__/m.cpython-311.pyc", site + "d/d.a",
		"share/c/__pycache__/m.cpython-311.pyc", "share/c/lib/c.a"}, " "))
	check(t, "others", strings.Join(p.Others, " "), "store/b-1.0-0")
}

// An environment is one too if its records are elsewhere.
func TestNestedEnvironmentBehindASymlink(t *testing.T) {
	top := t.TempDir()
	env := install(t, top, fixture.Copy, pkg("a", "lib/a.a", "envs/b/lib/b.a", "envs/c/lib/c.a"))
	must(t, os.MkdirAll(filepath.Join(top, "meta"), 0o755), os.WriteFile(filepath.Join(top, "meta", "history"), nil, 0o644),
		fixture.Symlink(filepath.Join(top, "meta"), env.Path("envs/b/conda-meta")), fixture.Symlink("nowhere", env.Path("envs/c/conda-meta")),
		env.AddFile("envs/b/m.py", ""), env.AddFile("envs/b/__pycache__/m.cpython-311.pyc", "x"))
	p := prepare(t, env.Prefix, slim.Bytecode, slim.StaticLibs)
	check(t, "goes", names(p.Items), "lib/a.a")
	check(t, "others", strings.Join(p.Others, " "), "envs/b envs/c")
}

// A folder is looked at for the marks of an environment whatever comes first in
// it.
func TestLargeNestedEnvironment(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", "lib/a.a"))
	for i := range 600 { // more than one reading of a folder returns
		must(t, env.AddFile(fmt.Sprintf("big/%0200d", i), ""))
	}
	must(t, env.AddFile("big/a/m.py", ""), env.AddFile("big/a/__pycache__/m.cpython-311.pyc", ""), env.AddFile("big/conda-meta/history", ""))
	p := prepare(t, env.Prefix, slim.Bytecode)
	check(t, "goes", names(p.Items), "")
	check(t, "others", strings.Join(p.Others, " "), "big")
}

func TestUnreadableRecords(t *testing.T) {
	for what, text := range map[string]string{
		"cut off":     `{"files": ["lib/a.a", "lib/b.a"`,
		"no JSON":     "files: lib/a.a",
		"no list":     `{"files": "lib/a.a"}`,
		"no strings":  `{"files": ["lib/a.a", 7]}`,
		"empty":       "",
		"no files":    `{"files": null}`,
		"another key": `{"name": "x"}`,
	} {
		env := install(t, t.TempDir(), fixture.Copy, pkg("good", "lib/c.a"))
		must(t, env.AddFile("lib/a.a", ""), env.AddFile("conda-meta/bad-1-0.json", text))
		p := prepare(t, env.Prefix, slim.StaticLibs)
		check(t, what, names(p.Items), "lib/c.a")
		sound := what == "no files" || what == "another key"
		if p.Doubt() == sound || p.Failed() {
			t.Errorf("%s: doubt %v, failed %v, %v", what, p.Doubt(), p.Failed(), p.Problems)
		}
		if !sound && !strings.HasPrefix(p.Problems[0].Err.Error(), env.Path("conda-meta/bad-1-0.json")+": it cannot be read, so gclean keeps the files that only it lists: ") {
			t.Errorf("%s: %v", what, p.Problems)
		}
	}
}

// A record may be a FIFO, a folder, a symlink to a file or to nothing.
func TestRecordsThatAreNoFiles(t *testing.T) {
	top := t.TempDir()
	env := install(t, top, fixture.Copy, pkg("a", "lib/a.a"))
	elsewhere := filepath.Join(top, "shared.json")
	must(t, env.AddFile("lib/b.a", ""), os.WriteFile(elsewhere, []byte(`{"files": ["lib/b.a"]}`), 0o644),
		fixture.Symlink(elsewhere, env.Path("conda-meta/b-1-0.json")), fixture.Symlink("nothing", env.Path("conda-meta/c-1-0.json")),
		os.Mkdir(env.Path("conda-meta/d-1-0.json"), 0o755))
	p := prepare(t, env.Prefix, slim.StaticLibs)
	check(t, "goes", names(p.Items), "lib/a.a lib/b.a")
	if len(p.Problems) != 2 || !p.Doubt() || p.Problems[0].Code != slim.CodeUnreadableRecord {
		t.Errorf("problems: %v", p.Problems)
	}
}

func TestHardLinks(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Hard, pkg("a", "lib/a.a"))
	must(t, env.AddFile("lib/b.a", "b"), os.Link(env.Path("lib/b.a"), env.Path("lib/c.a")),
		env.AddFile("conda-meta/b-1-0.json", `{"files": ["lib/b.a", "lib/c.a"]}`))
	p := prepare(t, env.Prefix, slim.StaticLibs)
	var freed, shared []string
	for _, it := range p.Items {
		if it.Freed > 0 {
			freed = append(freed, it.Path)
		}
		if it.Shared > 0 {
			shared = append(shared, it.Path)
		}
	}
	if !slices.Equal(freed, []string{"lib/b.a"}) || !slices.Equal(shared, []string{"lib/a.a"}) {
		t.Errorf("freed %v, shared %v", freed, shared)
	}
	if st := slim.Sum(p.Items); st.Files != 3 {
		t.Errorf("%+v", st)
	}
	execute(t, p) // the change time of c.a changes when b.a goes
	check(t, "is left", listing(t, env.Prefix), "lib/")
}

func TestRefusedPrefixes(t *testing.T) {
	top := t.TempDir()
	env := install(t, top, fixture.Copy, pkg("a", "lib/a.a"))
	empty := filepath.Join(top, "empty")
	must(t, os.MkdirAll(filepath.Join(empty, "conda-meta"), 0o755), os.WriteFile(filepath.Join(top, "file"), nil, 0o644))
	home := env.Prefix
	if fixture.CanSymlink() == nil {
		home = filepath.Join(top, "link")
		must(t, fixture.Symlink("loop", filepath.Join(top, "loop")), fixture.Symlink(env.Prefix, home))
	}
	cases := map[string]string{
		"/":                          "/: refused: it is the root of the file system; name the environment in it",
		env.Path("."):                "",
		filepath.Join(top, "link"):   "",
		filepath.Join(top, "absent"): ": there is no such folder",
		filepath.Join(top, "file"):   ": it is not an environment: it is not a folder",
		top:                          ": it is not an environment: it has no conda-meta; name the folder that contains conda-meta",
		env.Path("conda-meta"):       ": it is not an environment: it has no conda-meta; name the folder that contains conda-meta",
		empty:                        ": it is not an environment: its conda-meta has neither a history nor records",
		filepath.Join(top, "loop"):   ": the symlinks form a loop; correct the path",
		env.cache.Dir:                ": it is not an environment: it has no conda-meta; name the folder that contains conda-meta",
		filepath.Join(top, "file/x"): ": it is not an environment: it is not a folder",
		filepath.Join(top, "loop/x"): ": the symlinks form a loop; correct the path",
		filepath.Join(top, "a\x00b"): ": it cannot be read",
	}
	if fixture.CanSymlink() != nil {
		delete(cases, filepath.Join(top, "link"))
		delete(cases, filepath.Join(top, "loop"))
		delete(cases, filepath.Join(top, "loop/x"))
	}
	if runtime.GOOS == "windows" {
		// Windows does not say that what is above is a file.
		cases[filepath.Join(top, "file/x")] = ": there is no such folder"
	}
	for prefix, want := range cases {

		_, err := slim.Prepare(context.Background(), slim.Options{Prefix: prefix, Kinds: slim.Kinds()})
		if want == "" {
			must(t, err)
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) && prefix != filepath.Join(top, "a\x00b") {
			t.Errorf("%q: %v, want %q", prefix, err, want)
		}
	}
	_, err := slim.Prepare(context.Background(), slim.Options{Prefix: env.Prefix, Kinds: slim.Kinds(), Homes: []string{"", home}})
	if !errors.Is(err, slim.ErrRefused) || !strings.Contains(cmp.Or(err, errors.New("")).Error(), "it is a home folder") {
		t.Errorf("a home: %v", err)
	}
}

// Only files and symlinks are anybody's.
func TestOtherThingsStay(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", "lib/a.a", "share/doc/a/b"))
	must(t, os.Mkdir(env.Path("lib/folder.a"), 0o755), env.AddFile("lib/folder.a/x.txt", ""), os.Mkdir(env.Path("share/doc/a/empty"), 0o755),
		env.AddFile("conda-meta/b-1-0.json", `{"files": ["lib/folder.a", "share/doc/a/empty", "share/doc"]}`))
	p := prepare(t, env.Prefix, slim.StaticLibs, slim.Docs)
	check(t, "goes", names(p.Items), "lib/a.a share/doc/a/b")
	execute(t, p)
	check(t, "is left", listing(t, env.Prefix), "lib/folder.a/x.txt share/doc/a/empty/")
}
