package slim_test

import (
	"context"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

func TestSanitizers(t *testing.T) {
	for _, c := range []struct{ name, file, text, goes string }{
		{"nobody needs them", "bin/run", "libc.so.6", "lib/libasan.so.8 lib/libtsan.so.2"},
		{"a compiler", "bin/gcc", "", ""},
		{"a compiler by rule", "lib/crt1.o", "", ""},
		{"a linker for a compiler that is not there", "bin/x86_64-conda-linux-gnu-ld", "\x7fELF", "lib/libasan.so.8 lib/libtsan.so.2"},
		{"a compiler by what it starts", "bin/v", "\x7fELF\x00clang\x00-shared\x00", ""},
		{"a program", "bin/run", "\x00libasan.so.8\x00", "lib/libtsan.so.2"},
		{"a library", "lib/libx.so", "\x00libtsan.so.2\x00", "lib/libasan.so.8"},
		{"an activation script", "etc/conda/activate.d/x.sh", "export LD_PRELOAD=$CONDA_PREFIX/lib/libasan.so.8\n", "lib/libtsan.so.2"},
		{"variables that conda sets", "conda-meta/state", `{"env_vars": {"LD_PRELOAD": "/opt/env/lib/libtsan.so.2"}}`, "lib/libasan.so.8"},
		{"a helper deep below", "lib/foo/bar/worker", "\x7fELF\x00libasan.so.8\x00", "lib/libtsan.so.2"},
		{"a module of any name", "share/x/native.node", "\x7fELF\x00libasan.so.8\x00", "lib/libtsan.so.2"},
		{"a script of Python", site + "a.py", "ctypes.CDLL('libtsan.so')", "lib/libasan.so.8"},
		{"a manual", "share/man/man1/x.1", "LD_PRELOAD=libasan.so.8", "lib/libasan.so.8 lib/libtsan.so.2"},
		{"another environment inside", "envs/x/conda-meta/history", "libasan.so.8", "lib/libasan.so.8 lib/libtsan.so.2"},
	} {
		env := install(t, t.TempDir(), fixture.Copy, pkg("libsanitizer", "lib/libasan.so.8", "lib/libtsan.so.2"))
		must(t, env.AddFile(c.file, c.text), env.AddFile("conda-meta/x-1-0.json", `{"files": ["`+c.file+`"]}`))
		check(t, c.name, names(prepare(t, env.Prefix, slim.Sanitizers).Items), c.goes)
	}
}

func TestIdle(t *testing.T) {
	const lib = "lib/python3.11/"
	all := []string{"bin/idle3.11", lib + "ensurepip/_bundled/pip.whl", lib + "idlelib/x.py", lib + "turtledemo/x.py"}
	for _, c := range []struct{ name, file, text, goes string }{
		{"nobody imports it", site + "a.py", "# ensurepip", all[0] + " " + all[1] + " " + all[2] + " " + all[3]},
		{"a package imports it", site + "a.py", "from idlelib.x import y", all[1] + " " + all[3]},
		{"a package names it", site + "a.py", "run([sys.executable, '-m', 'ensurepip'])", all[0] + " " + all[2] + " " + all[3]},
		{"a script imports it", "bin/a", "#!/usr/bin/python\nimport turtledemo", all[0] + " " + all[1] + " " + all[2]},
		{"the standard library names it", lib + "venv/__init__.py", "run('-m', 'ensurepip')", all[0] + " " + all[1] + " " + all[2] + " " + all[3]},
	} {
		env := install(t, t.TempDir(), fixture.Copy, pkg("python", all...))
		must(t, env.AddFile(c.file, c.text))
		check(t, c.name, names(prepare(t, env.Prefix, slim.Idle).Items), c.goes)
	}
	env := install(t, t.TempDir(), fixture.Copy, pkg("python", all...))
	must(t, env.AddFile(lib+"idlelib/__pycache__/x.cpython-311.pyc", ""))
	execute(t, prepare(t, env.Prefix, slim.Idle))
	check(t, "is left", listing(t, env.Prefix), "bin/ lib/python3.11/")
}

func TestSourcesOfModules(t *testing.T) {
	files := []string{site + "a/fast.pyx", site + "a/fast.c", site + "a/fast.cpython-311-x86_64-linux-gnu.so", site + "a/data.c", site + "a/fast.pxd", site + "a/b.pyx"}
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", files...))
	check(t, "goes", names(prepare(t, env.Prefix, slim.Sources).Items), site+"a/fast.c "+site+"a/fast.pyx")
	must(t, env.AddFile(site+"Cython/__init__.py", ""))
	check(t, "with Cython", names(prepare(t, env.Prefix, slim.Sources).Items), "")
}

func prepareWanted(t *testing.T, prefix string, languages, terms []string) *slim.Plan {
	t.Helper()
	p, err := slim.Prepare(context.Background(), slim.Options{Prefix: prefix, Kinds: []slim.Kind{slim.Locales, slim.Terminfo}, Languages: languages, Terms: terms})
	must(t, err)
	return p
}

func TestLocalesThatAreWanted(t *testing.T) {
	var files []string
	for _, language := range []string{"C", "de", "de_AT", "en_GB", "pt", "pt_BR", "sr@latin", "zh_CN"} {
		files = append(files, "share/locale/"+language+"/LC_MESSAGES/x.mo")
	}
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", files...))
	left := func(lang string) string { return "share/locale/" + lang + "/LC_MESSAGES/x.mo" }
	check(t, "goes", names(prepareWanted(t, env.Prefix, []string{"de", "pt_BR"}, []string{"*"}).Items), left("en_GB")+" "+left("sr@latin")+" "+left("zh_CN"))
	check(t, "goes", names(prepareWanted(t, env.Prefix, []string{"sr", "en", "zh", "de_AT"}, []string{"*"}).Items), left("pt")+" "+left("pt_BR"))
}

func TestTerminalsThatAreWanted(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("ncurses", "share/terminfo/x/xterm", "share/terminfo/x/xterm-256color", "share/terminfo/d/dumb", "share/terminfo/v/vt100", "share/terminfo/l/linux"))
	must(t, fixture.Symlink("../v/vt100", env.Path("share/terminfo/v/vt100-am")),
		env.AddFile("conda-meta/x-1-0.json", `{"files": ["share/terminfo/v/vt100-am"]}`))
	check(t, "goes", names(prepareWanted(t, env.Prefix, []string{"en"}, []string{"xterm*", "vt100-am"}).Items), "share/terminfo/l/linux")
	check(t, "goes", names(prepareWanted(t, env.Prefix, []string{"en"}, []string{"linux"}).Items),
		"share/terminfo/v/vt100 share/terminfo/v/vt100-am share/terminfo/x/xterm share/terminfo/x/xterm-256color")
}

func TestSafeKindsAreKinds(t *testing.T) {
	for _, k := range slim.SafeKinds() {
		if k == slim.History || k == slim.Tests || k == slim.Docs || k == slim.Headers || k == slim.Idle {
			t.Errorf("%s can be missed", k)
		}
	}
}

// A module on the disk, its package and what that depends on.
func TestHeadersThatAPackageCompilesAgainst(t *testing.T) {
	for _, c := range []struct{ name, text, goes string }{
		{"it compiles", "import pyximport", "include/z.h"},
		{"it does not", "import os", "include/jit.h include/python.h include/z.h"},
	} {
		env := install(t, t.TempDir(), fixture.Copy)
		for name, depends := range map[string]string{"jit": `"python >=3.11"`, "python": `"z"`, "z": ""} {
			must(t, env.AddFile("include/"+name+".h", "//"),
				env.AddFile("conda-meta/"+name+"-1-0.json", `{"depends": [`+depends+`], "files": ["include/`+name+`.h", "`+site+name+`/run.py"]}`))
		}
		must(t, env.AddFile(site+"jit/run.py", c.text), env.AddFile("bin/x", ""), fixture.Symlink(".", env.Path("bin/X11")))
		check(t, c.name, names(prepare(t, env.Prefix, slim.Headers).Items), c.goes)
	}
}
