package cache

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gclean/meta/channel"
)

func TestPolicyCheck(t *testing.T) {
	for pattern, want := range map[string]error{
		"numpy": nil, "conda-forge::numpy": nil, "conda-forge/noarch::n[a-z]*": nil, "https://x.example:8080/y?a=b::*": nil,
		"[": ErrPattern, "conda-forge::": ErrPattern, "::numpy": ErrPattern, "conda-forge::[": ErrPattern, "conda[::numpy": ErrPattern,
		"https://x.example::y": ErrPattern, "numpy=1.26": ErrVersionSpec, "conda-forge::numpy>=1": ErrVersionSpec, "numpy<2": ErrVersionSpec,
	} {
		for _, p := range []Policy{{Include: []string{pattern}}, {Exclude: []string{"x", pattern}}} {
			if err := p.Check(); !errors.Is(err, want) {
				t.Errorf("%s: %v, want %v", pattern, err, want)
			}
		}
	}
}

func TestUnmatchedPatterns(t *testing.T) {
	entries := []*candidate{unusedFor(0, "numpy-1.26.4-py311_0", 0), unusedFor(0, "ca-certificates-2024.7.4-hbcca054_0", 0), unusedFor(0, "odd-1-0", 0), unusedFor(0, "mere-1-0", 0)}
	from := func(e *candidate) channel.Channel {
		c, _ := channel.Of(map[string]string{
			"numpy-1.26.4-py311_0": "https://conda.anaconda.org/conda-forge/linux-64", "ca-certificates-2024.7.4-hbcca054_0": "https://repo.anaconda.com/pkgs/main/linux-64",
			"mere-1-0": "conda-forge", // its platform is unknown
		}[e.Name])
		return c
	}
	p := Policy{
		Include: []string{
			"numpy", "numpy-1.26.4", "numpy-1.26*", "ca-certificates-2024.7.4-hbcca054_0.conda", "numpi", "numpy-2*", "Numpy",
			"conda-forge::*", "conda-forge/linux-64::numpy", "*::numpy", "mere", "conda-forge::mere",
			"conda-forg::*", "nochannel/linux-64::numpy", "conda-forge/noarch::numpy", "defaults::numpy", "x::numpi", "*::odd", "conda-forge/linux-64::mere",
		},
		Exclude: []string{"NUMPY", "scipy", "c*", "conda-forge::NUMPY", "defaults::*", "conda-forg::*", "conda-forge::odd", "x::scipy"},
	}
	forge, both := []string{"conda-forge"}, []string{"conda-forge", "pkgs/main"}
	want := []Unmatched{
		{"numpi", false, false, nil}, {"numpy-2*", false, false, nil}, {"Numpy", false, false, nil},
		{"conda-forg::*", false, true, both}, {"nochannel/linux-64::numpy", false, true, forge}, {"conda-forge/noarch::numpy", false, true, forge}, {"defaults::numpy", false, true, forge},
		{"x::numpi", false, false, nil}, {"*::odd", false, true, nil}, {"conda-forge/linux-64::mere", false, true, forge},
		{"scipy", true, false, nil}, {"conda-forg::*", true, true, both}, {"conda-forge::odd", true, true, nil}, {"x::scipy", true, false, nil},
	}
	if got := p.unmatched(entries, from); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	// Patterns without a channel read no records.
	p = Policy{Include: []string{"numpy", "numpi"}, Exclude: []string{"x::scipy"}}
	p.unmatched(entries, func(e *candidate) channel.Channel {
		t.Errorf("asks for the channel of %s", e.Name)
		return channel.Channel{}
	})
}

// policyNow is the time of these tests.
var policyNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// unusedFor returns a package of that size that was last used that long ago.
func unusedFor(d time.Duration, dist string, size int64) *candidate {
	e := &candidate{Entry: Entry{Category: Packages, Dir: "/pkgs", Name: dist, Newest: policyNow.Add(-d).UnixNano()}}
	e.isPackage(dist)
	e.Usage.Disk = size
	return e
}

const policyDay = 24 * time.Hour

// TestPolicyKeeps checks for each entry whether a policy keeps it, and why.
func TestPolicyKeeps(t *testing.T) {
	entries := map[string]*candidate{}
	add := func(e *candidate) { entries[e.Name] = e }
	add(unusedFor(31*policyDay, "numpy-1.9-0", 0))
	add(unusedFor(29*policyDay, "numpy-1.10-0", 0))
	add(unusedFor(40*policyDay, "numpy-1.10-1", 0))
	add(unusedFor(40*policyDay, "numpy-1.10.0-2", 0)) // the same version, written differently
	add(unusedFor(40*policyDay, "numpy-2.0rc1-0", 0))
	add(unusedFor(-policyDay, "future-1.0-0", 0)) // a clock was set back
	add(unusedFor(99*policyDay, "noversion", 0))
	archive := unusedFor(99*policyDay, "numpy-1.9-0.conda", 0)
	archive.Category, archive.pkg = Tarballs, nil
	add(archive)
	partial := unusedFor(99*policyDay, "numpy-3.0-0.conda.partial", 0)
	partial.Category, partial.pkg = Tarballs, nil
	add(partial)
	other := unusedFor(99*policyDay, "numpy-1.8-0", 0)
	other.Dir = "/other/pkgs"
	all := []*candidate{other}
	for _, e := range entries {
		all = append(all, e)
	}
	from := func(e *candidate) channel.Channel {
		c, _ := channel.Of(map[string]string{
			"numpy-1.10-0": "https://conda.anaconda.org/conda-forge/linux-64", "numpy-1.10-1": "https://conda.anaconda.org/conda-forge",
			"numpy-1.9-0": "https://repo.anaconda.com/pkgs/main/linux-64", "future-1.0-0": "conda-forge/noarch",
		}[e.Name])
		return c
	}
	for _, tt := range []struct {
		name   string
		policy Policy
		now    time.Time
		goes   string
	}{
		{"older", Policy{OlderThan: 30 * policyDay}, policyNow, "noversion numpy-1.10-1 numpy-1.10.0-2 numpy-1.9-0 numpy-1.9-0.conda numpy-2.0rc1-0 numpy-3.0-0.conda.partial"},
		{"exactly as old", Policy{OlderThan: 31 * policyDay}, policyNow, "noversion numpy-1.10-1 numpy-1.10.0-2 numpy-1.9-0 numpy-1.9-0.conda numpy-2.0rc1-0 numpy-3.0-0.conda.partial"},
		{"a second too young", Policy{OlderThan: 31*policyDay + time.Second}, policyNow, "noversion numpy-1.10-1 numpy-1.10.0-2 numpy-1.9-0.conda numpy-2.0rc1-0 numpy-3.0-0.conda.partial"},
		{"a clock that was set back", Policy{OlderThan: policyDay}, policyNow.Add(-99 * policyDay), ""},
		{"last 1", Policy{KeepLast: 1}, policyNow, "numpy-1.10-0 numpy-1.10-1 numpy-1.10.0-2 numpy-1.9-0 numpy-1.9-0.conda numpy-3.0-0.conda.partial"},
		{"last 2", Policy{KeepLast: 2}, policyNow, "numpy-1.9-0 numpy-1.9-0.conda numpy-3.0-0.conda.partial"},
		{"last 9", Policy{KeepLast: 9}, policyNow, "numpy-3.0-0.conda.partial"},
		{"include", Policy{Include: []string{"numpy-1.9*", "future-*"}}, policyNow, "future-1.0-0 numpy-1.9-0 numpy-1.9-0.conda"},
		{"include an archive", Policy{Include: []string{"numpy-1.9-0.conda"}}, policyNow, "numpy-1.9-0 numpy-1.9-0.conda"},
		{"exclude", Policy{Exclude: []string{"numpy-*", "future-1.0-0"}}, policyNow, "noversion"},
		{"exclude by name", Policy{Exclude: []string{"NumPy", "future-1.0"}}, policyNow, "noversion"},
		{"include by name", Policy{Include: []string{"numpy", "future-1.0", "nover"}}, policyNow, "future-1.0-0 numpy-1.10-0 numpy-1.10-1 numpy-1.10.0-2 numpy-1.9-0 numpy-1.9-0.conda numpy-2.0rc1-0 numpy-3.0-0.conda.partial"},
		{"include a channel", Policy{Include: []string{"conda-forge::*"}}, policyNow, "future-1.0-0 numpy-1.10-0 numpy-1.10-1"},
		{"include a channel and a name", Policy{Include: []string{"conda-forge::numpy", "defaults::numpy-1.9*"}}, policyNow, "numpy-1.10-0 numpy-1.10-1 numpy-1.9-0"},
		{"include a platform", Policy{Include: []string{"conda-forge/linux-64::numpy"}}, policyNow, "numpy-1.10-0"},
		{"any channel", Policy{Include: []string{"*::numpy*"}}, policyNow, "numpy-1.10-0 numpy-1.10-1 numpy-1.9-0"},
		{"another channel, or a name in any channel", Policy{Include: []string{"bioconda::numpy", "numpy-1.9*"}}, policyNow, "numpy-1.9-0 numpy-1.9-0.conda"},
		{"exclude a channel: unknown ones stay", Policy{Include: []string{"numpy"}, Exclude: []string{"conda-forge::*"}}, policyNow, "numpy-1.9-0"},
		{"exclude a channel and a name", Policy{Include: []string{"numpy", "noversion"}, Exclude: []string{"https://conda.anaconda.org/conda-forge::NumPy"}}, policyNow, "noversion numpy-1.9-0"},
		{"exclude a platform", Policy{Include: []string{"numpy-1.10*"}, Exclude: []string{"conda-forge/osx-64::*"}}, policyNow, "numpy-1.10-0"},
		{"all rules together", Policy{Include: []string{"numpy-*"}, Exclude: []string{"*rc*"}, OlderThan: 30 * policyDay, KeepLast: 2}, policyNow, "numpy-1.9-0 numpy-1.9-0.conda numpy-3.0-0.conda.partial"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := newNarrower(&tt.policy, tt.now, all, from)
			var goes []string
			for name, e := range entries {
				hold, keeps := n.keeps(e)
				switch {
				case !keeps:
					goes = append(goes, name)
				case !IsPolicy(hold.Reason) || hold.Reason.Doubt():
					t.Errorf("%s stays: %+v", name, hold)
				}
			}
			slices.Sort(goes)
			if got := strings.Join(goes, " "); got != tt.goes {
				t.Errorf("goes %s\nwant %s", got, tt.goes)
			}
		})
	}
}
