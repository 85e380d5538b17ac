package slim

import (
	"slices"
	"strings"
	"testing"
)

func TestModulesThatCompile(t *testing.T) {
	for _, c := range []struct {
		name, text string
		compiles   bool
	}{
		{"setuptools' build_ext", "def f():\n    from setuptools.command.build_ext import build_ext", true},
		{"distutils' build_ext", "import distutils.command.build_ext as b", true},
		{"distutils' Extension", "from distutils.core import setup, Extension", true},
		{"numpy.distutils", "import numpy.distutils.ccompiler", true},
		{"Cython", "from Cython.Build.Inline import cython_inline", true},
		{"pyximport", "import pyximport; pyximport.install()", true},
		{"torch", "from torch.utils import cpp_extension", true},
		{"numba", "from numba.pycc import CC", true},
		{"weave", "from scipy import weave", true},
		{"pybind11", "import pybind11", true},
		{"cffi, run", "from cffi import FFI\nffi = FFI()\nlib = ffi.verify('int x;')", true},
		{"cffi, used", "from cffi import FFI\nffi = FFI()\nlib = ffi.dlopen('x')", false},
		{"a compiler that is started", "import subprocess\nsubprocess.run(['g++', '-shared'])", true},
		{"a compiler that is looked for", "import shutil\ncc = shutil.which('clang') or shutil.which('gcc')", true},
		{"a compiler that os starts", "import os\nos.execvp('g++', args)", true},
		{"a compiler of a variable", "import os, subprocess\nsubprocess.run([os.environ['CC'], x])", true},
		{"a compiler by its options", "import subprocess\nsubprocess.run([tool, '-shared', '-o', x])", true},
		{"a compiler in a command", "import os\nos.system('gcc -c ' + x)", true},
		{"an option that is told of", "print('-shared')", false},
		{"a compiler that is told of", "print('gcc')", false},
		{"a compiler in a comment", "import subprocess # 'gcc'\nsubprocess.run(['ls'])", false},
		{"a compiler in prose", "import subprocess\nx = f('install gcc first')", false},
		{"Python's headers", "x = sysconfig.get_config_var('INCLUDEPY')", true},
		{"distutils for something else", "from distutils.version import LooseVersion\nfrom setuptools import find_packages", false},
		{"its own module of that name", "from .weave import x", false},
		{"in a comment", "# import pyximport", false},
		{"nothing", "import os", false},
	} {
		if got := compiles("x.py", []byte(c.text)); got != c.compiles {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	for text, want := range map[string]bool{
		"use Inline C => 'int x;';": true, "require ExtUtils::CBuilder;": true, "use List::Util;": false, "# use Inline C": false, "use Inlined;": false,
	} {
		if compiles("X.pm", []byte(text)) != want {
			t.Errorf("Perl: %q", text)
		}
	}
	for text, want := range map[string]bool{
		"Package: a\nImports: methods,\n    inline (>= 0.3)\n": true, "Package: Rcpp\n": true, "LinkingTo: Rcpp\n": false,
		"SystemRequirements: a C++ compiler\n": true, "Imports: methods\nTitle: inline code\n": false,
	} {
		if compiles("DESCRIPTION", []byte(text)) != want {
			t.Errorf("R: %q", text)
		}
	}
}

func TestFilesThatMayCompile(t *testing.T) {
	const lib = "lib/python3.11/"
	for file, want := range map[string]bool{
		lib + "site-packages/a/x.py": true, "bin/tool": true, "lib/perl5/X.pm": true, "lib/R/library/a/DESCRIPTION": true,
		lib + "distutils/core.py": false, lib + "site-packages/setuptools/x.py": false, lib + "site-packages/pip/_internal/x.py": false,
		lib + "site-packages/a/tests/x.py": false, lib + "site-packages/a/setup.py": false, lib + "site-packages/a/conftest.py": false,
		"lib/perl5/ExtUtils/CBuilder.pm": false, "share/DESCRIPTION": false, "share/x.py": false, lib + "site-packages/a/x.so": false,
	} {
		if mayCompile(folderOf(file), file[strings.LastIndexByte(file, '/')+1:]) != want {
			t.Errorf("%s: not %v", file, want)
		}
	}
}

// Headers stay with what compiles against them, by the dependencies of packages.
func TestHeadersThatAreCompiledAgainst(t *testing.T) {
	type packages = map[string]string // "<name" is a dependency, "!file" a module that compiles
	for _, c := range []struct {
		name     string
		packages packages
		goes     string // headers, one of each package: include/NAME.h
	}{
		{"nothing compiles", packages{"python": "", "zlib": "", "app": "<python <zlib"}, "app python zlib"},
		{"its own, and those that it depends on", packages{"app": "<torch <z", "torch": "!t.py <python", "python": "<z", "z": ""}, "z"},
		{"two that compile", packages{"app": "<a <b <c <d", "a": "!a.py <c", "b": "!b.py <d", "c": "", "d": "<e", "e": ""}, "e"},
		{"what no package depends on", packages{"torch": "!t.py", "cuda-dev": "<z", "z": ""}, "z"},
		{"a compiler among the dependencies", packages{"top": "<jit <z", "jit": "<gcc_linux-64 <llvm", "llvm": "", "z": ""}, "z"},
		{"a package called after what compiles", packages{"top": "<torch <python", "torch": "<python", "python": ""}, "python top torch"},
		{"a linker is no compiler", packages{"top": "<python", "python": "<ld_impl_linux-64"}, "python top"},
		{"a module that no record lists", packages{"": "!t.py", "python": "<z", "z": ""}, ""},
	} {
		tree := made()
		tree.builders, tree.packages = map[string]bool{}, map[string]*contents{}
		for name, text := range c.packages {
			p := &contents{name: name}
			for _, word := range strings.Fields(text) {
				if d, ok := strings.CutPrefix(word, "<"); ok {
					p.depends = append(p.depends, d)
				} else {
					p.builders = append(p.builders, word[1:])
					tree.builders[word[1:]] = true
				}
			}
			if name == "" {
				continue
			}
			tree.packages[name+"-1-0"] = p
			path := "include/" + name + ".h"
			one := made(path).files[path]
			one.record = name + "-1-0"
			tree.files[path] = one
		}
		items, kept := tree.decide([]Kind{Headers}, evidence{runTime: tree.atRunTime()})
		var got []string
		for _, it := range items {
			got = append(got, strings.TrimSuffix(strings.TrimPrefix(it.Path, "include/"), ".h"))
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.goes {
			t.Errorf("%s: %q goes, want %q", c.name, got, c.goes)
		}
		for _, k := range kept {
			if k.Reason != Compiles || k.By == "" {
				t.Errorf("%s: %v", c.name, k)
			}
		}
	}
}

func TestCompilerPackages(t *testing.T) {
	for name, want := range map[string]bool{
		"c-compiler": true, "cxx-compiler": true, "compilers": true, "gcc": true, "gcc_linux-64": true, "gcc_impl_linux-64": true, "gxx_linux-aarch64": true,
		"clang": true, "clang-18": true, "clang_osx-arm64": true, "cuda-nvcc": true, "cuda-nvcc_linux-64": true, "cuda-nvcc-dev_linux-64": true,
		"libgcc": false, "libgcc-ng": false, "libclang": false, "clang-format": false, "ld_impl_linux-64": false, "binutils": false, "sysroot_linux-64": false, "gccount": false,
	} {
		if compilerPackage.MatchString(name) != want {
			t.Errorf("%s: not %v", name, want)
		}
	}
}
