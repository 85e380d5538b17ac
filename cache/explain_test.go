package cache_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/meta"
)

// explained returns what Explain says: one line for each entry, with reasons by
// environment.
func explained(t *testing.T, o cache.Options, patterns ...string) string {
	t.Helper()
	answer, err := cache.Explain(context.Background(), o.Look, patterns)
	must(t, err)
	if len(answer.Problems) > 0 {
		t.Errorf("problems: %+v", answer.Problems)
	}
	var b strings.Builder
	for _, x := range answer.Entries {
		fmt.Fprintf(&b, "%s:", x.Entry.Name)
		for _, h := range x.Holds {
			fmt.Fprintf(&b, " %s/%s", filepath.Base(h.Prefix), h.Reason)
			if h.Prefix != "" && h.File == "" {
				t.Errorf("%s: no proof of %+v", x.Entry.Name, h)
			}
		}
		if x.Unaccounted > 0 {
			fmt.Fprintf(&b, " %d files", x.Unaccounted)
			if _, err := os.Lstat(x.Example); err != nil {
				t.Error(err)
			}
		}
		b.WriteString("\n")
	}
	for _, u := range answer.Unknown {
		fmt.Fprintf(&b, "unknown %s\n", u)
	}
	return b.String()
}

func TestExplain(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	used, twice, free := pkg("used"), pkg("twice"), pkg("free")
	must(t, c.Add(used), c.AddExtracted(twice), c.AddExtracted(free))
	one, two, three := newEnv(t, filepath.Join(top, "one")), newEnv(t, filepath.Join(top, "two")), newEnv(t, filepath.Join(top, "three"))
	must(t,
		one.Link(c, used, fixture.Link{}),
		two.Link(c, used, fixture.Link{Kind: fixture.Soft}),
		one.Link(c, twice, fixture.Link{}),
		two.Link(c, twice, fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}),
		three.Link(c, twice, fixture.Link{}),
		three.Link(c, free, fixture.Link{Kind: fixture.Copy}),
		// Links within the caches do not count as links from outside.
		os.Link(c.Path("free-1.0-0/lib/free.so"), c.Path("used-1.0-0/lib/free.so")),
	)
	o := at(c.Dir)
	o.Discovery.Environments = []meta.Environment{environment(t, one), environment(t, two)}
	for _, x := range []struct{ pattern, want string }{
		{"used-1.0-0", "used-1.0-0: one/hard_linked two/soft_linked\nused-1.0-0.conda:\n"},
		{"used", "used-1.0-0: one/hard_linked two/soft_linked\nused-1.0-0.conda:\n"},
		// The third environment is unknown, so its links are unaccounted for.
		{"twice-*", "twice-1.0-0: one/hard_linked two/symlink_found ./hard_linked 2 files\n"},
		{"free-1.0-?", "free-1.0-0:\n"},
		{"other-*", "unknown other-*\n"},
		{"[", "unknown [\n"},
	} {
		if got := explained(t, o, x.pattern); got != x.want {
			t.Errorf("%s: %swant %s", x.pattern, got, x.want)
		}
	}
	o.Discovery.Environments = append(o.Discovery.Environments, environment(t, three))
	if got, want := explained(t, o, "twice", "free"), "free-1.0-0:\ntwice-1.0-0: one/hard_linked two/symlink_found three/hard_linked\n"; got != want {
		t.Errorf("all known: %swant %s", got, want)
	}
}

func TestNames(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	for _, name := range []string{"b", "a"} {
		must(t, c.Add(pkg(name)))
	}
	names, err := cache.Names(t.Context(), at(c.Dir).Look)
	if want := []string{"a-1.0-0", "b-1.0-0"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("%q, %v; want %q", names, err, want)
	}
}

func TestExplainRattler(t *testing.T) {
	top := t.TempDir()
	c := newRattlerCache(t, filepath.Join(top, "cache"))
	c.Origin = true
	p := pkg("a")
	must(t, c.Add(p))
	env := newEnv(t, filepath.Join(top, "env"))
	must(t, env.LinkFolder(c.Extracted(p), p, fixture.Link{Writer: fixture.Rattler}))
	o := at(c.Dir)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	if got, want := explained(t, o, "a-1.0-0"), c.Name(p)+": env/hard_linked\n"; got != want {
		t.Errorf("%swant %s", got, want)
	}
}
