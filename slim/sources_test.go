package slim_test

import (
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

// Sources stay if a program reads them.
func TestSourcesThatAProgramReads(t *testing.T) {
	const c, pyx, deep = site + "pkg/fast.c", site + "pkg/fast.pyx", site + "pkg/core/deep.c"
	const all = deep + " " + c + " " + pyx
	for _, e := range []struct {
		name  string
		files map[string]string
		goes  string
	}{
		{"nobody", map[string]string{site + "pkg/__init__.py": "from .fast import f"}, all},
		{"get_data", map[string]string{site + "pkg/__init__.py": "x = pkgutil.get_data('pkg', 'fast.c')"}, deep + " " + pyx},
		{"resources of another package", map[string]string{site + "other/x.py": "x = files('pkg').joinpath('fast.c')"}, deep + " " + pyx},
		{"a path", map[string]string{site + "pkg/build.py": "x = ['../pkg/core/deep.c']"}, c + " " + pyx},
		{"every ending", map[string]string{site + "pkg/build.py": "for f in d:\n  if f.endswith('.c'): run(f)"}, pyx},
		{"a pattern", map[string]string{site + "pkg/build.py": "glob(d + '/*.pyx')"}, deep + " " + c},
		{"a format", map[string]string{site + "pkg/build.py": "x = '%s.pyx' % name, f'{name}.c'"}, ""},
		{"every ending, in what imports the package", map[string]string{site + "other/x.py": "import pkg.core\nx = name + '.c'"}, pyx},
		{"every ending, in another package", map[string]string{site + "other/x.py": "x = name + '.c'"}, all},
		{"a module that lists its folder", map[string]string{site + "pkg/core/x.py": "for f in resources.files('pkg.core').iterdir(): run(f)"}, c + " " + pyx},
		{"a module that lists another folder", map[string]string{site + "pkg/core/x.py": "for f in path.iterdir(): run(f)"}, all},
		{"a configuration", map[string]string{site + "pkg/build.toml": "sources = ['fast.c']"}, deep + " " + pyx},
		{"a script", map[string]string{"bin/run": "#!/usr/bin/python\nx = 'fast.c'"}, deep + " " + pyx},
		{"an archive", map[string]string{"lib/app.zip": egg(t, "x = pkgutil.get_data('pkg', 'fast.c')")}, deep + " " + pyx},
		{"a program", map[string]string{"bin/run": "\x7fELF\x00/opt/env/" + site + "pkg/core/deep.c\x00fast.c\x00"}, c + " " + pyx},
		{"a comment", map[string]string{site + "pkg/__init__.py": "# made of fast.c\nx = 1"}, all},
		{"the module made of it", map[string]string{site + "pkg/other.abi3.so": "fast.c"}, all},
		{"what builds the package", map[string]string{site + "pkg/setup.py": "Extension('fast.c')"}, all},
		{"a longer name", map[string]string{site + "pkg/__init__.py": "x = 'myfast.c', 'fast.cfg', 'fast.pyx_t'"}, all},
		{"included by a source without a module", map[string]string{site + "pkg/jit/mixin.c": "#include \"../fast.c\"\n"}, deep + " " + pyx},
		{"included by one that stays", map[string]string{site + "pkg/__init__.py": "x = 'fast.c'", c: "  # include \"core/deep.c\""}, pyx},
		{"included by one that goes", map[string]string{c: "#include \"core/deep.c\""}, all},
		{"included by another package", map[string]string{site + "other/mixin.c": "#include \"fast.c\""}, all},
		{"included in Cython", map[string]string{site + "pkg/a.pxd": "cdef extern from \"fast.c\":\n"}, deep + " " + pyx},
	} {
		p := pkg("pkg", c, pyx, deep, site+"pkg/fast.cpython-311-x86_64-linux-gnu.so", site+"pkg/core/deep.abi3.so")
		for i, f := range p.Files {
			if text := e.files[f.Path]; text != "" {
				p.Files[i].Content = text
				delete(e.files, f.Path)
			}
		}
		env := install(t, t.TempDir(), fixture.Copy, p)
		for file, text := range e.files {
			must(t, env.AddFile(file, text))
		}
		check(t, e.name, names(prepare(t, env.Prefix, slim.Sources).Items), e.goes)
	}
}
