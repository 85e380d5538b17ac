package textreport

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/table"
	"gclean/walk"
)

var made = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// entry is what a test says of an item.
type entry struct {
	in    int // cache, -1 for a temp file
	name  string
	uid   int
	disk  int64
	holds hold.Reason // "" is free
	envs  []string
}

// reportOf is a report of two caches with these entries.
func reportOf(entries ...entry) *cache.Report {
	r := &cache.Report{
		Made:    made,
		Caches:  []cache.Location{{Path: "/home/ann/miniforge3/pkgs"}, {Path: "/srv/a folder/pkgs"}},
		ByCache: []cache.CacheUse{{Cache: 0}, {Cache: 1}},
	}
	for _, e := range entries {
		it := &cache.Item{
			Entry: &cache.Entry{Category: cache.Packages, Dir: "/tmp", Name: e.name, Usage: walk.Usage{Files: 2, Apparent: e.disk}},
			Cache: e.in, Disk: e.disk, Inodes: 3, UID: e.uid, LastUsed: made.Add(-48 * time.Hour), Environments: e.envs,
		}
		switch {
		case e.in >= 0:
			it.Entry.Dir = r.Caches[e.in].Path
		default:
			it.Entry.Category = cache.TempFiles
		}
		if strings.HasSuffix(e.name, ".conda") {
			it.Entry.Category = cache.Tarballs
		}
		if e.holds == "" {
			it.Freed, it.FreedInodes = e.disk, 3
		} else {
			it.Holds = []hold.Hold{{Reason: e.holds}}
		}
		it.State = cache.StateOf(it.Holds)
		r.Items = append(r.Items, it)
	}
	r.AddUp(nil, func(it *cache.Item) string {
		return map[int]string{0: "root", 1000: "ann", 1001: "1001", 1002: "b\x1bob", -1: "-1"}[it.UID]
	})
	return r
}

func sample() *cache.Report {
	const mb = 1 << 20
	return reportOf(
		entry{0, "numpy-1.26.4-0", 1000, 30 * mb, hold.HardLinked, []string{"/home/ann/envs/a", "/home/ann/envs/b"}},
		entry{0, "scipy-1.11.4-0", 1000, 40 * mb, hold.HardLinked, []string{"/home/ann/envs/b"}},
		entry{0, "zlib-1.3-0", 1000, 2 * mb, hold.Fresh, nil},
		entry{0, "xz-5.2-0", 1000, mb, hold.UnreadableEnv, nil},
		entry{0, "torch-2.4-0", 1000, 900 * mb, "", nil},
		entry{0, "torch-2.4-0.conda", 1000, 300 * mb, "", nil},
		entry{1, "tbb-2021-0", 1000, 5 * mb, "", nil},
		entry{-1, "x.c~", 1000, 4096, "", nil},
		entry{1, "openssl-3.3-0", 0, 9 * mb, hold.SoftLinked, []string{"/opt/env"}},
	)
}

func mail(o *Owner, commands ...string) string {
	return o.Text(Options{Prose: 72, Tables: math.MaxInt, Top: 3, Commands: commands, More: "; all are in the report."})
}

// TestMail compares the text of an owner with the one in testdata, which a person has read.
func TestMail(t *testing.T) {
	owners := Owners(sample())
	if len(owners) != 2 || owners[0].User != "ann" || owners[1].User != "root" {
		t.Fatalf("owners %+v", owners)
	}
	for _, c := range []struct {
		name string
		got  string
	}{
		{"ann", mail(owners[0], "gclean --all --dry-run --pkgs-dir '/srv/a folder/pkgs'", "gclean --all --pkgs-dir '/srv/a folder/pkgs'")},
		{"root", mail(owners[1])},
	} {
		golden := "testdata/" + c.name + ".txt"
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.ReplaceAll(c.got, `\`, "/"); got != string(want) {
			t.Errorf("%s: got\n%s\nwant\n%s", golden, got, want)
		}
	}
}

// TestSumsOfOwners: every entry has one owner, and nothing is lost or counted twice.
func TestSumsOfOwners(t *testing.T) {
	r := sample()
	var sum, parts cache.Tally
	for _, o := range Owners(r) {
		for _, it := range o.Report.Items {
			sum.Add(it)
			if it.UID != o.UID {
				t.Errorf("%s has an entry of %d", o.User, it.UID)
			}
		}
		if o.Report.Total != o.Tally {
			t.Errorf("%s: %+v, want %+v", o.User, o.Report.Total, o.Tally)
		}
		parts.Items += o.Items
		parts.Disk += o.Disk
	}
	if sum != r.Total || parts.Disk != r.Total.Disk || parts.Items != r.Total.Items {
		t.Errorf("sums %+v and %+v, want %+v", sum, parts, r.Total)
	}
	for i, c := range r.ByCache { // those of the whole are as they were
		if c.Items == 0 || c.Cache != i {
			t.Errorf("%+v", c)
		}
	}
}

// TestSameNumberOnTwoHosts: two users are two owners.
func TestSameNumberOnTwoHosts(t *testing.T) {
	r := reportOf(entry{0, "a-1-0", 1000, 10, "", nil}, entry{1, "b-1-0", 1000, 20, "", nil})
	r.Items[0].Host, r.Items[1].Host = "node1", "node2"
	whole := &cache.Report{Made: made, Caches: r.Caches, ByCache: []cache.CacheUse{{Cache: 0}, {Cache: 1}}, Items: r.Items, Hosts: []cache.HostUse{}}
	whole.AddUp(nil, func(it *cache.Item) string { return "ann@" + it.Host })
	owners := Owners(whole)
	if len(owners) != 2 || owners[0].User != "ann@node2" || owners[0].Disk != 20 || owners[1].Report.Items[0] != r.Items[0] {
		t.Errorf("%+v", owners)
	}
}

func TestTitles(t *testing.T) {
	for uid, want := range map[int]string{0: "root (uid 0)", 1000: "ann (uid 1000)", 1001: "uid 1001", 1002: `"b\x1bob" (uid 1002)`, -1: "unknown owner"} {
		o := Owners(reportOf(entry{0, "a-1-0", uid, 10, "", nil}))[0]
		title, rule, _ := strings.Cut(mail(o), "\n")
		if rule, _, _ = strings.Cut(rule, "\n"); title != want || rule != strings.Repeat("=", len(want)) {
			t.Errorf("%d: %q, %q, want %q", uid, title, rule, want)
		}
	}
}

// TestTextFits: on a narrow terminal no line is wider. Commands are whole, so that they can be pasted.
func TestTextFits(t *testing.T) {
	for width := 30; width < 100; width++ {
		o := Owners(sample())[0]
		text := o.Text(Options{Prose: width, Tables: width, Style: table.Style{}, Commands: []string{"gclean --all"}})
		for line := range strings.Lines(text) {
			if n := len(strings.TrimSuffix(line, "\n")); n > width {
				t.Fatalf("width %d: %q", width, line)
			}
		}
	}
}

func ExampleOwners() {
	report := reportOf(entry{0, "numpy-1.26.4-0", 1000, 4096, "", nil}, entry{1, "xz-5.2-0", 0, 8192, hold.HardLinked, []string{"/opt/env"}})
	for _, o := range Owners(report) {
		fmt.Println(o.User, o.Disk, o.Freed)
	}
	// Output:
	// root 8192 0
	// ann 4096 4096
}
