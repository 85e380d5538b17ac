package cache_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
)

// reflinkDisks runs test on file systems of 300 MiB whose files can share extents.
func reflinkDisks(t *testing.T, test func(t *testing.T, top string)) {
	t.Parallel()
	for name, mkfs := range map[string][]string{"btrfs": {"mkfs.btrfs", "-q"}, "xfs": {"mkfs.xfs", "-q"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, fixture.Disk(t, "300M", mkfs...))
		})
	}
}

// cloneRange shares length bytes of src with the new file dst; 0 means all.
func cloneRange(t *testing.T, src, dst string, length uint64) {
	t.Helper()
	from, err := os.Open(src)
	must(t, err)
	defer from.Close()
	to, err := os.Create(dst)
	must(t, err)
	defer to.Close()
	must(t, unix.IoctlFileCloneRange(int(to.Fd()), &unix.FileCloneRange{Src_fd: int64(from.Fd()), Src_length: length}))
}

const mebibyte = 1 << 20

func ofFile(name string, size int64) fixture.Package {
	return fixture.Package{Name: name, Version: "1.0", Build: "0", Files: []fixture.File{{Path: "lib/" + name, Size: size}}}
}

// TestReflinksFreeNothing compares the promised bytes with df, when files of packages share
// blocks with an environment.
func TestReflinksFreeNothing(t *testing.T) {
	reflinkDisks(t, func(t *testing.T, top string) {
		c := newCache(t, filepath.Join(top, "pkgs"))
		env := newEnv(t, filepath.Join(top, "env"))
		want := map[string]int64{}
		file := func(name string) string {
			return filepath.Join(c.Extracted(ofFile(name, 0)), "lib", name)
		}
		for _, name := range []string{"own", "cloned", "partly", "twice", "sparse"} {
			must(t, c.Add(ofFile(name, 8*mebibyte)))
			want[name+"-1.0-0"] = 8 * mebibyte
		}
		must(t, env.Link(c, ofFile("cloned", 8*mebibyte), fixture.Link{Kind: fixture.Reflink}))
		want["cloned-1.0-0"] = 0
		cloneRange(t, file("partly"), filepath.Join(top, "part"), 3*mebibyte)
		want["partly-1.0-0"] = 5 * mebibyte
		must(t, os.Link(file("twice"), file("twice")+".1"))
		cloneRange(t, file("twice"), filepath.Join(top, "twice"), 0)
		want["twice-1.0-0"] = 0
		must(t, os.Truncate(file("sparse"), 1<<30))

		grace := time.Duration(0)
		o := options(c, cache.Packages)
		o.Discovery.Environments = []meta.Environment{environment(t, env)}
		o.Grace = &grace
		before := available(t, top)
		plan := prepare(t, o)
		if before.Inodes == 0 {
			want["partly-1.0-0"] = 0 // btrfs keeps an extent as long as any part of it is in use
		}
		near := func(got, want int64) bool { return got >= want-mebibyte/4 && got <= want+mebibyte/4 }
		for _, e := range plan.Remove {
			if got := e.Usage.Freed(); !near(got, want[e.Name]) {
				t.Errorf("%s is said to free %d, want %d", e.Name, got, want[e.Name])
			}
			delete(want, e.Name)
		}
		if len(want) > 0 {
			t.Errorf("stays: %v", want)
		}
		promised := cache.SizesOf(plan.Remove).Freed
		if res := removal.Execute(context.Background(), plan, removal.Options{}); res.Err != nil || len(res.Failures) > 0 {
			t.Fatalf("%v %+v", res.Err, res.Failures)
		}
		freed := func() int64 { return available(t, top).Available - before.Available }
		for deadline := time.Now().Add(5 * time.Second); !near(freed(), promised) && time.Now().Before(deadline); {
		}
		if got := freed(); !near(got, promised) {
			t.Errorf("df shows %d more, %d were promised", got, promised)
		}
	})
}

// TestCopiesOfACacheShareExtents: extents shared by two removed entries become free, but
// are not promised.
func TestCopiesOfACacheShareExtents(t *testing.T) {
	reflinkDisks(t, func(t *testing.T, top string) {
		first := newCache(t, filepath.Join(top, "first", "pkgs"))
		second := newCache(t, filepath.Join(top, "second", "pkgs"))
		p := ofFile("p", 8*mebibyte)
		must(t, first.Add(p), second.Add(p))
		copied := filepath.Join(second.Extracted(p), "lib", "p")
		must(t, os.Remove(copied))
		cloneRange(t, filepath.Join(first.Extracted(p), "lib", "p"), copied, 0)
		grace := time.Duration(0)
		o := options(first, cache.Packages)
		o.Discovery = cachetest.Found(first.Dir, second.Dir)
		o.Grace = &grace
		plan := prepare(t, o)
		if got := cache.SizesOf(plan.Remove).Freed; len(plan.Remove) != 2 || got > mebibyte {
			t.Errorf("%d entries go, %d bytes are promised", len(plan.Remove), got)
		}
		r, err := cache.NewReport(context.Background(), cache.ReportOptions{Look: o.Look})
		must(t, err)
		if r.Total.Freed > mebibyte || r.Total.Disk < 16*mebibyte {
			t.Errorf("the report says that %d of %d bytes would be free", r.Total.Freed, r.Total.Disk)
		}
	})
}

// TestArchivesShareExtents checks entries that are files.
func TestArchivesShareExtents(t *testing.T) {
	reflinkDisks(t, func(t *testing.T, top string) {
		c := newCache(t, filepath.Join(top, "pkgs"))
		for _, name := range []string{"a", "b"} {
			must(t, c.AddFile(name+"-1.0-0.conda", string(make([]byte, 2*mebibyte))))
		}
		cloneRange(t, filepath.Join(c.Dir, "a-1.0-0.conda"), filepath.Join(top, "mirror"), 0)
		for _, e := range prepare(t, options(c, cache.Tarballs)).Remove {
			want := map[string]int64{"a-1.0-0.conda": 0, "b-1.0-0.conda": 2 * mebibyte}[e.Name]
			if got := e.Usage.Freed(); got != want {
				t.Errorf("%s frees %d, want %d", e.Name, got, want)
			}
		}
	})
}

// TestReflinksMakeNoRoom: removing shared data makes no room, so more must be removed; it
// also does not count in the size of a cache.
func TestReflinksMakeNoRoom(t *testing.T) {
	reflinkDisks(t, func(t *testing.T, top string) {
		c := newCache(t, filepath.Join(top, "pkgs"))
		env := newEnv(t, filepath.Join(top, "env"))
		shared, own := ofFile("shared", 8*mebibyte), ofFile("own", 8*mebibyte)
		must(t, c.Add(shared))
		must(t, env.Link(c, shared, fixture.Link{Kind: fixture.Reflink}))
		must(t, c.Add(own))
		grace := time.Duration(0)
		o := options(c, cache.Packages)
		o.Discovery.Environments = []meta.Environment{environment(t, env)}
		o.Grace = &grace
		for _, p := range []cache.Policy{
			{MinFree: &cache.Amount{Bytes: available(t, top).Available + 4*mebibyte}},
			{MaxSize: &cache.Amount{Bytes: 4 * mebibyte}},
		} {
			o.Policy = p
			plan := prepare(t, o)
			if got := names(plan.Remove); got != "own-1.0-0 shared-1.0-0" {
				t.Errorf("%+v: goes %q", p, got)
			}
			if got := codes(plan); got != "" {
				t.Errorf("%+v: %s", p, got)
			}
		}
		o.Policy = cache.Policy{MaxSize: &cache.Amount{Bytes: 10 * mebibyte}}
		if got := names(prepare(t, o).Remove); got != "" {
			t.Errorf("goes %q for a cache that is small enough", got)
		}
	})
}
