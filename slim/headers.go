package slim

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/walk"
)

// buildTools are modules that compile extensions. Whoever imports them, or something
// from them, may compile while it runs, by a compiler that is not in the environment.
var buildTools = []string{
	"distutils/command/build_ext", "distutils/ccompiler", "distutils/core/Extension", "distutils/extension", "distutils/sysconfig/get_python_inc", "distutils/sysconfig/customize_compiler",
	"setuptools/command/build_ext", "setuptools/Extension", "setuptools/extension", "setuptools/_distutils/ccompiler", "setuptools/_distutils/command/build_ext", "numpy/distutils",
	"pybind11", "nanobind", "Cython/Build", "Cython/Compiler", "Cython/inline", "pyximport", "pythran", "cppimport", "cppyy", "cppyy_backend", "mypyc/build",
	"torch/utils/cpp_extension", "numba/pycc", "weave", "scipy/weave", "cffi/verifier", "cffi/recompiler", "cffi/ffiplatform",
}

// packagers are packages of Python that compile when something is installed, not when
// a program runs.
var packagers = []string{"setuptools", "_distutils_hack", "pkg_resources", "pip", "wheel"}

// compileWords are in every module that compiles. Others are not looked at closely.
var compileWords = [][]byte{
	[]byte("distutils"), []byte("setuptools"), []byte("pybind11"), []byte("nanobind"), []byte("Cython"), []byte("pyximport"), []byte("pythran"), []byte("cppimport"), []byte("cppyy"), []byte("mypyc"),
	[]byte("-shared"), []byte("-fPIC"), []byte("-dynamiclib"), []byte("'CC'"), []byte("\"CC\""), []byte("'CXX'"), []byte("\"CXX\""), []byte("LDSHARED"),
	[]byte("cpp_extension"), []byte("pycc"), []byte("weave"), []byte("cffi"), []byte("gcc"), []byte("g++"), []byte("c++"), []byte("clang"), []byte("nvcc"), []byte("hipcc"), []byte("Python.h"), []byte("INCLUDEPY"),
}

// startsPrograms matches calls by which a module of Python starts programs that it does not
// import by a name; compilerWord matches a string that tells that these are compilers: an
// option, or the variable that has the compiler.
var (
	startsPrograms = regexp.MustCompile(`(?:which|os\.(?:system|popen|exec[lv]p?e?|spawn[lv]p?e?|posix_spawnp?))\s*\(`)
	compilerWord   = regexp.MustCompile(`^(?:-shared|-fPIC|-fpic|-dynamiclib|CC|CXX|LDSHARED|LDCXXSHARED|BLDSHARED)$|^(?:\S*/)?(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+) -`)
)

// compilesPython says whether a module of Python compiles while it runs: it imports
// what builds extensions; it starts a compiler, by its name, by a variable that has it or
// with an option that only compilers take; or it names Python's headers.
func compilesPython(src []byte) bool {
	if !slices.ContainsFunc(compileWords, func(w []byte) bool { return bytes.Contains(src, w) }) {
		return false
	}
	found, starts, compilers, ffi := false, startsPrograms.Match(src), false, false
	parseImports(bytes.TrimPrefix(src, []byte("\ufeff")), func(r reference) {
		if r.level > 0 {
			return
		}
		found = found || isBelow(r.module, buildTools)
		starts = starts || isBelow(r.module, []string{"subprocess", "shutil/which", "os/system", "asyncio", "sh", "plumbum", "pexpect", "invoke"})
		ffi = ffi || within(r.module, "cffi")
	}, func(_, text string) {
		compilers = compilers || len(text) > 2 && compiler.MatchString(text) || compilerWord.MatchString(text)
		found = found || text == "INCLUDEPY" || text == "Python.h"
	})
	// cffi's set_source is also for those who build a wheel; these run it.
	return found || starts && compilers || ffi && (bytes.Contains(src, []byte(".verify(")) || bytes.Contains(src, []byte(".compile(")))
}

// compilesPerl matches modules of Perl that compile while they run.
var compilesPerl = regexp.MustCompile(`(?m)^\s*(?:use|require)\s+(?:Inline\b|ExtUtils::(?:CBuilder|MM|MakeMaker)\b)`)

// compilesR matches the DESCRIPTION of packages of R that compile while they run, or
// import what does, over several lines too.
var compilesR = regexp.MustCompile(`(?m)^(?:Package|Depends|Imports):(?:[^\n]|\n[ \t])*\b(?:Rcpp|inline|cpp11|rstan)\b|^SystemRequirements:(?:[^\n]|\n[ \t])*(?:[cC]ompiler|C\+\+ toolchain)`)

// mayCompile says whether a file is to be asked whether it compiles: a module or
// script, but for the standard library, tests, and what is run when something is
// installed.
func mayCompile(dir, name string) bool {
	switch {
	case path.Ext(name) == ".pm":
		return !slices.Contains(strings.Split(dir, "/"), "ExtUtils") // they are what is asked for
	case name == "DESCRIPTION":
		return strings.HasSuffix(path.Dir(dir), "R/library")
	case name == "setup.py", name == "conftest.py", testFolderOf(dir) != "", !isCode(dir, name), isRaw(dir, name), isZipped(name):
		return false
	}
	root := importRoot(dir)
	if root == "" {
		return isProgram(dir)
	}
	if isStandardLibrary(root) {
		return false
	}
	top, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(dir, root), "/"), "/")
	return !slices.Contains(packagers, top) && !strings.HasPrefix(top, "setuptools-") && !strings.HasPrefix(top, "pip-")
}

// compiles says whether a file that mayCompile does.
func compiles(name string, text []byte) bool {
	switch {
	case path.Ext(name) == ".pm":
		return compilesPerl.Match(text)
	case name == "DESCRIPTION":
		return compilesR.Match(text)
	}
	return compilesPython(text)
}

// findBuilders reads the files that may compile, and notes those that do. What cannot
// be read is taken for one that does.
func (t *tree) findBuilders(ctx context.Context, prefix *walk.Dir) error {
	var mu sync.Mutex
	return parallel.Each(ctx, 0, byFolder(t.mayCompile, folderOf), func(files []string) error {
		dir, derr := prefix.OpenBelow(folderOf(files[0]))
		if derr == nil {
			defer dir.Close()
		}
		for _, file := range files {
			text, err := []byte(nil), derr
			if derr == nil {
				text, err = readCodeFile(dir, path.Base(file))
			}
			if errors.Is(err, fs.ErrNotExist) || err == nil && !compiles(path.Base(file), text) {
				continue
			}
			mu.Lock()
			t.builders[file] = true
			mu.Unlock()
		}
		return nil
	})
}

// compilerPackage matches names of packages that are compilers.
var compilerPackage = regexp.MustCompile(`^(?:(?:[a-z0-9_-]+-)?compilers?|(?:gcc|gxx|gfortran|clang|clangxx|flang|dpcpp|ifx|nvcc|cuda-nvcc|hipcc|tinycc|m2w64-gcc)(?:[-_](?:impl|dev|tools|[0-9]|linux|osx|win).*)?)$`)

// runTime is what compiles while it runs, each with its proof: a module, or the
// compiler that a package depends on.
type runTime struct {
	any      string            // one of them, "" if there is none
	anywhere string            // one that no record lists: nobody knows what it needs
	owners   map[string]string // by record: packages that do so themselves
	needed   map[string]string // by name: packages that those depend on
	wanted   map[string]bool   // names of packages that some package depends on
}

// atRunTime finds what compiles while it runs. It reads no disk.
func (t *tree) atRunTime() runTime {
	r := runTime{owners: map[string]string{}, needed: map[string]string{}, wanted: map[string]bool{}}
	listed := map[string]bool{}
	least := func(old, by string) string {
		if old == "" || by < old {
			return by
		}
		return old
	}
	for record, c := range t.packages {
		by := ""
		for _, file := range c.builders {
			listed[file] = true
			by = least(by, file)
		}
		for _, name := range c.depends {
			r.wanted[name] = true
			if len(c.builders) == 0 && compilerPackage.MatchString(name) {
				by = least(by, name)
			}
		}
		if by == "" {
			continue
		}
		r.owners[record] = by
		r.any = least(r.any, by)
		for _, name := range c.depends {
			r.needed[name] = least(r.needed[name], by)
		}
	}
	for file := range t.builders {
		if !listed[file] {
			r.anywhere = least(r.anywhere, file)
		}
	}
	return r
}

// compilesAgainst is what may compile against a header while it runs, "" for nothing:
// the package of the header, or one that depends on it. A package that no other
// depends on was installed for itself; if its headers are for what compiles here,
// no record says so.
func (t *tree) compilesAgainst(f *file, r runTime) string {
	if r.anywhere != "" {
		return r.anywhere
	}
	c := t.packages[f.record]
	if c == nil {
		return r.any
	}
	if by := r.owners[f.record]; by != "" {
		return by
	}
	if by := r.needed[c.name]; by != "" {
		return by
	}
	if !r.wanted[c.name] {
		return r.any
	}
	return ""
}
