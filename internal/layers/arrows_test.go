package layers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// house are the packages that gclean is made of, layer by layer, the lowest
// first. A package imports only what is in a layer below its own.
func house() [][]string {
	return [][]string{
		{"internal/visible"},
		{
			"internal/units", "internal/parallel", "internal/order",
			"internal/pyjson", "internal/markup", "internal/spreadsheet", "internal/table", "internal/terminal", "internal/suggest", "internal/shellquote", "internal/trust", "internal/asuser/wire",
		},
		{"internal/mdoc", "internal/progress", "internal/dockerlint"},
		{"walk/mounts"},
		{"walk/open", "walk/extents"},
		{"walk", "internal/asuser", "internal/chroot"},
		{"walk/lease", "meta/dist", "meta/absence", "internal/atomicfile", "cache/room", "cache/quarantine"},
		{"meta", "slim/taken"},
		{"meta/channel", "meta/others", "cache/names"},
		{"cache/hold", "cache/fence"},
		{"cache"},
		{"cache/removal"},
		{"cache/verify", "cache/witness", "cache/merged", "cache/metrics"},
		{"cache/peruser"},
		{"slim", "htmlreport", "textreport", "installed", "fleet"},
		{"fleet/show"},
		{"cmd/gclean", "cmd/gclean-lint-dockerfile"},
	}
}

// forTests are the packages beside the house: they make trees for tests and
// benchmarks, or test the house. The house does not import them.
func forTests() []string {
	return []string{
		"internal/fixture", "internal/fixture/cachetest", "internal/fixture/generate", "internal/fixture/jsondoc", "internal/fixture/memory", "docs/schema",
		"internal/layers", "internal/lint", "internal/lint/prose",
		"bench/tree", "bench/unlink", "test/containers/install-packages",
	}
}

// isTestHelper says whether only tests may import name, a package of Go or of
// another module: it would be in the binary.
func isTestHelper(name string) bool {
	return slices.ContainsFunc([]string{
		"testing", "github.com/rogpeppe/go-internal", "github.com/chromedp", "github.com/creack/pty", "github.com/santhosh-tekuri/jsonschema",
		"github.com/yuin/goldmark", "github.com/owenrumney/go-sarif",
	}, func(helper string) bool { return name == helper || strings.HasPrefix(name, helper+"/") })
}

const place = "internal/layers/arrows_test.go"

// layerOf is the number of the layer that a package is in, -1 for none.
func layerOf(path string) int {
	return slices.IndexFunc(house(), func(layer []string) bool { return slices.Contains(layer, path) })
}

// wrongImports are the rules that a package breaks, each in one line.
func wrongImports(p *listed) []string {
	var wrong []string
	say := func(format string, args ...any) {
		wrong = append(wrong, p.path()+" "+fmt.Sprintf(format, args...))
	}
	layer, beside := layerOf(p.path()), slices.Contains(forTests(), p.path())
	if layer < 0 && !beside {
		say("is in no layer: add it to house, or to forTests, in %s", place)
	}
	if !strings.HasPrefix(p.path(), "internal/fixture") {
		for _, name := range p.Imports {
			if isTestHelper(name) {
				say("imports %s outside of tests: move what needs it to a _test.go file or to internal/fixture", name)
			}
		}
	}
	for _, name := range p.own(slices.Concat(p.Imports, p.TestImports, p.XTestImports)) {
		if name == "cmd/gclean" {
			say("imports %s, which nothing may: it is the program", name)
		}
	}
	for _, name := range p.own(p.Imports) {
		switch above := layerOf(name); {
		case layer < 0: // told, or beside the house
		case slices.Contains(forTests(), name):
			say("imports %s outside of tests: it is for tests", name)
		case above > layer:
			say("imports %s, which is above it: see the order in %s", name, place)
		case above == layer:
			say("imports %s, which is beside it in the same layer: see the order in %s", name, place)
		}
	}
	return wrong
}

func TestArrowsGoDown(t *testing.T) {
	found := map[string]bool{}
	for _, p := range everywhere(t) {
		found[p.path()] = true
		for _, line := range wrongImports(p) {
			t.Error(line)
		}
	}
	for _, path := range slices.Concat(append(house(), forTests())...) {
		if !found[path] {
			t.Errorf("%s is listed in %s, and there is no such package", path, place)
		}
	}
}

func TestWrongImportsAreReported(t *testing.T) {
	for _, c := range []struct {
		name, path    string
		imports, test []string
		want          string // "" where nothing is wrong
	}{
		{"down", "cache", []string{"fmt", "m/cache/hold", "m/walk"}, nil, ""},
		{"up", "walk", []string{"m/meta"}, nil, "walk imports meta, which is above it: see the order in " + place},
		{"beside", "slim", []string{"m/htmlreport"}, nil, "slim imports htmlreport, which is beside it in the same layer: see the order in " + place},
		{"up in a test", "cache", nil, []string{"m/cache/removal", "m/internal/fixture", "testing"}, ""},
		{"the program", "bench/tree", []string{"m/cmd/gclean"}, nil, "bench/tree imports cmd/gclean, which nothing may: it is the program"},
		{"the program in a test", "cache", nil, []string{"m/cmd/gclean"}, "cache imports cmd/gclean, which nothing may: it is the program"},
		{"testing", "meta", []string{"testing/fstest"}, nil, "meta imports testing/fstest outside of tests: move what needs it to a _test.go file or to internal/fixture"},
		{"another module's", "cmd/gclean", []string{"github.com/creack/pty"}, nil, "cmd/gclean imports github.com/creack/pty outside of tests: move what needs it to a _test.go file or to internal/fixture"},
		{"fixture", "cache", []string{"m/internal/fixture"}, nil, "cache imports internal/fixture outside of tests: it is for tests"},
		{"fixture by a tool", "bench/tree", []string{"m/internal/fixture"}, nil, ""},
		{"testing by fixture", "internal/fixture/cachetest", []string{"testing", "m/cache"}, nil, ""},
		{"new", "moon", []string{"m/cache"}, nil, "moon is in no layer: add it to house, or to forTests, in " + place},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &listed{ImportPath: "m/" + c.path, Imports: c.imports, XTestImports: c.test}
			p.Module.Path = "m"
			if got := strings.Join(wrongImports(p), "; "); got != c.want {
				t.Errorf("got:  %s\nwant: %s", got, c.want)
			}
		})
	}
}
