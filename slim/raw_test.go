package slim_test

import (
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

// egg is a zipped egg with one module.
func egg(t *testing.T, text string) string { return archive(t, "other/x.py", text) }

// archive is one with one file.
func archive(t *testing.T, name, text string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create(name)
	must(t, err)
	_, err = w.Write([]byte(text))
	must(t, err, z.Close())
	return out.String()
}

// Test folders are named in more than sources.
func TestTestsNamedElsewhere(t *testing.T) {
	outside := t.TempDir()
	app, empty := fixture.Environment{Prefix: filepath.Join(outside, "app")}, filepath.Join(outside, "absent")
	must(t, app.AddFile("src/app.py", "from pkg.tests import helpers\n"), app.AddFile("other/x.py", "import pkg\n"))
	far := strings.Repeat("\x00", 1<<20-5) + "pkg.tests.helpers\x00" + strings.Repeat("\x00", 1000)
	for _, c := range []struct {
		name, file, text string
		stays            bool
	}{
		{"a compiled module", site + "pkg/_fast.cpython-311-x86_64-linux-gnu.so", "\x7fELF\x00pkg.tests.helpers\x00", true},
		{"a compiled module named lib", site + "pkg/lib.cpython-311-x86_64-linux-gnu.so", "\x7fELF\x00pkg.tests.helpers\x00", true},
		{"a library in a package", site + "pkg/libfoo.so", "\x7fELF\x00pkg.tests.helpers\x00", true},
		{"a script of xonsh", "etc/conda/activate.d/pkg.xsh", "python -m pkg.tests\n", true},
		{"a large compiled module", site + "pkg/_fast.abi3.so", far, true},
		{"a compiled module of Windows", site + "other/_fast.pyd", "pkg\\tests\\x.dat", true},
		{"a word of a compiled module", site + "pkg/_fast.abi3.so", "the tests\x00test\x00tests.c\x00", false},
		{"a longer name", site + "pkg/_fast.abi3.so", "pkg.tests_more\x00mypkg.tests\x00", false},
		{"a kernel", "share/jupyter/kernels/k/kernel.json", `{"argv": ["python", "-m", "pkg.tests.helpers"]}`, true},
		{"an activation script", "etc/conda/activate.d/pkg.sh", "python -m pkg.tests\n", true},
		{"a path in an activation script", "etc/conda/activate.d/pkg.sh", "export DATA=$CONDA_PREFIX/lib/python3.11/site-packages/pkg/tests/data\n", true},
		{"a configuration", site + "other/settings.toml", "runner = 'pkg.tests:run'\n", true},
		{"a record", "conda-meta/x-1-0.json", `{"files": [], "x": "pkg.tests"}`, false},
		{"a zipped egg", site + "other.egg", egg(t, "import pkg.tests.helpers"), true},
		{"a zipped egg that does not", site + "other.egg", egg(t, "import pkg"), false},
		{"the library in an archive", "lib/python311.zip", egg(t, "import pkg.tests.helpers"), true},
		{"an archive anywhere", "share/app/app.pyz", egg(t, "import pkg.tests.helpers"), true},
		{"an egg of byte code", site + "other.egg", archive(t, "other/x.pyc", fromPkgImportTests), true},
		{"an egg with the source of its byte code", site + "other.egg", archive(t, "other/__pycache__/x.pyc", fromPkgImportTests), false},
		{"byte code alone", site + "other/x.pyc", fromPkgImportTests, true},
		{"a script with an archive behind it", "bin/app", "#!/usr/bin/python3\n" + egg(t, "import pkg.tests.helpers"), true},
		{"a program", "bin/prog", "\x7fELF\x00pkg.tests.helpers\x00", true},
		{"a helper deep below", "lib/foo/worker", "\x7fELF\x00pkg.tests.helpers\x00", true},
		{"a helper with an ending", "libexec/foo/worker.bin", "\x7fELF\x00pkg.tests.helpers\x00", true},
		{"a helper with a version", "libexec/foo/worker-1.2", "\x7fELF\x00pkg/tests/helpers.py\x00", true},
		{"a script deep below", "share/foo/run", "#!/bin/sh\nexec python -m pkg.tests.helpers\n", true},
		{"a library of a program", "lib/foo/libfoo.so.1.2", "\x7fELF\x00pkg.tests.helpers\x00", true},
		{"a file that is no program", "share/foo/list", "pkg.tests.helpers", false},
		{"a script to be sourced, by any ending", "etc/conda/activate.d/pkg.elv", "python -m pkg.tests\n", true},
		{"a script of a shell to be sourced from elsewhere", "share/pkg/init.tcsh", "python -m pkg.tests\n", true},
		{"whatever is in etc", "etc/pkg/rc", "run pkg.tests.helpers\n", true},
		{"variables of conda", "etc/conda/env_vars.d/pkg.vars", "X=pkg.tests\n", true},
		{"no archive", site + "other.zip", "pkg.tests", false},
		{"an unpacked egg", site + "o.egg/other/x.py", "from pkg.tests import helpers", true},
		{"an editable installation", site + "__editable__.app.pth", app.Path("src") + "\n", true},
		{"the finder of an editable installation", site + "__editable___app_finder.py", "MAPPING = {'app': '" + app.Path("src") + "'}\n", true},
		{"a link to an egg", site + "app.egg-link", app.Path("src") + "\n.\n", true},
		{"an installation that does not", site + "app.pth", app.Path("other") + "\n" + empty + "\n", false},
		{"parts that are joined", site + "other/x.py", "import_module('.'.join(['pkg', 'tests', n]))", true},
		{"a folder beside a package", site + "other/x.py", "import os, pkg\np = os.path.join(os.path.dirname(pkg.__file__), 'tests', 'x.py')", true},
		{"resources of a package", site + "other/x.py", "import importlib.resources as r, pkg\np = r.files(pkg) / 'tests'", true},
		{"resources of a package by name", site + "other/x.py", "p = files('pkg').joinpath('tests')", true},
		{"resources of another package", site + "other/x.py", "import other\np = files('another').joinpath('tests')", false},
		{"a package and no folder", site + "other/x.py", "import pkg\nx = 'latest'", false},
	} {
		env := install(t, t.TempDir(), fixture.Copy, pkg("pkg", site+"pkg/__init__.py", site+"pkg/tests/helpers.py"))
		must(t, env.AddFile(c.file, c.text))
		p := prepare(t, env.Prefix, slim.Tests)
		if stays := len(p.Items) == 0; stays != c.stays || p.Doubt() {
			t.Errorf("%s: stays %v, want %v; %v", c.name, stays, c.stays, p.Kept)
		}
	}
}

// fromPkgImportTests is the byte code of "from pkg import tests", of CPython 3.11.
const fromPkgImportTests = "\xa7\x0d\x0d\x0a\x00\x00\x00\x00\x00\x00\x00\x00\x15\x00\x00\x00\xe3\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00\x00\xf3\x12\x00\x00\x00\x97\x00d\x00d\x01l\x00m\x01Z\x01\x01\x00d\x02S\x00)\x03\xe9\x00\x00\x00\x00)\x01\xda\x05testsN)\x02\xda\x03pkgr\x03\x00\x00\x00\xa9\x00\xf3\x00\x00\x00\x00\xfa\x0aother/x.py\xfa\x08<module>r\x08\x00\x00\x00\x01\x00\x00\x00s\x1d\x00\x00\x00\xf0\x03\x01\x01\x01\xd8\x00\x15\xd0\x00\x15\xd0\x00\x15\xd0\x00\x15\xd0\x00\x15\xd0\x00\x15\xd0\x00\x15\xd0\x00\x15r\x06\x00\x00\x00"

// Several files name a test folder together.
func TestTestsNamedInParts(t *testing.T) {
	for _, c := range []struct {
		name  string
		files map[string]string
		stays bool
	}{
		{"an archive on a .pth", map[string]string{site + "x.pth": "../../../share/app/lib.dat\n", "share/app/lib.dat": egg(t, "import pkg.tests")}, true},
		{"a name in another module", map[string]string{site + "other/x.py": "from .conf import SUB\nm = import_module('pkg.' + SUB)", site + "other/conf.py": "SUB = 'tests'"}, true},
		{"a longer name in another module", map[string]string{site + "other/x.py": "m = import_module(f'pkg.{conf.SUB}')", site + "other/conf.py": "SUB = 'tests.helpers'"}, true},
		{"a name in another package", map[string]string{site + "other/x.py": "import conf\nm = import_module('pkg.%s' % conf.SUB)", site + "conf.py": "SUB = 'tests'"}, true},
		{"a name that a script imports", map[string]string{"bin/run": "#!/usr/bin/python\nimport conf\nm = __import__('pkg.' + conf.SUB)", site + "conf/__init__.py": "SUB = 'tests'"}, true},
		{"a name in a package that is not imported", map[string]string{site + "other/x.py": "m = import_module('pkg.' + SUB)", site + "conf.py": "SUB = 'tests'"}, false},
		{"the package in another module", map[string]string{site + "other/x.py": "from other.conf import PKG\nm = import_module(PKG + '.tests')", site + "other/conf.py": "PKG = 'pkg'"}, true},
		{"both in other modules", map[string]string{site + "other/x.py": "from .a import PKG\nfrom . import b\nm = import_module(PKG + '.' + b.SUB)", site + "other/a.py": "PKG = 'pkg'", site + "other/b.py": "SUB = 'tests'"}, true},
		{"both in modules that it does not import", map[string]string{site + "other/x.py": "m = import_module(name)", site + "other/a.py": "PKG = 'pkg'", site + "other/b.py": "SUB = 'tests'"}, false},
		{"a format of both", map[string]string{site + "other/x.py": "from .b import SUB\nm = import_module('{}.{}'.format('pkg', SUB))", site + "other/b.py": "SUB = 'tests'"}, true},
		{"both, and nothing that imports by name", map[string]string{site + "other/x.py": "from .a import PKG\nfrom .b import SUB", site + "other/a.py": "PKG = 'pkg'", site + "other/b.py": "SUB = 'tests'"}, false},
		{"of another package", map[string]string{site + "other/x.py": "m = import_module('mypkg.' + SUB)", site + "other/conf.py": "SUB = 'tests'"}, false},
		{"a sentence", map[string]string{site + "other/x.py": "raise E('there is no pkg.')", site + "other/conf.py": "SUB = 'tests'"}, false},
	} {
		env := install(t, t.TempDir(), fixture.Copy, pkg("pkg", site+"pkg/__init__.py", site+"pkg/tests/helpers.py"))
		for file, text := range c.files {
			must(t, env.AddFile(file, text))
		}
		p := prepare(t, env.Prefix, slim.Tests)
		if stays := len(p.Items) == 0; stays != c.stays || p.Doubt() {
			t.Errorf("%s: stays %v, want %v; %v", c.name, stays, c.stays, p.Kept)
		}
	}
}

// What may be run is read whatever its name.
func TestTestsNamedByAProgramOfAnyName(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("pkg", site+"pkg/tests/helpers.py"))
	must(t, env.AddFile("lib/foo/run.job", "#!/bin/sh\nexec python -m pkg.tests.helpers\n"))
	check(t, "without the right", names(prepare(t, env.Prefix, slim.Tests).Items), site+"pkg/tests/helpers.py")
	if runtime.GOOS == "windows" {
		t.Skip("Windows knows programs by their endings")
	}
	must(t, os.Chmod(env.Path("lib/foo/run.job"), 0o755))
	check(t, "with the right", names(prepare(t, env.Prefix, slim.Tests).Items), "")
}

// An egg that is a folder is where its modules are imported from.
func TestTestsInAnEgg(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", site+"a.egg/a/tests/x.py", site+"a.egg/b/tests/x.py"))
	must(t, env.AddFile(site+"c.py", "import a.tests\n"))
	p := prepare(t, env.Prefix, slim.Tests)
	check(t, "goes", names(p.Items), site+"a.egg/b/tests/x.py")
}
