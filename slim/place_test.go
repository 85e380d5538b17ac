package slim

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"testing"
)

// kindsOf are the names of the kinds that a path is of.
func kindsOf(file string) string {
	p := placeOf(folderOf(file))
	var names []string
	for _, k := range Kinds() {
		if p.of(path.Base(file)).has(k) {
			names = append(names, k.String())
		}
	}
	return strings.Join(names, " ")
}

func TestKindsOfAPath(t *testing.T) {
	const site = "lib/python3.11/site-packages/"
	for _, c := range []struct{ file, want string }{
		{site + "a/__pycache__/b.cpython-311.pyc", "pycache"},
		{"share/app/__pycache__/b.cpython-311.pyc", "pycache"},
		{site + "a/b.pyc", ""},
		{site + "a/__pycache__/b.cpython-311.nbi", ""}, // numba's cache
		{"__pycache__", ""},

		{"lib/libz.a", "static-libs"},
		{"lib/libz.so", ""},
		{"lib/libz.A", ""},
		{"lib/.a", ""},
		{site + "numpy/core/lib/libnpymath.a", "static-libs"},
		{site + "a/tests/data/lib.a", "static-libs tests"},
		{"include/x.a", "static-libs headers"},

		{"share/jupyter/app.js.map", "js-maps"},
		{site + "bokeh/server/static/js/bokeh.min.js.map", "js-maps"},
		{"share/a.mjs.map", "js-maps"},
		{"share/a.cjs.map", "js-maps"},
		{"share/a.css.map", ""},
		{"share/.js.map", ""},
		{"share/a.map", ""},
		{"share/a.js", ""},

		{"share/man/man1/xz.1", "docs"},
		{"share/doc/xz/README", "docs"},
		{"share/info/dir", "docs"},
		{"share/gtk-doc/html/glib/index.html", "docs"},
		{"man/man1/bzip2.1", "docs"},
		{"Library/share/man/man1/xz.1", "docs"},
		{"share/manual/x", ""},
		{"share/doc", ""},
		{"share/man", ""},
		{"doc/x", ""},
		{site + "share/man/x", ""},
		{site + "pkg/doc/x", ""},

		{"include/zlib.h", "headers"},
		{"include/c++/v1/vector", "headers"},
		{"Library/include/zlib.h", "headers"},
		{site + "torch/include/ATen/ATen.h", ""},
		{"includes/x.h", ""},
		{"x86_64-conda-linux-gnu/sysroot/usr/include/stdio.h", ""},

		{site + "numpy/core/tests/test_x.py", "tests"},
		{site + "numpy/core/tests/data/x.csv", "tests"},
		{site + "django/test/client.py", "tests"},
		{site + "a/tests/__pycache__/b.cpython-311.pyc", "pycache tests"},
		{"lib/python3.13t/site-packages/a/tests/x.py", "tests"},
		{"lib/pypy3.9/site-packages/a/tests/x.py", "tests"},
		{"Lib/site-packages/a/tests/x.py", "tests"},
		{site + "tests/test_x.py", ""}, // a package of that name
		{site + "test/x.py", ""},
		{site + "a/tests.py", ""},
		{site + "a/testing/x.py", ""},
		{site + "a/unit_tests/x.py", ""},
		{site + "a/Tests/x.py", ""},
		{"lib/python3.11/test/support/__init__.py", "tests"},
		{"lib/python3.11/idlelib/idle_test/htest.py", "tests idle"},
		{"Lib/unittest/test/x.py", "tests"},
		{"lib/python3.11/lib2to3/tests/x.py", "tests"},
		{"lib/python3.11/tests/x.py", ""},
		{"lib/python3.11/unittest/mock.py", ""},
		{"share/tests/x.py", ""},
		{"tests/x.py", ""},
		{"lib/python/site-packages/a/tests/x.py", ""},
		{"mylib/python3.11/site-packages/a/tests/x.py", ""},

		{"lib/python3.11/ensurepip/_bundled/pip.whl", "idle"},
		{"lib/python3.11/turtledemo/clock.py", "idle"},
		{"bin/idle3.11", "idle"},
		{"bin/idle-python3.11", "idle"},
		{"bin/idler", ""},
		{site + "idlelib/x.py", ""},
		{"lib/libasan.so.8.0.0", "sanitizers"},
		{"lib64/libubsan.so", "sanitizers"},
		{"lib/libpartisan.so", ""},
		{"lib/libasan.a", "static-libs"},
		{"lib/x/libasan.so", ""},
		{site + "a/fast.pyx", "sources"},
		{site + "a/fast.c", "sources"},
		{"lib/python3.11/a.c", ""},
		{"share/locale/de/LC_MESSAGES/a.mo", "locales"},
		{site + "django/conf/locale/pt_BR/LC_MESSAGES/django.mo", "locales"},
		{"share/locale/de/a.mo", ""},
		{"share/locale/locale.alias", ""},
		{"share/terminfo/x/xterm", "terminfo"},
		{"lib/terminfo/78/xterm", "terminfo"},
		{"share/terminfo/x/y/z", ""},

		{"conda-meta/tests/x.a", ""},
		{"conda-meta/a.js.map", ""},
		{"conda-meta/history", ""}, // not by its place
		{"bin/python3.11", ""},
		{"", ""},
	} {
		if got := kindsOf(c.file); got != c.want {
			t.Errorf("%s: %q, want %q", c.file, got, c.want)
		}
	}
}

func TestOutermostTestFolder(t *testing.T) {
	for dir, want := range map[string]string{
		"lib/python3.11/site-packages/a/tests/b/test/c": "lib/python3.11/site-packages/a/tests",
		"lib/python3.11/site-packages/tests/b/tests":    "lib/python3.11/site-packages/tests/b/tests",
		"lib/python3.11/site-packages/a/test":           "lib/python3.11/site-packages/a/test",
		"lib/python3.11/site-packages/a":                "",
		"lib/python3.11/site-packages":                  "",
		"lib/python3.11/test/data":                      "lib/python3.11/test",
		"lib/python3.11/testing":                        "",
		"lib/python3.11":                                "",
		"Lib/site-packages/a/b/test":                    "Lib/site-packages/a/b/test",
		"":                                              "",
	} {
		if got := testFolderOf(dir); got != want {
			t.Errorf("%s: %q, want %q", dir, got, want)
		}
	}
}

func TestLibrariesThatALinkerNeeds(t *testing.T) {
	for file, want := range map[string]string{
		"lib/gcc/x86_64-conda-linux-gnu/12.3.0/libgcc.a":       "a compiler",
		"lib/clang/18/lib/linux/libclang_rt.builtins-x86_64.a": "a compiler",
		"x86_64-conda-linux-gnu/sysroot/usr/lib/libc.a":        "a compiler",
		"x86_64-conda-linux-gnu/lib/libstdc++.a":               "a compiler",
		"aarch64-conda_cos7-linux-gnu/lib/libgomp.a":           "a compiler",
		"Library/mingw-w64/lib/libws2_32.a":                    "a compiler",
		"lib/rustlib/x86_64-unknown-linux-gnu/lib/libx.a":      "Rust",
		"go/pkg/linux_amd64/fmt.a":                             "Go",
		"lib/ghc-9.2/base/libHSbase.a":                         "Haskell",
		"lib/ocaml/unix.a":                                     "OCaml",
		"lib/libfoo.dll.a":                                     "a linker, to use a DLL",
		"targets/x86_64-linux/lib/libcudart_static.a":          "nvcc",
		"lib/libcudadevrt.a":                                   "nvcc",
		"lib/libgcc_eh.a":                                      "a compiler",
		"targets/x86_64-linux/lib/libcublas_static.a":          "",
		"lib/libz.a": "",
		"lib/python3.11/config-3.11-x86_64/libpython3.11.a":   "",
		"lib/python3.11/site-packages/numpy/lib/libnpymath.a": "",
		"pkg/libx.a":          "",
		"share/x86_64/libx.a": "",
		"lib/gccfoo/libx.a":   "",
		"lib/python3.11/site-packages/x86_64-linux-data/libx.a": "",
		"lib/python3.11/site-packages/a/go/pkg/linux/runtime.a": "Go",
	} {
		p := placeOf(folderOf(file))
		if got := p.needsLib(path.Base(file)); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

func TestLicences(t *testing.T) {
	for name, want := range map[string]bool{
		"LICENSE": true, "LICENSE.txt": true, "licence.md": true, "LICENSE-MIT": true, "LICENSES": true, "COPYING": true, "COPYING.LESSER": true,
		"COPYING3": true, "NOTICE": true, "notice.txt": true, "Copyright": true, "UNLICENSE": true, "LICENSE_Apache": true,
		"README": false, "licensed": false, "notices": false, "license.py": false, "LICENSE.h": false, "test_license.txt": false,
		"LICENSE.pyc": false, "copying.js": false, "": false,
	} {
		if got := isLicence(name); got != want {
			t.Errorf("%q: %v", name, got)
		}
	}
}

func TestCompilers(t *testing.T) {
	for _, name := range []string{
		"gcc", "g++", "cc", "c++", "clang", "clang++", "clang-18", "gcc-12", "gfortran", "nvcc", "x86_64-conda-linux-gnu-gcc",
		"x86_64-conda-linux-gnu-c++", "arm64-apple-darwin20.0.0-clang", "x86_64-conda_cos6-linux-gnu-cc", "cling", "xcpp", "zig",
	} {
		if !isCompiler("bin", name) {
			t.Errorf("%s is none", name)
		}
	}
	for _, name := range []string{"gcc-ar", "x86_64-conda-linux-gnu-ld", "c++filt", "clang-format", "python3.11", "cython", "h5cc", "ccache", "occ.txt"} {
		if isCompiler("bin", name) {
			t.Errorf("%s is one", name)
		}
	}
	for _, dir := range []string{"lib/python3.11/site-packages/Cython", "Lib/site-packages/Cython", "lib/python3.13t/site-packages/Cython"} {
		if !isCompiler(dir, "__init__.py") || isCompiler(dir, "x.py") {
			t.Errorf("%s compiles", dir)
		}
	}
	for _, dir := range []string{"lib/python3.11/site-packages/a/Cython", "lib/python3.11/Cython", "Cython", "lib/python3.11/site-packages/torch", "lib/python3.11/site-packages/numpy"} {
		if isCompiler(dir, "__init__.py") {
			t.Errorf("%s does not compile", dir)
		}
	}
	if !isCompiler("Library/bin", "clang.exe") || isCompiler("share", "gcc") || isCompiler("lib/gcc", "cc") {
		t.Error("the folder does not count")
	}
}

func TestSourceOfBytecode(t *testing.T) {
	for file, want := range map[string]string{
		"a/__pycache__/b.cpython-311.pyc":              "a/b.py",
		"__pycache__/b.cpython-311.pyc":                "b.py",
		"a/__pycache__/b.cpython-311.opt-1.pyc":        "a/b.py",
		"a/__pycache__/b.cpython-313t.pyc":             "a/b.py",
		"a/__pycache__/b.pypy39.pyc":                   "a/b.py",
		"a/__pycache__/b.c.cpython-311.pyc":            "a/b.c.py",
		"a/__pycache__/b.cpython-311-pytest-8.0.1.pyc": "a/b.py",
		"a/__pycache__/b.cpython-310.cpython-311.pyc":  "a/b.cpython-310.py",
		"a/__pycache__/.cpython-311.pyc":               "",
		"a/__pycache__/b.pyc":                          "",
		"a/__pycache__/b.unknown-1.pyc":                "",
		"a/__pycache__/b.cpython-311.pyo":              "",
		"a/b.cpython-311.pyc":                          "",
		"a/__pycache__/c/b.cpython-311.pyc":            "",
	} {
		if got := sourceOf(file); got != want {
			t.Errorf("%s: %q, want %q", file, got, want)
		}
	}
}

func TestFollowDir(t *testing.T) {
	links := map[string]string{
		"lib64":           "lib",
		"lib/python3.1":   "python3.11",
		"up":              "../lib",
		"share/up":        "../lib",
		"absolute":        "/opt/env/lib",
		"elsewhere":       "/opt/envelope/lib",
		"a":               "b",
		"b":               "a",
		"usr":             ".",
		"share/twice":     "../lib64/python3.1",
		"outside-and-in":  "../env/lib",
		"absolute-slash":  "/opt/env/lib/",
		"share/to-itself": "../share",
	}
	folders := []string{"lib", "lib/python3.11", "share", "lib/python3.11/x"}
	readlink := func(at string) (string, error) {
		if target, ok := links[at]; ok {
			return target, nil
		}
		if slices.Contains(folders, at) {
			return "", nil
		}
		return "", fmt.Errorf("%s is not there", at)
	}
	for dir, want := range map[string]string{
		"lib": "lib", "lib64": "lib", "lib64/python3.11": "lib/python3.11", "lib/python3.1/x": "lib/python3.11/x",
		"lib64/python3.1/x": "lib/python3.11/x", "share/up": "lib", "absolute/python3.1": "lib/python3.11",
		"share/twice/x": "lib/python3.11/x", "usr/lib": "lib", "absolute-slash": "lib", "share/to-itself/up": "lib",
		"up": "", "elsewhere": "", "a": "", "absent": "", "lib/absent": "", "outside-and-in": "", "usr": "",
	} {
		got, ok := followDir(dir, "/opt/env", readlink)
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", dir, got, ok, want)
		}
	}
}
