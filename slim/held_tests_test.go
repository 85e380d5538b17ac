package slim

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestHeldTestFolders(t *testing.T) {
	const site = "lib/python3.11/site-packages/"
	folders := []string{
		site + "a/tests", site + "a/b/tests", site + "c/test", site + "d/tests", site + "e/f/tests",
		"lib/python3.11/test", "lib/python3.11/idlelib/idle_test",
	}
	for _, c := range []struct {
		name    string
		sources map[string]string
		want    string // folder < file, sorted
	}{
		{"nobody imports", map[string]string{site + "a/x.py": "import a.b.test_c, tests"}, ""},
		{"relative", map[string]string{site + "a/__init__.py": "from .tests import x"}, "a/tests<a/__init__.py"},
		{"relative, of the folder itself", map[string]string{site + "a/x.py": "from . import tests"}, "a/tests<a/x.py"},
		{"relative, from above", map[string]string{site + "a/b/c.py": "from ..tests.x import y"}, "a/tests<a/b/c.py"},
		{"relative, the nearer one", map[string]string{site + "a/b/c.py": "from .tests import y"}, "a/b/tests<a/b/c.py"},
		{"absolute", map[string]string{site + "a/x.py": "from a.b.tests.deep import y"}, "a/b/tests<a/x.py"},
		{"by another package", map[string]string{site + "d/x.py": "from c.test import Client"}, "c/test<d/x.py"},
		{"by a module at the top", map[string]string{site + "x.py": "import c.test"}, "c/test<x.py"},
		{"by a script", map[string]string{"bin/run": "from e.f.tests import main"}, "e/f/tests<bin/run"},
		{"by a string", map[string]string{site + "a/x.py": "RUNNER = 'c.test.runner.Discover'"}, "c/test<a/x.py"},
		{"by its name, in a string", map[string]string{site + "a/x.py": "attach(__name__, submodules={'tests'})"}, "a/tests<a/x.py"},
		{"by its name, from below", map[string]string{site + "a/b/x.py": "open(join(up, 'tests', 'x.json'))"}, "a/b/tests<a/b/x.py a/tests<a/b/x.py"},
		{"by the end of its path", map[string]string{site + "a/k/x.py": "data = 'b/tests/x.json'"}, "a/b/tests<a/k/x.py"},
		{"by a relative name", map[string]string{site + "e/f/x.py": "import_module('.tests.x', __package__)"}, "e/f/tests<e/f/x.py"},
		{"by what exec runs", map[string]string{site + "a/x.py": "exec('from .b.tests import y')"}, "a/b/tests<a/x.py"},
		{"by its name, in another package", map[string]string{site + "d/x.py": "x = 'tests'", site + "a.py": "x = 'tests'"}, "d/tests<d/x.py"},
		{"by another name", map[string]string{site + "a/x.py": "x = 'test', 'c/tests'", site + "c/x.py": "x = 'tests'"}, ""},
		{"by its name, in itself", map[string]string{site + "a/tests/x.py": "x = 'tests'"}, ""},
		{"above the package", map[string]string{site + "a/x.py": "from ....test import x"}, ""},
		{"relative in a script", map[string]string{"bin/run": "from .tests import x"}, ""},
		{"the first that does", map[string]string{site + "a/z.py": "import a.tests", site + "a/k.py": "import a.tests"}, "a/tests<a/k.py"},
		{"test folders among themselves", map[string]string{
			site + "a/tests/x.py": "from a.b.tests import y", site + "a/b/tests/y.py": "from a.tests import x",
		}, ""},
		{"by one that stays", map[string]string{
			site + "a/__init__.py": "from .tests import x", site + "a/tests/x.py": "from a.b.tests import y", site + "a/b/tests/y.py": "import c.test",
		}, "a/b/tests<a/tests/x.py a/tests<a/__init__.py c/test<a/b/tests/y.py"},
		{"Python's own tests by itself", map[string]string{
			"lib/python3.11/multiprocessing/util.py": "from test import support", "lib/python3.11/idlelib/x.py": "main('idlelib.idle_test.x')",
		}, ""},
		{"Python's own tests by a package", map[string]string{site + "a/x.py": "from test.support import y"}, "/test<a/x.py"},
		{"Python's own tests by a string", map[string]string{site + "_distutils_hack/__init__.py": "x = ['test.test_importlib']"}, ""},
		{"Python itself does not import packages' tests, but if", map[string]string{"lib/python3.11/x.py": "import a.tests"}, "a/tests<lib/python3.11/x.py"},
		{"a name that begins alike", map[string]string{site + "a/x.py": "import a.tests_more, a.test, aa.tests"}, ""},
		{"unreadable, in a package", map[string]string{site + "a/x.py": "?"}, "a/b/tests<a/x.py a/tests<a/x.py"},
		{"unreadable, at the top", map[string]string{"bin/x": "?"},
			"/idlelib/idle_test<bin/x /test<bin/x a/b/tests<bin/x a/tests<bin/x c/test<bin/x d/tests<bin/x e/f/tests<bin/x"},
		{"unreadable, in a test folder that goes", map[string]string{site + "a/tests/x.py": "?"}, ""},
	} {
		sources := map[string][]source{}
		for file, text := range c.sources {
			s := source{path: file}
			if text == "?" {
				s.err = errors.New("unreadable")
			}
			references([]byte(text), func(r reference) { s.references = append(s.references, r) })
			folder := testFolderOf(folderOf(file))
			if !slices.Contains(folders, folder) {
				folder = ""
			}
			sources[folder] = append(sources[folder], s)
		}
		held, err := heldTests(folders, func(folder string) ([]source, error) { return sources[folder], nil })
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for folder, h := range held {
			if (h.err != nil) != strings.Contains(c.name, "unreadable") {
				t.Errorf("%s: %v", c.name, h.err)
			}
			short := strings.TrimPrefix(strings.TrimPrefix(folder, site), "lib/python3.11")
			got = append(got, fmt.Sprintf("%s<%s", short, strings.TrimPrefix(h.by, site)))
		}
		slices.Sort(got)
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: %s, want %s", c.name, strings.Join(got, " "), c.want)
		}
	}
}
