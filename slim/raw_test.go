package slim_test

import (
	"archive/zip"
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

// egg is a zipped egg with one module.
func egg(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	w, err := z.Create("other/x.py")
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
		{"a library in a package", site + "pkg/libfoo.so", "\x7fELF\x00pkg.tests.helpers\x00", false},
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

// An egg that is a folder is where its modules are imported from.
func TestTestsInAnEgg(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", site+"a.egg/a/tests/x.py", site+"a.egg/b/tests/x.py"))
	must(t, env.AddFile(site+"c.py", "import a.tests\n"))
	p := prepare(t, env.Prefix, slim.Tests)
	check(t, "goes", names(p.Items), site+"a.egg/b/tests/x.py")
}
