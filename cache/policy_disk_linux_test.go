package cache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
	"gclean/walk"
)

// smallDisks returns mount points of empty file systems of 64 MiB.
func smallDisks(t *testing.T) map[string]string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	disks := map[string]string{}
	mounted := func(name, dir string) {
		t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
		disks[name] = dir
	}
	dir := t.TempDir()
	if err := unix.Mount("none", dir, "tmpfs", 0, "size=64m"); err != nil {
		t.Skipf("cannot mount: %v", err)
	}
	mounted("tmpfs", dir)
	image := filepath.Join(t.TempDir(), "ext4")
	must(t, os.WriteFile(image, nil, 0o600), os.Truncate(image, 64<<20))
	dir = t.TempDir()
	mkfs := exec.Command("mkfs.ext4", "-q", image)
	if out, err := mkfs.CombinedOutput(); err != nil {
		t.Logf("no ext4: %v: %s", err, out)
	} else if out, err := exec.Command("mount", "-o", "loop", image, dir).CombinedOutput(); err != nil {
		t.Logf("no ext4: %v: %s", err, out)
	} else {
		mounted("ext4", dir)
	}
	return disks
}

func available(t *testing.T, path string) walk.Space {
	t.Helper()
	fd, err := unix.Open(path, unix.O_RDONLY|unix.O_DIRECTORY, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.Syncfs(fd))
	dir, err := walk.Open(path)
	must(t, err)
	defer dir.Close()
	space, err := dir.Space()
	must(t, err)
	return space
}

// TestRoomOnDisk: removal frees exactly the promised bytes, and no more than it must.
func TestRoomOnDisk(t *testing.T) {
	for name, top := range smallDisks(t) {
		t.Run(name, func(t *testing.T) {
			c := newCache(t, filepath.Join(top, "pkgs"))
			second := newCache(t, filepath.Join(top, "second", "pkgs"))
			env := newEnv(t, filepath.Join(top, "env"))
			for i := range 12 {
				p := fixture.Package{Name: fmt.Sprint("p", i), Version: "1.0", Build: "0", Files: []fixture.File{
					{Path: fmt.Sprint("lib/big", i), Size: 1 << 20}, {Path: fmt.Sprint("share/small", i), Size: 100},
				}}
				must(t, c.Add(p))
				if i%4 == 3 {
					must(t, env.Link(c, p, fixture.Link{Kind: fixture.Hard}))
				}
				if i%4 == 1 {
					// The other cache has the same inode, which becomes free with both.
					must(t, second.Add(p))
					path := filepath.Join(second.Extracted(p), fmt.Sprint("lib/big", i))
					must(t, os.Remove(path), os.Link(filepath.Join(c.Extracted(p), fmt.Sprint("lib/big", i)), path))
				}
			}
			grace := time.Duration(0)
			o := options(c, cache.All()...)
			o.Discovery = cachetest.Found(c.Dir, second.Dir)
			o.Discovery.Environments = []meta.Environment{environment(t, env)}
			o.Grace = &grace
			removes := func(p cache.Policy) (*cache.Plan, int64) {
				t.Helper()
				before := available(t, top)
				o.Policy = p
				plan := prepare(t, o)
				sizes := cache.SizesOf(plan.Remove)
				promised := sizes.Freed
				res := removal.Execute(context.Background(), plan, removal.Options{})
				if res.Err != nil || len(res.Failures) > 0 {
					t.Fatalf("%v %+v", res.Err, res.Failures)
				}
				after := available(t, top)
				if got := after.Available - before.Available; got != promised {
					t.Errorf("df shows %d more, %d were promised", got, promised)
				}
				// tmpfs counts each name of a file as an inode.
				got := after.FreeInodes - before.FreeInodes
				if got < sizes.Inodes || got > sizes.Inodes && name != "tmpfs" {
					t.Errorf("df -i shows %d more, %d were promised", got, sizes.Inodes)
				}
				return plan, promised
			}
			now := available(t, top)
			if plan, _ := removes(cache.Policy{MinFree: &cache.Amount{Bytes: now.Available}}); len(plan.Remove) > 0 {
				t.Errorf("there is enough, and %v go", plan.Remove)
			}
			want := now.Available + 2500<<10
			plan, freed := removes(cache.Policy{MinFree: &cache.Amount{Bytes: want}})
			if got := available(t, top).Available; got < want || len(plan.Remove) == 0 {
				t.Errorf("%d available, %d asked for", got, want)
			}
			if most := int64(2500<<10 + 2<<20); freed > most {
				t.Errorf("%d freed, %d would do", freed, most)
			}
			// The held packages are larger than the cache may be.
			plan, _ = removes(cache.Policy{MaxSize: &cache.Amount{Bytes: 6 << 20}})
			r, err := cache.NewReport(context.Background(), cache.ReportOptions{Look: o.Look})
			must(t, err)
			for i, use := range r.ByCache {
				if use.Disk > 6<<20 {
					t.Errorf("cache %d has %d", i, use.Disk)
				}
			}
			if len(plan.Remove) == 0 || len(plan.Kept) == 0 {
				t.Errorf("%d go, %d stay", len(plan.Remove), len(plan.Kept))
			}
			plan, _ = removes(cache.Policy{MaxSize: &cache.Amount{Bytes: 1 << 20}})
			if got := codes(plan); !strings.Contains(got, cache.CodeMaxSizeMissed) {
				t.Errorf("nothing says that the cache is too large all the same: %q", got)
			}
			plan, _ = removes(cache.Policy{MinFree: &cache.Amount{Percent: 100}})
			if got := codes(plan); !strings.Contains(got, cache.CodeMinFreeMissed) {
				t.Errorf("nothing says that there is no more room: %q", got)
			}
		})
	}
}

// TestPolicyKeepsHeldPackages cleans random trees with random policies. Packages held
// without a policy are held with one, and a policy never removes more.
func TestPolicyKeepsHeldPackages(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	narrowed := 0
	for round := range 12 {
		rng := rand.New(rand.NewPCG(seed, uint64(round)))
		o, _ := randomTree(t, rng, t.TempDir())
		o.Targets = cache.All()
		without := map[string]bool{}
		for _, e := range prepare(t, o).Remove {
			without[e.Path()] = true
		}
		files := rng.Int64N(100)
		for _, p := range []cache.Policy{
			{OlderThan: time.Hour}, {OlderThan: 1}, {KeepLast: 1}, {Include: []string{"p[0-3]-*"}}, {Exclude: []string{"p[0-3]-*"}},
			{MinFree: &cache.Amount{Bytes: 1}}, {MinFree: &cache.Amount{Percent: 100}},
			{MaxFiles: &files}, {MinFreeFiles: &cache.Files{Number: 1}}, {MinFreeFiles: &cache.Files{Percent: 100}},
			{MaxSize: &cache.Amount{Bytes: int64(rng.IntN(1 << 20))}}, {MaxSize: &cache.Amount{Percent: 100}},
		} {
			o.Policy = p
			plan := prepare(t, o)
			for _, e := range plan.Remove {
				if !without[e.Path()] {
					t.Fatalf("round %d: %+v takes %s, which stays without it", round, p, e.Path())
				}
			}
			if len(plan.Remove) < len(without) {
				narrowed++
			}
		}
	}
	if narrowed == 0 {
		t.Error("no policy narrowed anything")
	}
}
