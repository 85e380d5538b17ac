package cache

import (
	"errors"
	"fmt"
	"math/rand/v2"
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

// policyNow is the time of these tests.
var policyNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// unusedFor is a package that was last used so long ago, and takes up size.
func unusedFor(d time.Duration, dist string, size int64) *candidate {
	e := &candidate{Entry: Entry{Category: Packages, Dir: "/pkgs", Name: dist, Newest: policyNow.Add(-d).UnixNano()}}
	e.isPackage(dist)
	e.Usage.Disk = size
	return e
}

const policyDay = 24 * time.Hour

// TestPolicyKeeps says of each entry whether a policy keeps it, and why.
func TestPolicyKeeps(t *testing.T) {
	entries := map[string]*candidate{}
	add := func(e *candidate) { entries[e.Name] = e }
	add(unusedFor(31*policyDay, "numpy-1.9-0", 0))
	add(unusedFor(29*policyDay, "numpy-1.10-0", 0))
	add(unusedFor(40*policyDay, "numpy-1.10-1", 0))
	add(unusedFor(40*policyDay, "numpy-1.10.0-2", 0)) // the same version in other words
	add(unusedFor(40*policyDay, "numpy-2.0rc1-0", 0))
	add(unusedFor(-policyDay, "future-1.0-0", 0)) // a clock went back
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
		{"to the second", Policy{OlderThan: 31 * policyDay}, policyNow, "noversion numpy-1.10-1 numpy-1.10.0-2 numpy-1.9-0 numpy-1.9-0.conda numpy-2.0rc1-0 numpy-3.0-0.conda.partial"},
		{"and a second more", Policy{OlderThan: 31*policyDay + time.Second}, policyNow, "noversion numpy-1.10-1 numpy-1.10.0-2 numpy-1.9-0.conda numpy-2.0rc1-0 numpy-3.0-0.conda.partial"},
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
		{"a name of a channel", Policy{Include: []string{"conda-forge::numpy", "defaults::numpy-1.9*"}}, policyNow, "numpy-1.10-0 numpy-1.10-1 numpy-1.9-0"},
		{"a platform, known", Policy{Include: []string{"conda-forge/linux-64::numpy"}}, policyNow, "numpy-1.10-0"},
		{"any channel", Policy{Include: []string{"*::numpy*"}}, policyNow, "numpy-1.10-0 numpy-1.10-1 numpy-1.9-0"},
		{"not in this channel, or whichever", Policy{Include: []string{"bioconda::numpy", "numpy-1.9*"}}, policyNow, "numpy-1.9-0 numpy-1.9-0.conda"},
		{"exclude a channel, and what is not known", Policy{Include: []string{"numpy"}, Exclude: []string{"conda-forge::*"}}, policyNow, "numpy-1.9-0"},
		{"exclude a name of it", Policy{Include: []string{"numpy", "noversion"}, Exclude: []string{"https://conda.anaconda.org/conda-forge::NumPy"}}, policyNow, "noversion numpy-1.9-0"},
		{"exclude a platform, known", Policy{Include: []string{"numpy-1.10*"}, Exclude: []string{"conda-forge/osx-64::*"}}, policyNow, "numpy-1.10-0"},
		{"all of them", Policy{Include: []string{"numpy-*"}, Exclude: []string{"*rc*"}, OlderThan: 30 * policyDay, KeepLast: 2}, policyNow, "numpy-1.9-0 numpy-1.9-0.conda numpy-3.0-0.conda.partial"},
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

// roomOf is a room of caches on file systems: fs[i] is that of cache i.
func roomOf(fs ...int) *room {
	return &room{caches: make([]limit, len(fs)), filesystems: make([]limit, 1+slices.Max(fs)), fsOf: fs}
}

func roomNames(parts []*part, gone bool) string {
	var list []string
	for _, p := range parts {
		if p.gone == gone {
			list = append(list, p.entry.Name)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestRoom(t *testing.T) {
	a := &part{entry: unusedFor(3*policyDay, "a", 100), disk: 100}
	b := &part{entry: unusedFor(2*policyDay, "b", 50), disk: 50}
	c := &part{entry: unusedFor(4*policyDay, "c", 10), cache: 1, disk: 10}
	d := &part{entry: unusedFor(1*policyDay, "d", 10), cache: 1, disk: 10}
	both := &sharedInode{disk: 1000, left: 2, inCache: map[int]int{0: 1, 1: 1}} // in a and c
	held := &sharedInode{disk: 500, left: 2, inCache: map[int]int{0: 1}}        // in b and an environment
	for _, tt := range []struct {
		name   string
		fs     []int
		caches [2]int64 // too much
		free   int64    // missing on the first file system
		goes   string
	}{
		{"enough", []int{0, 0}, [2]int64{}, 0, ""},
		{"less than enough is none", []int{0, 0}, [2]int64{-5, -5}, -5, ""},
		{"one byte", []int{0, 0}, [2]int64{}, 1, "c"},
		{"exactly", []int{0, 0}, [2]int64{}, 10, "c"},
		{"shared goes with the second", []int{0, 0}, [2]int64{}, 11, "a c"},
		{"shared goes with the second, exactly", []int{0, 0}, [2]int64{}, 1110, "a c"},
		{"and then more", []int{0, 0}, [2]int64{}, 1111, "a b c"},
		{"never enough", []int{0, 0}, [2]int64{}, 1 << 40, "a b c d"},
		{"another file system", []int{0, 1}, [2]int64{}, 1, "a"},
		{"a cache gets smaller by what it shares", []int{0, 0}, [2]int64{1100, 0}, 0, "a"},
		{"held by an environment, in the cache all the same", []int{0, 0}, [2]int64{1101, 0}, 0, "a b"},
		{"each for itself", []int{0, 0}, [2]int64{1, 1}, 0, "a c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			*both = sharedInode{disk: 1000, left: 2, inCache: map[int]int{0: 1, 1: 1}}
			*held = sharedInode{disk: 500, left: 2, inCache: map[int]int{0: 1}}
			a.shared, b.shared, c.shared = []*sharedInode{both}, []*sharedInode{held}, []*sharedInode{both}
			parts := []*part{d, b, a, c}
			for _, p := range parts {
				p.gone = false
			}
			r := roomOf(tt.fs...)
			r.caches[0].over, r.caches[1].over = tt.caches[0], tt.caches[1]
			r.filesystems[0].over = tt.free
			spared := r.choose(parts)
			if got := roomNames(parts, true); got != tt.goes {
				t.Errorf("goes %q, want %q", got, tt.goes)
			}
			if roomNames(spared, false) != roomNames(parts, false) {
				t.Errorf("spared %q of %q", roomNames(spared, false), roomNames(parts, false))
			}
		})
	}
}

// TestRoomGrows says that who asks for more room loses no less: random parts.
func TestRoomGrows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var parts []*part
		var inodes []*sharedInode
		build := func(seed uint64) {
			rng := rand.New(rand.NewPCG(seed, 3))
			parts, inodes = nil, nil
			for i := range 20 {
				p := &part{entry: unusedFor(time.Duration(rng.IntN(99))*policyDay, fmt.Sprint("p", i), 0), cache: rng.IntN(2), disk: rng.Int64N(100)}
				parts = append(parts, p)
			}
			for range 10 {
				n := &sharedInode{disk: rng.Int64N(100), inCache: map[int]int{}}
				for _, i := range rng.Perm(20)[:2+rng.IntN(3)] {
					n.left++
					n.inCache[parts[i].cache]++
					parts[i].shared = append(parts[i].shared, n)
				}
				inodes = append(inodes, n)
			}
		}
		seed := rng.Uint64()
		var last int
		var all int64
		for free := int64(0); free < 3000; free += 50 {
			build(seed)
			r := roomOf(0, 0)
			r.filesystems[0].over = free
			r.choose(parts)
			gone, freed := 0, int64(0)
			for _, p := range parts {
				if p.gone {
					gone++
					freed += p.disk
				}
			}
			for _, n := range inodes {
				if n.left == 0 {
					freed += n.disk
				}
			}
			if r.filesystems[0].over != free-freed {
				t.Fatalf("counted %d, freed %d", free-r.filesystems[0].over, freed)
			}
			if gone < last || freed < free && gone < len(parts) {
				t.Fatalf("%d gone of %d, %d before; freed %d of %d", gone, len(parts), last, freed, free)
			}
			last, all = gone, freed
		}
		if last != len(parts) || all == 0 {
			t.Fatalf("%d gone of %d", last, len(parts))
		}
	}
}
