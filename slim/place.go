package slim

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// place is what the folder of a file says about the file: worked out once for
// all that is in the folder.
type place struct {
	dir   string
	kinds kindSet // kinds of everything in it
	// tests is the test folder that it is in or is, "" if none.
	tests string
	// libs says for whom the static libraries in it are, "" if for nobody that is
	// known.
	libs string
	// cached says that it is a __pycache__.
	cached bool
	// never says that nothing in it is of any kind.
	never bool
}

// placeOf is what the slash-separated folder below a prefix says.
func placeOf(dir string) place {
	p := place{dir: dir}
	if dir == "conda-meta" || strings.HasPrefix(dir, "conda-meta/") {
		p.never = true
		return p
	}
	if isBelow(dir, docFolders) {
		p.kinds |= setOf(Docs)
	}
	if isBelow(dir, headerFolders) {
		p.kinds |= setOf(Headers)
	}
	if p.tests = testFolderOf(dir); p.tests != "" {
		p.kinds |= setOf(Tests)
	}
	if idleOf(dir) != "" {
		p.kinds |= setOf(Idle)
	}
	if languageOf(dir) != "" {
		p.kinds |= setOf(Locales)
	}
	if isTerminfo(dir) {
		p.kinds |= setOf(Terminfo)
	}
	p.libs = needsLibs(dir)
	p.cached = path.Base(dir) == pycache
	return p
}

// of are the kinds of the file name in the folder, whoever listed it.
func (p place) of(name string) kindSet {
	if p.never {
		return 0
	}
	s := p.kinds
	switch {
	case strings.HasSuffix(name, ".pyc"):
		if p.cached {
			s |= setOf(Bytecode)
		}
	case strings.HasSuffix(name, ".a") && name != ".a":
		s |= setOf(StaticLibs)
	case strings.HasSuffix(name, ".map"):
		if isSourceMap(name) {
			s |= setOf(SourceMaps)
		}
	case isModuleSource(name):
		if root := importRoot(p.dir); root != "" && !isStandardLibrary(root) {
			s |= setOf(Sources)
		}
	case isProgram(p.dir) && idleScript.MatchString(name):
		s |= setOf(Idle)
	case sanitizer.MatchString(name) && libFolder.MatchString(p.dir):
		s |= setOf(Sanitizers)
	}
	return s
}

// docFolders are where documentation is. On Windows, what is made for Unix is
// below Library.
var docFolders = []string{
	"share/man", "share/doc", "share/info", "share/gtk-doc", "man",
	"Library/share/man", "Library/share/doc", "Library/share/info", "Library/share/gtk-doc", "Library/man",
}

// headerFolders are where compilers look for headers. Those in site-packages are
// for packages that compile when they run (torch, numba, pybind11).
var headerFolders = []string{"include", "Library/include"}

// isBelow says whether dir is one of folders or in one.
func isBelow(dir string, folders []string) bool {
	return slices.ContainsFunc(folders, func(f string) bool { return within(dir, f) })
}

// within says whether a path is folder or in it.
func within(path, folder string) bool {
	return strings.HasPrefix(path, folder) && (len(path) == len(folder) || path[len(folder)] == '/')
}

func isSourceMap(name string) bool {
	for _, ending := range []string{".js.map", ".mjs.map", ".cjs.map"} {
		if len(name) > len(ending) && strings.HasSuffix(name, ending) {
			return true
		}
	}
	return false
}

// pycache is the folder in which Python keeps bytecode: PEP 3147.
const pycache = "__pycache__"

// pythonLib is the folder of a standard library: lib/python3.11, with a "t" where
// threads are free, lib64 in old packages, lib/pypy3.9; Lib on Windows.
var pythonLib = regexp.MustCompile(`^(?:lib(?:64)?/(?:python|pypy)[0-9][0-9.]*t?|Lib)(?:/|$)`)

const sitePackages = "site-packages"

// importRoot is the folder from which Python imports what is in dir:
// site-packages, an egg in it, or the standard library itself; "" if it does not.
func importRoot(dir string) string {
	lib := strings.TrimSuffix(pythonLib.FindString(dir), "/")
	if lib == "" {
		return ""
	}
	if site := lib + "/" + sitePackages; within(dir, site) {
		rest := strings.TrimPrefix(dir[len(site):], "/")
		if top, _, _ := strings.Cut(rest, "/"); strings.HasSuffix(top, ".egg") {
			return site + "/" + top
		}
		return site
	}
	return lib
}

// isStandardLibrary says whether an importRoot is that of Python itself.
func isStandardLibrary(root string) bool {
	return root != "" && path.Base(root) != sitePackages && path.Base(path.Dir(root)) != sitePackages
}

// ownTests are the test folders of the standard library, of all versions. From
// 3.12 on they are all in test.
var ownTests = []string{
	"test", "bsddb/test", "ctypes/test", "distutils/tests", "email/test", "idlelib/idle_test", "importlib/test",
	"json/tests", "lib-tk/test", "lib2to3/tests", "sqlite3/test", "tkinter/test", "unittest/test",
}

// testFolderOf is the outermost test folder that dir is or is in, "" if none.
func testFolderOf(dir string) string {
	root := importRoot(dir)
	if root == "" || dir == root {
		return ""
	}
	rel := dir[len(root)+1:]
	if isStandardLibrary(root) {
		for _, own := range ownTests {
			if within(rel, own) {
				return root + "/" + own
			}
		}
		return ""
	}
	at := 0
	for i, name := range strings.Split(rel, "/") {
		// At the top of site-packages it is a package called so, which somebody
		// may have installed to use it.
		if i > 0 && isTests(name) {
			return root + "/" + rel[:at+len(name)]
		}
		at += len(name) + 1
	}
	return ""
}

// usualTops are the folders at the top of an environment that are no compiler's own.
var usualTops = []string{
	"bin", "sbin", "lib", "lib32", "lib64", "libexec", "include", "share", "etc", "var", "opt", "man", "doc", "docs", "ssl", "info", "conda-meta",
	"condabin", "Library", "Lib", "DLLs", "Scripts", "Tools", "libs", "site-packages", "python-scripts", "src", "tmp", "pkgs", "envs",
}

// isTarget says whether a folder is that of what a compiler compiles for, by what is
// in it: x86_64-conda-linux-gnu/lib, arm-none-eabi/lib/thumb, avr/lib. The linker adds
// libraries from there by itself.
func isTarget(parts []string) bool {
	return len(parts) > 1 && !slices.Contains(usualTops, parts[0]) && (strings.HasPrefix(parts[1], "lib") || parts[1] == "usr" || parts[1] == "sys-root")
}

// needsLibs says for whom static libraries in dir are that nothing can be built
// without, "" if for nobody that is known.
func needsLibs(dir string) string {
	parts := strings.Split(dir, "/")
	has := func(sequence ...string) bool {
		for i := 0; i+len(sequence) <= len(parts); i++ {
			if slices.Equal(parts[i:i+len(sequence)], sequence) {
				return true
			}
		}
		return false
	}
	switch {
	case has("lib", "gcc"), has("lib64", "gcc"), has("libexec", "gcc"), has("lib", "clang"), slices.ContainsFunc(parts, isSysroot):
		return "a compiler"
	case isTarget(parts), parts[0] == "Library" && len(parts) > 1 && strings.HasPrefix(parts[1], "mingw"):
		return "a compiler"
	case has("lib", "rustlib"):
		return "Rust"
	case has("go", "pkg"):
		return "Go"
	case has("lib", "ocaml"):
		return "OCaml"
	}
	for i, name := range parts {
		if i > 0 && parts[i-1] == "lib" && strings.HasPrefix(name, "ghc-") {
			return "Haskell"
		}
	}
	return ""
}

// isSysroot says whether a folder is one that a compiler takes for the system it
// compiles for.
func isSysroot(name string) bool { return name == "sysroot" || strings.HasSuffix(name, "-sysroot") }

// linkersLibs are static libraries, wherever they are, that a compiler links
// without being asked to.
var linkersLibs = map[string]string{
	"libcudart_static.a": "nvcc", "libcudadevrt.a": "nvcc",
	"libgcc.a": "a compiler", "libgcc_eh.a": "a compiler", "libc_nonshared.a": "a compiler", "libpthread_nonshared.a": "a compiler",
}

// needsLib is for whom a static library is that nothing can be built without,
// "" if for nobody that is known.
func (p place) needsLib(name string) string {
	switch {
	case p.libs != "":
		return p.libs
	case strings.HasSuffix(name, ".dll.a"):
		return "a linker, to use a DLL"
	}
	return linkersLibs[name]
}

// licenceNames are how files begin that have to go along with what they are
// about.
var licenceNames = []string{"LICENSE", "LICENCE", "LICENSES", "COPYING", "COPYRIGHT", "NOTICE", "UNLICENSE"}

// isLicence says whether a file is one that the law wants to stay with the
// rest: LICENSE, COPYING.LESSER, notice.txt, but no source code that is about
// licences.
func isLicence(name string) bool {
	upper := strings.ToUpper(name)
	switch path.Ext(upper) {
	case ".PY", ".PYC", ".PYI", ".H", ".HPP", ".HH", ".JS", ".MAP", ".A", ".SO":
		return false
	}
	for _, word := range licenceNames {
		rest, ok := strings.CutPrefix(upper, word)
		if ok && (rest == "" || strings.ContainsRune(".-_+ 0123456789", rune(rest[0]))) {
			return true
		}
	}
	return false
}

// compiler matches the names of programs that compile against headers: gcc,
// x86_64-conda-linux-gnu-g++, clang-18, nvcc.exe.
var compiler = regexp.MustCompile(`^(?:[a-z0-9_.]+-)*(?:gcc|g\+\+|cc|c\+\+|clang|clang\+\+|gfortran|flang|nvcc|hipcc|icx|icpx|dpcpp|tcc|zig|cl|cling|rootcling|xcpp)(?:-?[0-9][0-9.]*)?(?:\.exe)?$`)

// compilerFolders are where programs are.
var compilerFolders = []string{"bin", "sbin", "libexec", "Library/bin", "Library/mingw-w64/bin", "Scripts"}

// isCompiler says whether a file is a compiler that may want headers, or Cython, which
// is one for sources of modules. What compiles while it runs is found by its text: see
// compilesPython.
func isCompiler(dir, name string) bool {
	if name == "__init__.py" {
		above, pkg := path.Split(dir)
		return strings.HasSuffix(above, "/"+sitePackages+"/") && above == importRoot(dir)+"/" && pkg == "Cython"
	}
	return slices.Contains(compilerFolders, dir) && compiler.MatchString(name)
}

// pythonReads are headers that Python itself may read when nothing is compiled:
// sysconfig takes the configuration of the build from pyconfig.h.
const pythonReads = "pyconfig.h"
