package room

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

const day = 24 * time.Hour

// unusedFor returns the part p, last used that long ago.
func unusedFor(d time.Duration, name string, p Part) *Part {
	p.Newest, p.Name = -int64(d), name
	return &p
}

// roomOf returns a room of caches on file systems: fs[i] is the file system of cache i.
func roomOf(fs ...int) *Room {
	return &Room{Caches: make([]Limit, len(fs)), Filesystems: make([]Limit, 1+slices.Max(fs)), FSOf: fs}
}

func roomNames(parts []*Part, gone bool) string {
	var list []string
	for _, p := range parts {
		if p.Gone == gone {
			list = append(list, p.Name)
		}
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

func TestRoom(t *testing.T) {
	a := unusedFor(3*day, "a", Part{Own: Size{Bytes: 100}})
	b := unusedFor(2*day, "b", Part{Own: Size{Bytes: 50}})
	c := unusedFor(4*day, "c", Part{Cache: 1, Own: Size{Bytes: 10}})
	d := unusedFor(1*day, "d", Part{Cache: 1, Own: Size{Bytes: 10}})
	both := &Inode{Size: Size{Bytes: 1000}, Left: 2, InCache: map[int]int{0: 1, 1: 1}} // in a and c
	held := &Inode{Size: Size{Bytes: 500}, Left: 2, InCache: map[int]int{0: 1}}        // in b and an environment
	for _, tt := range []struct {
		name   string
		fs     []int
		caches [2]int64 // how far it exceeds its limit
		free   int64    // missing on the first file system
		goes   string
	}{
		{"enough", []int{0, 0}, [2]int64{}, 0, ""},
		{"more than enough", []int{0, 0}, [2]int64{-5, -5}, -5, ""},
		{"one byte", []int{0, 0}, [2]int64{}, 1, "c"},
		{"exactly", []int{0, 0}, [2]int64{}, 10, "c"},
		{"shared by two, so both go", []int{0, 0}, [2]int64{}, 11, "a c"},
		{"shared by two, exactly enough", []int{0, 0}, [2]int64{}, 1110, "a c"},
		{"shared by two, and more", []int{0, 0}, [2]int64{}, 1111, "a b c"},
		{"never enough", []int{0, 0}, [2]int64{}, 1 << 40, "a b c d"},
		{"another file system", []int{0, 1}, [2]int64{}, 1, "a"},
		{"files shared with another cache count in each", []int{0, 0}, [2]int64{1100, 0}, 0, "a"},
		{"files linked into an environment count in the cache", []int{0, 0}, [2]int64{1101, 0}, 0, "a b"},
		{"each cache by its own limit", []int{0, 0}, [2]int64{1, 1}, 0, "a c"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			*both = Inode{Size: Size{Bytes: 1000}, Left: 2, InCache: map[int]int{0: 1, 1: 1}}
			*held = Inode{Size: Size{Bytes: 500}, Left: 2, InCache: map[int]int{0: 1}}
			a.Shared, b.Shared, c.Shared = []*Inode{both}, []*Inode{held}, []*Inode{both}
			parts := []*Part{d, b, a, c}
			for _, p := range parts {
				p.Gone = false
			}
			r := roomOf(tt.fs...)
			r.Caches[0].Over.Bytes, r.Caches[1].Over.Bytes = tt.caches[0], tt.caches[1]
			r.Filesystems[0].Over.Bytes = tt.free
			spared := r.Choose(parts)
			if got := roomNames(parts, true); got != tt.goes {
				t.Errorf("goes %q, want %q", got, tt.goes)
			}
			if roomNames(spared, false) != roomNames(parts, false) {
				t.Errorf("spared %q of %q", roomNames(spared, false), roomNames(parts, false))
			}
		})
	}
}

// TestPartThatMakesNoRoomIsKept: removing a part only helps limits on what it has.
func TestPartThatMakesNoRoomIsKept(t *testing.T) {
	for _, tt := range []struct {
		name  string
		limit Limit
		goes  string
	}{
		{"bytes", Limit{Over: Size{Bytes: 1}}, "bytes"},
		{"inodes", Limit{Over: Size{Inodes: 1}}, "inodes"},
		{"both", Limit{Over: Size{Bytes: 1, Inodes: 1}}, "bytes inodes"},
		{"one inode more", Limit{Over: Size{Inodes: 2}}, "inodes shared"},
		{"none", Limit{Over: Size{Bytes: -1, Inodes: -1}}, ""},
	} {
		for _, place := range []string{"cache", "file system"} {
			n := &Inode{Size: Size{Inodes: 1}, Left: 1, InCache: map[int]int{0: 1}}
			parts := []*Part{
				unusedFor(4*day, "nothing", Part{}),
				unusedFor(3*day, "bytes", Part{Own: Size{Bytes: 10}}),
				unusedFor(2*day, "inodes", Part{Own: Size{Inodes: 1}}),
				unusedFor(1*day, "shared", Part{Shared: []*Inode{n}}),
			}
			r := roomOf(0)
			if place == "cache" {
				r.Caches[0] = tt.limit
			} else {
				r.Filesystems[0] = tt.limit
			}
			r.Choose(parts)
			if got := roomNames(parts, true); got != tt.goes {
				t.Errorf("%s of the %s: goes %q, want %q", tt.name, place, got, tt.goes)
			}
		}
	}
}

// TestRoomGrows: a policy that needs more room never removes less. It uses random parts.
func TestRoomGrows(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var parts []*Part
		var inodes []*Inode
		build := func(seed uint64) {
			rng := rand.New(rand.NewPCG(seed, 3))
			parts, inodes = nil, nil
			for i := range 20 {
				p := unusedFor(time.Duration(rng.IntN(99))*day, fmt.Sprint("p", i), Part{Cache: rng.IntN(2), Own: Size{Bytes: 1 + rng.Int64N(100)}})
				parts = append(parts, p)
			}
			for range 10 {
				n := &Inode{Size: Size{Bytes: 1 + rng.Int64N(100)}, InCache: map[int]int{}}
				for _, i := range rng.Perm(20)[:2+rng.IntN(3)] {
					n.Left++
					n.InCache[parts[i].Cache]++
					parts[i].Shared = append(parts[i].Shared, n)
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
			r.Filesystems[0].Over.Bytes = free
			r.Choose(parts)
			gone, freed := 0, int64(0)
			for _, p := range parts {
				if p.Gone {
					gone++
					freed += p.Own.Bytes
				}
			}
			for _, n := range inodes {
				if n.Left == 0 {
					freed += n.Size.Bytes
				}
			}
			if r.Filesystems[0].Over.Bytes != free-freed {
				t.Fatalf("counted %d, freed %d", free-r.Filesystems[0].Over.Bytes, freed)
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
