package meta

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func onLinux(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("the places are those of Linux")
	}
}

// rattler returns the caches of rattler and pixi.
func rattler(c *Config) []Value {
	return slices.DeleteFunc(slices.Clone(c.PkgsDirs), func(v Value) bool { return v.Layout == CondaPackages })
}

func TestPixiCaches(t *testing.T) {
	onLinux(t)
	for _, c := range []struct {
		name  string
		files map[string]string
		env   map[string]string
		want  string
	}{
		{"none", nil, nil, ""},
		{"default", map[string]string{"home/u/.cache/rattler/cache/": ""}, nil, "/home/u/.cache/rattler/cache (default of rattler)"},
		{"XDG_CACHE_HOME", map[string]string{"xdg/rattler/cache/": ""}, map[string]string{"XDG_CACHE_HOME": "TOP/xdg"}, "/xdg/rattler/cache (default of rattler)"},
		{"pixi's own, where it exists", map[string]string{"home/u/.cache/pixi/": "", "home/u/.cache/rattler/cache/": ""}, nil,
			"/home/u/.cache/pixi (default of pixi)\n/home/u/.cache/rattler/cache (default of rattler)"},
		{"RATTLER_CACHE_DIR", map[string]string{"home/u/.cache/rattler/cache/": ""}, map[string]string{"RATTLER_CACHE_DIR": "TOP/r"}, "/r (RATTLER_CACHE_DIR)"},
		{"PIXI_CACHE_DIR is for pixi only", map[string]string{"home/u/.pixi/config.toml": "cache.root = '/no'"},
			map[string]string{"PIXI_CACHE_DIR": "TOP/p", "RATTLER_CACHE_DIR": "TOP/r"}, "/p (PIXI_CACHE_DIR)\n/r (RATTLER_CACHE_DIR)"},
		{"configuration of the system", map[string]string{"etc/pixi/config.toml": "[cache]\nroot = 'TOP/s'\n"}, nil, "/s (/etc/pixi/config.toml)"},
		{"the user's before the system's", map[string]string{"etc/pixi/config.toml": "[cache]\nroot = 'TOP/s'\n", "home/u/.config/pixi/config.toml": "cache = {root = '~/c', x = [1, {root = 'y'}]}"}, nil,
			"/home/u/c (/home/u/.config/pixi/config.toml)"},
		{"XDG_CONFIG_HOME", map[string]string{"xdg/pixi/config.toml": "cache.root = 'TOP/x'", "home/u/.config/pixi/config.toml": "cache.root = 'TOP/c'"}, map[string]string{"XDG_CONFIG_HOME": "TOP/xdg"},
			"/x (/xdg/pixi/config.toml)"},
		{"PIXI_HOME", map[string]string{"ph/config.toml": "cache.root = 'TOP/ph/c'", "home/u/.pixi/config.toml": "cache.root = 'TOP/no'"}, map[string]string{"PIXI_HOME": "TOP/ph"},
			"/ph/c (/ph/config.toml)"},
		{"PIXI_CONFIG_FILE", map[string]string{"mine.toml": "cache.root = 'TOP/m'"}, map[string]string{"PIXI_CONFIG_FILE": "TOP/mine.toml"}, "/m (/mine.toml)"},
		{"packages elsewhere", map[string]string{"home/u/.pixi/config.toml": "[cache]\nconda-packages = 'TOP/pk'\n"}, nil, "/pk (/home/u/.pixi/config.toml)"},
		{"packages by variable", map[string]string{"home/u/.pixi/config.toml": "[cache]\nconda-packages = 'TOP/pk'\n"}, map[string]string{"PIXI_CACHE_CONDA_PACKAGES_DIR": "TOP/v"}, "/v (PIXI_CACHE_CONDA_PACKAGES_DIR)"},
		{"a byte order mark", map[string]string{"home/u/.pixi/config.toml": "\ufeffcache.root = 'TOP/b'"}, nil, "/b (/home/u/.pixi/config.toml)"},
		{"another table", map[string]string{"home/u/.pixi/config.toml": "[[cache]]\nroot = 'TOP/no'\n[other.cache]\nroot = 'TOP/no'\n"}, nil, ""},
	} {
		h, top := host(t, c.files, c.env)
		h.SystemPixi = filepath.Join(top, "etc/pixi/config.toml")
		cfg := configure(t, h, Options{})
		if got := learned(rattler(cfg), top); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
		if p := problems(cfg); len(p) > 0 {
			t.Errorf("%s: %v", c.name, p)
		}
		if cfg := configure(t, h, Options{PkgsDirs: From("--pkgs-dir", "/only")}); len(cfg.PkgsDirs) != 1 {
			t.Errorf("%s: with --pkgs-dir: %v", c.name, cfg.PkgsDirs)
		}
	}
}

func TestBadPixiConfig(t *testing.T) {
	for _, c := range []struct{ name, text, says string }{
		{"no TOML", "cache.root = ", "invalid TOML"},
		{"half", "cache.root = '/no'\n[", "invalid TOML"},
		{"relative", "cache.root = 'a/b'", "cache.root: not an absolute path"},
		{"variables are not expanded", "cache.root = '$HOME/a'", "not an absolute path"},
		{"a number", "cache = {root = 3}", "cache.root: not a path"},
		{"zero byte", `cache.root = "/a\u0000b"`, "not an absolute path"},
		{"a list", "detached-environments = ['/a']", "detached-environments: not a path"},
		{"binary", "\x00\xff", "invalid TOML"},
		{"nested", "a = " + strings.Repeat("[", 100_000), "invalid TOML"},
		{"large", strings.Repeat("#", 1<<20) + "\n", "larger than 1024 KiB"},
	} {
		h, _ := host(t, map[string]string{"home/u/.pixi/config.toml": c.text}, nil)
		cfg := configure(t, h, Options{})
		if len(rattler(cfg)) > 0 {
			t.Errorf("%s: %v", c.name, cfg.PkgsDirs)
		}
		if len(cfg.Files) != 1 || cfg.Files[0].Err == nil || !cfg.Files[0].Hides {
			t.Errorf("%s: %+v", c.name, cfg.Files)
			continue
		}
		if text := cfg.Files[0].Err.Error(); !strings.Contains(text, c.says) || !strings.Contains(text, "config.toml") || strings.Contains(text, "\n") {
			t.Errorf("%s: %q", c.name, text)
		}
	}
}

// TestHostileTOML has files that take decoders minutes.
func TestHostileTOML(t *testing.T) {
	var keys, tables, inline, dotted strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&keys, "k%d=1\n", i)
		fmt.Fprintf(&tables, "[a.b%d]\n", i)
		fmt.Fprintf(&inline, "b%d=1,", i)
	}
	dotted.WriteString("[a" + strings.Repeat(".a", 200_000) + "]\n" + strings.Repeat("a.b=1\n", 50_000))
	for name, text := range map[string]string{
		"keys": keys.String(), "tables": tables.String(), "inline": "a = {" + strings.TrimSuffix(inline.String(), ",") + "}", "dotted": dotted.String(),
		"arrays": "a = " + strings.Repeat("[", 90) + strings.Repeat("]", 90) + "\n" + strings.Repeat("[[a]]\n", 100_000),
	} {
		start := time.Now()
		if _, err := parsePixiFile([]byte(text), "/home/u"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestPixiEnvironments(t *testing.T) {
	onLinux(t)
	files := map[string]string{
		"home/u/.pixi/workspaces.toml":                     "[named-workspaces]\none = 'TOP/ws1'\n\"t w o\" = \"TOP/ws2/pixi.toml\"\ngone = '/gone'\nrel = 'x'\n",
		"home/u/.pixi/config.toml":                         "detached-environments = '~/detached'\n[cache]\nexec-environments = 'TOP/exec'\n",
		"ws2/pixi.toml":                                    "",
		"ws2/.pixi/config.toml":                            "detached-environments = 'TOP/local'\ncache.conda-packages = 'TOP/evil'\ncache.root = 'TOP/wsroot'\n",
		"home/u/.cache/rattler/cache/pkgs/x/info/":         "",
		"active/.pixi/envs/default/conda-meta/":            "",
		"tmp/pixi-cache-u/envs/w/envs/default/conda-meta/": "",
	}
	const cache = "home/u/.cache/rattler/cache/"
	want := []string{
		"home/u/.pixi/envs/tool", "ws1/.pixi/envs/default", "ws1/.pixi/envs/test", "ws1/.pixi/solve-group-envs/prod",
		"ws1/.pixi/bld/numpy/linux-64-key/bld", "ws1/.pixi/bld/numpy/linux-64-key/host_placehold", "ws2/.pixi/envs/default",
		"home/u/detached/name-123/envs/default", "home/u/detached/name-123/solve-group-envs/g", "local/name-1/envs/default", "wsroot/envs/n-2/envs/default",
		"exec/python-abc", cache + "cached-envs-v0/hash", cache + "cached-envs-v0/script-1/envs/default",
		cache + "cached-build-tool-envs-v0/t", cache + "cached-build-envs-v0/b", cache + "backends-v0/k", cache + "exec/r",
		cache + "envs/name-9/envs/default", cache + "bld/p/k/host",
	}
	for _, prefix := range want {
		files[prefix+"/conda-meta/"] = ""
	}
	want = append(want, "active/.pixi/envs/default", "tmp/pixi-cache-u/envs/w/envs/default")
	h, top := host(t, files, map[string]string{"PIXI_PROJECT_ROOT": "TOP/active", "TMPDIR": "TOP/tmp", "USER": "u"})
	envs, bad := environments(t, h, Options{})
	slices.Sort(want)
	if got := filepath.ToSlash(prefixes(envs, top)); got != "/"+strings.Join(want, " /") {
		t.Errorf("environments\n%s\nwant\n/%s", strings.ReplaceAll(got, " ", "\n"), strings.Join(want, "\n/"))
	}
	if len(bad) != 1 || !strings.Contains(bad[0].Err.Error(), `workspace "rel"`) {
		t.Errorf("problems %v", bad)
	}
	if c := configure(t, h, Options{}); strings.Contains(paths(c.PkgsDirs, top), "evil") || strings.Contains(paths(c.PkgsDirs, top), "wsroot") {
		t.Errorf("the configuration of a workspace names caches: %v", c.PkgsDirs)
	}
	// What was configured before is still found.
	h.Getenv = func(name string) (string, bool) {
		if name == "RATTLER_CACHE_DIR" || name == "PIXI_CACHE_DIR" {
			return "/elsewhere", true
		}
		return "", false
	}
	if again, _ := environments(t, h, Options{}); len(again) != len(envs)-2 {
		t.Errorf("%d environments with another cache, want %d: %s", len(again), len(envs)-2, prefixes(again, top))
	}
}

func TestBadWorkspaces(t *testing.T) {
	for _, text := range []string{"named-workspaces = ", "[named-workspaces]\na = 3\n", strings.Repeat("#", 1<<20) + "\n"} {
		h, top := host(t, map[string]string{"home/u/.pixi/workspaces.toml": text}, nil)
		_, bad := environments(t, h, Options{})
		if len(bad) != 1 || !bad[0].Hides || !strings.Contains(bad[0].Err.Error(), filepath.Join(top, "home/u/.pixi/workspaces.toml")) {
			t.Errorf("%.40q: %+v", text, bad)
		}
	}
}

// TestBudget has a registry of many workspaces, each with the largest possible
// configuration. Reading must end.
func TestBudget(t *testing.T) {
	h, top := host(t, map[string]string{"home/u/.pixi/": "", "big.toml": strings.Repeat("#", 1<<20-1) + "\n"}, nil)
	registry := "[named-workspaces]\n"
	for i := range 40 {
		dir := filepath.Join(top, fmt.Sprintf("ws%d", i), ".pixi")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Link(filepath.Join(top, "big.toml"), filepath.Join(dir, "config.toml")); err != nil {
			t.Fatal(err)
		}
		registry += fmt.Sprintf("w%d = '%s'\n", i, filepath.Dir(dir))
	}
	if err := os.WriteFile(filepath.Join(top, "home/u/.pixi/workspaces.toml"), []byte(registry), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, bad := environments(t, h, Options{}); len(bad) < 20 || !strings.Contains(bad[len(bad)-1].Err.Error(), "too much") {
		t.Errorf("%d problems", len(bad))
	}
}

func FuzzPixiConfig(f *testing.F) {
	for _, seed := range []string{
		"detached-environments = true\n[cache]\nroot = '/a'\n", "cache = {root = '~/x', exec-environments = \"/b\"}", "[[cache]]\nroot='/a'", "a.b.c.d.e=1", "x = [[{a=[1]}]]\n",
		"cache.root = '''/a\nb'''", "[a]\n[a]\n", "d = 1979-05-27T07:32:00Z\nf = -inf", "\"\\u0000\" = 1",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, _ := parsePixiFile(data, "/home/u")
		for _, path := range slices.Concat([]string{file.root, file.packages}, file.detached, file.cached) {
			if path != "" && !isPath(path) {
				t.Errorf("path %q", path)
			}
		}
	})
}

func FuzzWorkspaces(f *testing.F) {
	for _, seed := range []string{
		"[named-workspaces]\na = '/a'\n\"b c\" = \"/b/pixi.toml\"\n", "named-workspaces = {a = '/a'}", "named-workspaces.a = '~/x'", "[named-workspaces.a]\nb = '/c'", "[named-workspaces",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		list, _ := parseWorkspaces(data, "/home/u")
		if len(list) > len(data) {
			t.Errorf("%d workspaces of %d bytes", len(list), len(data))
		}
		for _, path := range list {
			if !isPath(path) {
				t.Errorf("path %q", path)
			}
		}
	})
}
