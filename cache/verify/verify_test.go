package verify_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/internal/fixture"
	"gclean/meta/dist"
)

func TestVerify(t *testing.T) {
	edit := func(t *testing.T, path, text string) {
		must(t, os.WriteFile(path, []byte(text), 0o644))
	}
	flip := func(t *testing.T, path string, at int64) {
		data, err := os.ReadFile(path)
		must(t, err)
		data[at] ^= 0xff
		edit(t, path, string(data))
	}
	for name, c := range map[string]struct {
		damage func(t *testing.T, archive, dir string)
		want   string // pattern of all faults; "" means sound
		fast   bool   // --fast finds it too
	}{
		"nothing": {func(*testing.T, string, string) {}, "", false},
		"edited": {func(t *testing.T, _, dir string) { edit(t, dir+"/lib/a.so", "A library") },
			`^a-1.0-0: lib/a.so: wrong hash: [0-9a-f]{64}, expected [0-9a-f]{64}$`, false},
		"longer": {func(t *testing.T, _, dir string) { edit(t, dir+"/lib/a.so", "a library!") },
			`^a-1.0-0: lib/a.so: wrong size: 10, expected 9$`, true},
		"missing": {func(t *testing.T, _, dir string) { must(t, os.Remove(dir+"/lib/a.so")) },
			`^a-1.0-0: lib/a.so: missing$`, true},
		"added": {func(t *testing.T, _, dir string) { edit(t, dir+"/lib/b.so", "") },
			`^a-1.0-0: lib/b.so: added$`, true},
		"no list": {func(t *testing.T, _, dir string) {
			must(t, os.Remove(dir+"/info/paths.json"), os.Remove(dir+"/info/files"))
		}, `^a-1.0-0: info/paths.json: missing$`, true},
		"a bad record": {func(t *testing.T, _, dir string) { edit(t, dir+"/info/repodata_record.json", "{") },
			`^a-1.0-0: info/repodata_record.json: bad info: `, true},
		"another package's record": {func(t *testing.T, _, dir string) {
			edit(t, dir+"/info/repodata_record.json", `{"name": "b", "version": "1.0", "build": "0"}`)
		}, `^a-1.0-0: info/repodata_record.json: wrong name: b-1.0-0, expected a-1.0-0$`, true},
		"empty archive": {func(t *testing.T, archive, _ string) { must(t, os.Truncate(archive, 0)) },
			`^a-1.0-0.conda: wrong size: 0 bytes, expected \d+ bytes as repodata_record.json says\na-1.0-0.conda: damaged: .*empty$`, true},
		"cut archive": {func(t *testing.T, archive, _ string) { must(t, os.Truncate(archive, 500)) },
			`^a-1.0-0.conda: wrong size: 500 bytes, expected .*\na-1.0-0.conda: damaged: `, true},
		"flipped": {func(t *testing.T, archive, _ string) { flip(t, archive, 300) },
			`^a-1.0-0.conda: wrong hash: .* as repodata_record.json says\na-1.0-0.conda: .*damaged: `, false},
		"only the archive, renamed": {func(t *testing.T, archive, dir string) {
			must(t, os.RemoveAll(dir), os.Rename(archive, filepath.Join(filepath.Dir(archive), "b-2.0-0.conda")))
		}, `^b-2.0-0.conda: wrong name: b-2.0-0, expected a-1.0-0$`, false},
		"another hash in urls.txt": {func(t *testing.T, archive, dir string) {
			must(t, os.RemoveAll(dir))
			edit(t, filepath.Join(filepath.Dir(archive), "urls.txt"), "https://conda.example/channel/linux-64/a-1.0-0.conda#"+strings.Repeat("0", 32)+"\n")
		}, `^a-1.0-0.conda: wrong hash: [0-9a-f]{32}, expected 0{32} as urls.txt says$`, false},
		"a partial download": {func(t *testing.T, archive, dir string) {
			must(t, os.RemoveAll(dir), os.Truncate(archive, 10), os.Rename(archive, archive+".partial"))
		}, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
			p := pkg("a")
			must(t, pkgs.Add(p))
			c.damage(t, pkgs.Path(p.ArchiveName()), pkgs.Extracted(p))
			before := modes(t, pkgs.Dir)
			if got := faults(verified(t, options(pkgs))); c.want == "" && got != "" || !regexp.MustCompile(c.want).MatchString(got) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
			v, err := verify.Verify(context.Background(), verify.Options{ListOptions: cache.ListOptions{Look: options(pkgs).Look}, Fast: true})
			must(t, err)
			if got := faults(v); (got != "") != c.fast {
				t.Errorf("fast: %q", got)
			}
			if after := modes(t, pkgs.Dir); after != before {
				t.Error("verify has changed the cache")
			}
			o := options(pkgs)
			o.Grace = new(time.Hour)
			for _, check := range verified(t, o).Checks {
				if len(check.Faults) > 0 || (check.Skipped != nil) == check.Sound() {
					t.Errorf("within the grace: %+v", check)
				}
			}
		})
	}
}

func TestVerifyPatterns(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("a")), c.Add(pkg("ab")), c.AddExtracted(pkg("b")))
	for patterns, want := range map[string]string{
		"":               "a-1.0-0 ab-1.0-0 b-1.0-0",
		"a*":             "a-1.0-0 ab-1.0-0",
		"a-* b-1.0-0":    "a-1.0-0 b-1.0-0",
		"ab-1.0-0.conda": "ab-1.0-0",
		"x":              "",
	} {
		o := cache.ListOptions{Look: options(c).Look, Dists: strings.Fields(patterns)}
		list, _, err := cache.List(context.Background(), o)
		must(t, err)
		var got []string
		for _, p := range list {
			got = append(got, p.Dist)
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%q: %s, want %s", patterns, got, want)
		}
	}
	o := cache.ListOptions{Look: options(c).Look, Dists: []string{"[a"}}
	if _, _, err := cache.List(context.Background(), o); !errors.Is(err, cache.ErrPattern) {
		t.Errorf("got %v", err)
	}
}

// TestListCounts compares environments and sizes with what the test knows of the tree.
func TestListCounts(t *testing.T) {
	top := t.TempDir()
	c := newCache(t, filepath.Join(top, "pkgs"))
	o := options(c)
	for _, p := range []fixture.Package{pkg("free"), pkg("hard"), pkg("soft"), pkg("copied")} {
		must(t, c.Add(p))
	}
	for _, name := range []string{"one", "two"} {
		env := newEnv(t, filepath.Join(top, name))
		must(t, env.Link(c, pkg("hard"), fixture.Link{}), env.Link(c, pkg("copied"), fixture.Link{Kind: fixture.Copy}))
		if name == "one" {
			must(t, env.Link(c, pkg("soft"), fixture.Link{Kind: fixture.Soft, Writer: fixture.Mamba}))
		}
		o.Discovery.Environments = append(o.Discovery.Environments, environment(t, env))
	}
	list, problems, err := cache.List(context.Background(), cache.ListOptions{Look: o.Look})
	must(t, err)
	if len(problems) > 0 {
		t.Error(problems)
	}
	for i, want := range []struct {
		dist  string
		held  int
		freed bool // as much as for the free one
	}{{"copied-1.0-0", 0, true}, {"free-1.0-0", 0, true}, {"hard-1.0-0", 2, false}, {"soft-1.0-0", 1, true}} {
		p := list[i]
		if p.Dist != want.dist || len(p.Environments) != want.held || p.Held() != (want.held > 0) || len(p.Archives) != 1 || p.Extracted == nil || p.Half {
			t.Errorf("%+v, want %+v", p, want)
		}
		if whole := p.Freed == list[1].Freed; whole != want.freed {
			t.Errorf("%s: %d of %d bytes would be freed", p.Dist, p.Freed, p.Apparent)
		}
	}
}

func TestVerifyRemoveKeepsRepairedPackages(t *testing.T) {
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	p := pkg("a")
	must(t, c.AddExtracted(p))
	lib := filepath.Join(c.Extracted(p), "lib", "a.so")
	must(t, os.WriteFile(lib, []byte("A library"), 0o755))
	plan := verified(t, options(c)).RemovalPlan(false)
	if got := names(plan.Remove); got != "a-1.0-0" {
		t.Fatalf("goes: %s", got)
	}
	must(t, os.WriteFile(lib, []byte("a library"), 0o755))
	if r := plan.Execute(context.Background(), removal.Options{}); names(r.Spared) != "a-1.0-0" || len(r.Removed) > 0 {
		t.Errorf("%+v", r)
	}
}

func TestUnreadableIsNotBroken(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("to root, nothing is unreadable")
	}
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no modes")
	}
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	p := pkg("a")
	must(t, c.AddExtracted(p))
	must(t, os.Chmod(filepath.Join(c.Extracted(p), "lib", "a.so"), 0))
	v := verified(t, options(c))
	if len(v.Checks) != 1 || v.Checks[0].Broken() || v.Checks[0].Faults[0].Kind != dist.Unreadable {
		t.Errorf("%+v", v.Checks)
	}
	if plan := v.RemovalPlan(true); len(plan.Remove) > 0 {
		t.Errorf("goes: %s", names(plan.Remove))
	}
}
