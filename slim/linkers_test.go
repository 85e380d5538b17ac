package slim_test

import (
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

// Whoever links is found by what packages have, need or say.
func TestStaticLibrariesOfCompilers(t *testing.T) {
	type packages = map[string]string // by the path of a record: files of a package, each "path=content"; "<name" is a dependency
	for _, c := range []struct {
		name     string
		packages packages
		goes     string
	}{
		{"no compiler", packages{"zlib": "lib/libz.a bin/minigzip include/zlib.h"}, "lib/libz.a"},
		{"a library that only a program can use", packages{"vlang": "bin/v lib/libvlang.a"}, ""},
		{"a library that a program has as a shared one", packages{"x": "bin/x lib/libx.a lib/libx.so.1"}, "lib/libx.a"},
		{"a real compiler, for all", packages{"gcc": "bin/gcc=\x7fELF", "expat": "lib/libexpat.a include/expat.h"}, ""},
		{"an unknown compiler that starts another", packages{"v": "bin/v=\x7fELF\x00cc\x00x\x00-lpthread\x00", "expat": "lib/libexpat.a include/expat.h"}, ""},
		{"one that starts it by a format", packages{"v": "bin/v=\x7fELF\x00gcc$-o$%s\x00", "expat": "lib/libexpat.a include/expat.h"}, ""},
		{"a script that starts one", packages{"h5cc": "bin/h5c=#!/bin/sh^cc$-o$x$-lm^", "expat": "lib/libexpat.a include/expat.h"}, ""},
		{"a program that has the words", packages{"lsof": "bin/lsof=\x7fELF\x00cc\x00-L\x00x$cc$-lm\x00", "expat": "lib/libexpat.a include/expat.h"}, "lib/libexpat.a"},
		{"a script that has the words", packages{"perl": "bin/h2xs=#!/usr/bin/perl^cc$-lm^", "expat": "lib/libexpat.a include/expat.h"}, "lib/libexpat.a"},
		{"a linker for whoever has a compiler", packages{"ld_impl": "bin/x86_64-conda-linux-gnu-ld=\x7fELF", "python": "bin/python3 lib/python3.11/os.py include/Python.h lib/libpython3.11.a <ld_impl_linux-64"}, "lib/libpython3.11.a"},
		{"an unknown compiler with a linker of its own", packages{"roc": "bin/roc=\x7fELF\x00abc!<arch>^def", "expat": "lib/libexpat.a include/expat.h"}, ""},
		{"a library that reads archives", packages{"libarchive": "lib/libarchive.so.13=\x7fELF!<arch>^ bin/bsdtar=\x7fELF", "expat": "lib/libexpat.a include/expat.h"}, "lib/libexpat.a"},
		{"a text about archives", packages{"doc": "bin/tell=#!/bin/sh^#!<arch>^", "expat": "lib/libexpat.a include/expat.h"}, "lib/libexpat.a"},
		{"the linker of a compiler that is not there", packages{"ld_impl": "bin/x86_64-conda-linux-gnu-ld=\x7fELF!<arch>^", "expat": "lib/libexpat.a include/expat.h"}, "lib/libexpat.a"},
		{"a linker for all", packages{"mold": "bin/mold=\x7fELF", "expat": "lib/libexpat.a include/expat.h"}, ""},
		{"a compiler by its name", packages{"ldc": "bin/ldc2 lib/libphobos2-ldc.a lib/libldc.a"}, "lib/libldc.a"},
		{"the compiler of another package", packages{"ldc": "bin/ldc2", "zlib": "lib/libz.a"}, ""},
		{"a linker of another package", packages{"v": "bin/v", "v-libs": "lib/libvlang.a", "binutils": "bin/ld"}, ""},
		{"an unknown compiler, which has start-up objects", packages{"qbe": "bin/qbe lib/qbe-crt0.o lib/librt.a"}, ""},
		{"an unknown compiler, which needs a linker", packages{"roc": "bin/roc lib/libhost.a <ld_impl_linux-64", "x": "lib/libx.a <binutils"}, "lib/libx.a"},
		{"an unknown compiler, which names the file", packages{"gambit": "bin/gsi=..libgambit.a\x00 lib/libgambit.a lib/libother.a include/gambit.h"}, "lib/libother.a"},
		{"an unknown compiler, which passes it on", packages{"any": "bin/any=x%scc%s-lanyrt%s", "anyrt": "lib/libanyrt.a lib/libany.a"}, "lib/libany.a"},
		{"what tells others to link", packages{"python": "bin/python3-config=-lpython3 lib/libpython3.a"}, "lib/libpython3.a"},
		{"a longer name", packages{"any": "bin/any=libx.abc,-lxy,mylibx.a", "x": "lib/libx.a"}, "lib/libx.a"},
		{"a program's own folder", packages{"erlang": "bin/erlexec lib/erlang/usr/lib/libei.a", "d": "lib/erlang/libd.a"}, "lib/erlang/libd.a"},
		{"a library that a compiler depends on", packages{"dmd": "bin/dmd <libphobos <zlib", "libphobos": "lib/libphobos2.a", "zlib": "lib/libz.a lib/libz.so.1"}, ""},
		{"a sysroot by any name", packages{"wasi-sysroot": "share/wasi-sysroot/lib/wasm32-wasi/libc.a"}, ""},
		{"targets without an operating system", packages{"newlib": "arm-none-eabi/lib/thumb/libc.a riscv64-unknown-elf/lib/libm.a avr/lib/libm.a wasm32-wasi/lib/libc.a"}, ""},
		{"a folder that is no target", packages{"x": "share/lib/libx.a opt/lib/liby.a"}, "opt/lib/liby.a share/lib/libx.a"},
		{"a program's own folder elsewhere", packages{"foolang": "bin/foolang share/foolang/lib/libfoort.a lib64/foolang/liba.a opt/foolang/libb.a"}, ""},
		{"a program that others do not start", packages{"any": "libexec/any=..libany.a\x00 lib/libany.a"}, ""},
		{"objects of modules", packages{"numpy": site + "numpy/x.o bin/f2py include/np.h lib/libnp.a"}, "lib/libnp.a"},
		{"depends that is no list", packages{"odd": "lib/libodd.a <!"}, "lib/libodd.a"},
	} {
		env := install(t, t.TempDir(), fixture.Copy)
		for name, text := range c.packages {
			var files, depends []string
			for _, f := range strings.Fields(text) {
				if d, ok := strings.CutPrefix(f, "<"); ok {
					depends = append(depends, d)
					continue
				}
				path, content, _ := strings.Cut(f, "=")
				content = strings.NewReplacer("$", " ", "^", "\n").Replace(content)
				must(t, env.AddFile(path, content))
				files = append(files, path)
			}
			list := `["` + strings.Join(depends, ` >=1", "`) + `"]`
			if strings.Join(depends, "") == "!" {
				list = `"x"`
			}
			must(t, env.AddFile("conda-meta/"+name+"-1-0.json", `{"depends": `+list+`, "files": ["`+strings.Join(files, `", "`)+`"]}`))
		}
		p := prepare(t, env.Prefix, slim.StaticLibs)
		check(t, c.name, names(p.Items), c.goes)
		if len(p.Problems) > 0 {
			t.Errorf("%s: %v", c.name, p.Problems)
		}
	}
}
