package slim

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// spell is references in one line: dots of the level, quotes around strings.
func spell(refs []reference) string {
	var list []string
	for _, r := range refs {
		if r.word {
			continue
		}
		s := strings.Repeat(".", r.level) + r.module
		if r.quoted {
			s = "'" + s + "'"
		}
		list = append(list, s)
	}
	return strings.Join(list, " ")
}

func TestReferences(t *testing.T) {
	for _, c := range []struct{ source, want string }{
		{"import a", "a"},
		{"import a.b.tests", "a/b/tests"},
		{"import a.tests as t, b.tests", "a/tests b/tests"},
		{"from .tests import x", ".tests/x"},
		{"from . import tests", ".tests"},
		{"from .. import tests as t, b", "..tests ..b"},
		{"from ...a.tests.b import c", "...a/tests/b/c"},
		{"from a.b import (tests, # why\n  c,\n)", "a/b/tests a/b/c"},
		{"from a.b import (\n\n  tests as t\n)", "a/b/tests"},
		{"from a.tests import *", "a/tests"},
		{"from . import *", "."},
		{"from a \\\n  import tests", "a/tests"},
		{"from a \\\r\n  import tests\r\nimport b", "a/tests b"},
		{"from.tests import a", ".tests/a"},
		{"from .tests.b import(a)", ".tests/b/a"},
		{"try: import a.tests\nexcept ImportError: from b import tests", "a/tests b/tests"},
		{"if x: import a; from b import tests; y()", "a b/tests"},
		{"def f():\n\tfrom .tests import a\n", ".tests/a"},
		{"# import a.tests\nx = 1 # from a import tests", ""},
		{"\"\"\"\nfrom a import tests\nimport a.tests\n\"\"\"\nimport b", "b"},
		{"x = 'use a.tests'; y = 'import tests'", ""},
		{"x = 'a.tests'", "'a/tests'"},
		{"x = r\"a.tests.run:main\"", "'a/tests'"},
		{"x = 'tests'", "'tests'"},
		{"import_module('.tests.common', __package__)", "'tests'"},
		{"x = '..a.tests'; y = f'{a}.tests'; z = 'a..b.test'", "'a/tests' 'tests' 'a/b/test'"},
		{"attach(__name__, submodules={'core', 'tests'})", "'tests' 'core/tests'"},
		{"import_module('a.' + 'tests')", "'tests' 'a/tests'"},
		{"here / 'b' / \"tests\" / 'c.json'", "'tests' 'b/tests'"},
		{"join(here,\n 'b', 'tests', 'c.json')", "'tests' 'b/tests'"},
		{"join('b', x, 'tests'); y = 'b'\nz = 'tests'", "'tests'"},
		{`x = '../tests/c.json'; y = 'b/tests/d'; z = r'..\c\tests'`, "'tests' 'b/tests' 'c/tests'"},
		{"x = 'a/tests/b/test/c'", "'a/tests' 'a/tests/b/test'"},
		{"x = 'the tests', 'tests ', 'latest', 'a-tests', 'contests/a', 'testing'", ""},
		{"exec('from a.tests import b')", "'a/tests/b'"},
		{"exec(\"\"\"\nfrom .tests import b\n\"\"\")", "'.tests/b'"},
		{`run(["-c", "import os\nimport a.tests"])`, "'a/tests'"},
		{"def f():\n  'from a.tests import b'\n  'tests'", ""},
		{"\ufefffrom a.tests import b", "a/tests/b"},
		{"x = 'it''s'; y = \"it's\"\nimport a", "a"},
		{`x = 'a\'b'; import c`, "c"},
		{`x = r'\'; y = 'import d'`, "d"}, // as Python reads it: the first string ends before import
		{"raise a from b\nyield from c", ""},
		{"x.import_module('a.tests')", "'a/tests'"},
		{"importlib.import_module(\"a.tests\")", "'a/tests'"},
		{"'''never ends\nimport a.tests", "a/tests"},
		{"x = 'never ends\nimport a.tests", "a/tests"},
		{"don't\nimport a\n", "a"},
		{"import", ""},
		{"from", ""},
		{"from import x", "x"}, // too much rather than too little
		{"from . import", "."},
		{"from a import (tests", "a/tests"},
		{"import a.", "a"},
		{"lazy import a.tests", "a/tests"},
		{"import \u00e4.tests", "\u00e4/tests"},
		{"\x00\xff import a", "a"},
		{"", ""},
	} {
		var refs []reference
		references([]byte(c.source), func(r reference) { refs = append(refs, r) })
		if got := spell(refs); got != c.want {
			t.Errorf("%q: %s, want %s", c.source, got, c.want)
		}
	}
}

func TestMentionsTests(t *testing.T) {
	for source, want := range map[string]bool{
		"from .tests import a": true, "import a.test": true, "tests": true, "test": true, "(tests)": true, "idlelib.idle_test.x": true,
		"testing": false, "latest": false, "unittest.mock": false, "attest": false, "contests": false, "test_x = pytest": false, "": false, "tes": false,
		"latest latest tests": true, "testtest": false, "test2": false, "xidle_test": false,
	} {
		if got := mentionsTests([]byte(source)); got != want {
			t.Errorf("%q: %v", source, got)
		}
	}
}

// Whatever names a test folder passes the quick look.
func TestQuickLookMissesNothing(t *testing.T) {
	for _, source := range []string{
		"from .tests import a", "import a.tests", "from a import(tests)", "x='a.test.b'", "from a import b,tests", "from idlelib.idle_test import htest",
	} {
		if !mentionsTests([]byte(source)) {
			t.Errorf("%q is passed over", source)
		}
	}
}

func TestEntryPoints(t *testing.T) {
	var refs []reference
	entryPoints([]byte("[networkx.backends]\nnx = networkx.classes.tests.dispatch:backend\r\n[console_scripts]\n run = a.b : main [x]\nempty =\nno value\n"),
		func(r reference) { refs = append(refs, r) })
	if got, want := spell(refs), "networkx/classes/tests/dispatch a/b"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// Hostile sources take no time to speak of.
func TestReferencesOfAnything(t *testing.T) {
	for _, piece := range []string{`"""\`, `'''\`, `'\`, "'", `"`, "from ", "import a.", "from a import (", "\\", "\"\"\"'''", ".", "a."} {
		source := []byte(strings.Repeat(piece, 1<<19/len(piece)))
		start, n := time.Now(), 0
		references(source, func(reference) { n++ })
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%q takes %s", piece, took)
		}
	}
}

func FuzzReferences(f *testing.F) {
	f.Add("from .tests import (a, b)\nx = '''a'''")
	f.Fuzz(func(t *testing.T, source string) {
		references([]byte(source), func(r reference) {
			if r.level == 0 && r.module == "" || strings.ContainsAny(r.module, ".\\ \n") {
				t.Errorf("%q: %q", source, fmt.Sprint(r))
			}
		})
	})
}
