package cache_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/walk"
	"gclean/walk/mounts"
)

// onKind returns options for a plan of caches on a file system of a kind. The plan is made
// after the duration in, on a machine where no visible process runs.
func onKind(kind mounts.Kind, err error, in time.Duration, paths []string, targets ...cache.Category) cache.Options {
	later := time.Now().Add(in)
	o := at(paths[0], targets...)
	o.Discovery.Caches = nil
	for _, path := range paths {
		o.Discovery.Caches = append(o.Discovery.Caches, at(path).Discovery.Caches...)
	}
	o.NothingRuns = false
	o.System = func() hold.System { return hold.System{} }
	o.FSKind = func(*walk.Dir) (mounts.Kind, error) { return kind, err }
	o.Now = func() time.Time { return later }
	return o
}

// TestGraceOnNetwork: processes on other hosts cannot be seen, so fresh entries are kept.
func TestGraceOnNetwork(t *testing.T) {
	none, long := time.Duration(0), 2*time.Hour
	for name, c := range map[string]struct {
		kind  mounts.Kind
		err   error
		in    time.Duration
		grace *time.Duration
		goes  string
	}{
		"local":                   {mounts.Local, nil, time.Minute, nil, "a-1.0-0.conda a-1.0-0"},
		"network":                 {mounts.Network, nil, 9 * time.Minute, nil, ""},
		"cannot be asked":         {mounts.Unknown, errors.New("ESTALE"), time.Minute, nil, ""},
		"network, after the span": {mounts.Network, nil, 11 * time.Minute, nil, "a-1.0-0.conda a-1.0-0"},
		"network, asked for more": {mounts.Network, nil, time.Hour, &long, ""},
		"network, asked for none": {mounts.Network, nil, time.Minute, &none, "a-1.0-0.conda a-1.0-0"},
	} {
		t.Run(name, func(t *testing.T) {
			pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
			must(t, pkgs.Add(pkg("a")))
			o := onKind(c.kind, c.err, c.in, []string{pkgs.Dir}, cache.Packages, cache.Tarballs)
			o.Grace = c.grace
			if got := names(prepare(t, o).Remove); got != c.goes {
				t.Errorf("goes: %q, want %q", got, c.goes)
			}
		})
	}
}

// TestOtherHostsAreReportedOnce: one problem for any number of caches, and only if packages
// are removed.
func TestOtherHostsAreReportedOnce(t *testing.T) {
	top := t.TempDir()
	paths := []string{filepath.Join(top, "one", "pkgs"), filepath.Join(top, "two", "pkgs")}
	for _, path := range paths {
		must(t, newCache(t, path).Add(pkg("a")))
	}
	for name, c := range map[string]struct {
		kind    mounts.Kind
		in      time.Duration
		targets []cache.Category
		want    string
	}{
		"network":           {mounts.Network, time.Hour, []cache.Category{cache.Packages}, cache.CodeOtherHosts},
		"local":             {mounts.Local, time.Hour, []cache.Category{cache.Packages}, ""},
		"archives only":     {mounts.Network, time.Hour, []cache.Category{cache.Tarballs}, ""},
		"nothing to remove": {mounts.Network, time.Minute, []cache.Category{cache.Packages}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := prepare(t, onKind(c.kind, nil, c.in, paths, c.targets...))
			if got := told(p, cache.CodeOtherHosts); got != c.want {
				t.Errorf("%q among %q, want %q", got, codes(p), c.want)
			}
		})
	}
}

// told returns code as often as p has a problem with it.
func told(p *cache.Plan, code string) string {
	text := ""
	for _, x := range p.Problems {
		if x.Code == code {
			text += code
		}
	}
	return text
}

// TestSamplesOnNetwork: on a network file system, and only there, a plan has samples of the
// files that installers link.
func TestSamplesOnNetwork(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.AddExtracted(pkg("a")))
	for kind, want := range map[mounts.Kind]bool{mounts.Network: true, mounts.Local: false} {
		p := prepare(t, onKind(kind, nil, time.Hour, []string{c.Dir}, cache.Packages))
		if len(p.Remove) != 1 || len(p.Remove[0].Samples) > 0 != want {
			t.Fatalf("%+v", p.Remove)
		}
		for _, s := range p.Remove[0].Samples {
			if strings.HasPrefix(s.Path, "info/") || s.Stat.Nlink != 1 {
				t.Errorf("%+v", s)
			}
		}
	}
}
