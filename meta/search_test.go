package meta

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gclean/internal/fixture"
)

func TestSearch(t *testing.T) {
	h, top := host(t, map[string]string{
		"srv/a/conda-meta/history":                        "",
		"srv/deep/er/b/conda-meta/x-1-0.json":             "{}",
		"srv/root/conda-meta/history":                     "",
		"srv/root/envs/c/conda-meta/history":              "",
		"srv/root/envs/c/envs/d/conda-meta/history":       "",
		"srv/root/lib/no/conda-meta/history":              "",
		"srv/root/pkgs/urls.txt":                          "",
		"srv/pkgs/urls.txt":                               "",
		"srv/pkgs/x-1-0/info/index.json":                  "{}",
		"srv/rattler/pkgs/x-1-0/info/index.json":          "{}",
		"srv/list/urls.txt":                               "no mark: a list for wget",
		"srv/list/my-own-env/conda-meta/history":          "",
		"srv/pkgs/no/conda-meta/history":                  "",
		"srv/rattler/pkgs/.cache.lock":                    "",
		"srv/rattler/pkgs/no/conda-meta/history":          "",
		"srv/rattler/cached-envs-v0/e/conda-meta/history": "",
		"srv/ws/.pixi/envs/default/conda-meta/history":    "",
		"srv/home/conda-meta/README":                      "no environment, and not to hide what is below",
		"srv/home/f/conda-meta/history":                   "",
		"srv/urls.txt/g/conda-meta/history":               "",
		"outside/conda-meta/history":                      "",
	}, nil)
	if runtime.GOOS != "windows" {
		for name, target := range map[string]string{"srv/loop": "loop", "srv/up": "..", "srv/out": "../outside", "srv/a/self": "."} {
			if err := fixture.Symlink(target, filepath.Join(top, name)); err != nil {
				t.Fatal(err)
			}
		}
	}
	envs, bad := environments(t, h, Options{Search: From("--search", filepath.Join(top, "srv"), filepath.Join(top, "srv/deep"))})
	want := "/srv/a /srv/deep/er/b /srv/home/f /srv/list/my-own-env /srv/rattler/cached-envs-v0/e /srv/root /srv/root/envs/c /srv/root/envs/c/envs/d /srv/urls.txt/g /srv/ws/.pixi/envs/default"
	if got := filepath.ToSlash(prefixes(envs, top)); got != want {
		t.Errorf("environments\n%s, want\n%s", got, want)
	}
	for _, e := range envs {
		if !slices.Equal(e.Sources, []string{"--search"}) {
			t.Errorf("%s: sources %v", e.Prefix, e.Sources)
		}
	}
	if len(bad) > 0 {
		t.Errorf("problems %v", bad)
	}
	if envs, _ := environments(t, h, Options{Search: From("--search", filepath.Join(top, "outside"))}); len(envs) != 1 {
		t.Errorf("below an environment itself: %v", prefixes(envs, top))
	}
}

func TestSearchUsage(t *testing.T) {
	h, top := host(t, map[string]string{"file": ""}, nil)
	for _, name := range []string{"missing", "file"} {
		path := filepath.Join(top, name)
		_, _, err := h.Environments(context.Background(), configure(t, h, Options{}), Options{Search: From("--search", path)})
		if !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := search(ctx, From("--search", top)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestSearchUnreadable(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("root reads everything: this test runs as another user")
	}
	files := map[string]string{"srv/e/conda-meta/history": ""}
	var closed []string
	for i := range maxUnread + 5 {
		name := "srv/closed" + string(rune('a'+i)) + "/"
		files[name] = ""
		closed = append(closed, name)
	}
	h, top := host(t, files, nil)
	for _, dir := range append(closed, "srv/e/conda-meta") {
		path := filepath.Join(top, dir)
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Chmod(path, 0o755) })
	}
	envs, bad := environments(t, h, Options{Search: From("--search", filepath.Join(top, "srv"))})
	if len(envs) != 1 || envs[0].Err == nil {
		t.Errorf("environments %+v", envs)
	}
	if len(bad) != maxUnread+1 || !bad[0].Hides || !bad[maxUnread].Hides || !strings.Contains(bad[maxUnread].Err.Error(), "5 more") {
		t.Errorf("problems %+v", bad)
	}
}

// BenchmarkEnvironments lists 1,000 environments of 300 records each.
func BenchmarkEnvironments(b *testing.B) {
	const envs, records = 1000, 300
	top := b.TempDir()
	if _, err := fixture.ManyEnvironments(context.Background(), top, envs, records); err != nil {
		b.Fatal(err)
	}
	for name, o := range map[string]Options{"envs-dir": {EnvsDirs: From("--envs-dir", filepath.Join(top, "envs"))}, "search": {Search: From("--search", top)}} {
		b.Run(name, func(b *testing.B) {
			h := Host{UID: 1000}
			c, err := h.Configure(context.Background(), o)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				list, _, err := h.Environments(context.Background(), c, o)
				if err != nil || len(list) < envs {
					b.Fatal(len(list), err)
				}
				for _, e := range list {
					n += len(e.Records)
				}
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
