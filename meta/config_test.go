package meta

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// host makes a Host in a new folder: files, a home, and nothing of the real machine. Paths
// in files and variables may contain TOP.
func host(t testing.TB, files map[string]string, env map[string]string) (Host, string) {
	t.Helper()
	top := t.TempDir()
	for name, content := range files {
		path := filepath.Join(top, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "/") {
			if err := os.MkdirAll(path, 0o755); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if err := os.WriteFile(path, []byte(strings.ReplaceAll(content, "TOP", top)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	home := filepath.Join(top, "home", "u")
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatal(err)
	}
	env = maps.Clone(env)
	return Host{
		Getenv: func(name string) (string, bool) {
			v, ok := env[name]
			return strings.ReplaceAll(v, "TOP", top), ok
		},
		Home:         home,
		UID:          1000,
		SystemConfig: []string{filepath.Join(top, "etc", "conda")},
	}, top
}

func configure(t testing.TB, h Host, o Options) *Config {
	t.Helper()
	c, err := h.Configure(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// problems returns everything that was wrong with the configuration.
func problems(c *Config) []error {
	var list []error
	for _, f := range c.Files {
		if f.Err != nil {
			list = append(list, f.Err)
		}
	}
	return list
}

func paths(list []Value, top string) string {
	var s []string
	for _, v := range list {
		s = append(s, within(v.Path, top))
	}
	return strings.Join(s, " ")
}

// within returns path relative to top, with slashes, and without the drive on which Windows
// places "/a".
func within(path, top string) string {
	path = strings.TrimPrefix(path, top)
	return filepath.ToSlash(strings.TrimPrefix(path, filepath.VolumeName(path)))
}

// TestMerge has the cases of conda's tests/common/test_configuration.py and others, for
// pkgs_dirs.
func TestMerge(t *testing.T) {
	for _, c := range []struct {
		name           string
		etc, user, env string
		want           string
	}{
		{"the more important come first", "pkgs_dirs: [/a, /b]", "pkgs_dirs: [/c]", "/d,/e", "/d /e /c /a /b"},
		{"once each", "pkgs_dirs: [/a, /b]", "pkgs_dirs: [/b, /c]", "", "/b /c /a"},
		{"final ends the list", "pkgs_dirs:  #!final\n  - /a\n", "pkgs_dirs:\n  - /c\n", "/d", "/a"},
		{"the user's final", "pkgs_dirs:\n  - /a\n", "pkgs_dirs:  #!final\n  - /c\n", "/d", "/c /a"},
		{"top", "pkgs_dirs:\n  - /a\n  - /b  #!top\n", "pkgs_dirs:\n  - /c\n  - /d  #!top\n", "", "/b /d /c /a"},
		{"bottom", "pkgs_dirs:\n  - /a\n  - /b  #!bottom\n", "pkgs_dirs:\n  - /c  #!bottom\n  - /d\n", "/e", "/e /d /a /c /b"},
		{"top of one, bottom of the other", "pkgs_dirs:\n  - /a  #!top\n  - /b\n", "pkgs_dirs:\n  - /a  #!bottom\n  - /c\n", "", "/c /b /a"},
		{"other comments", "pkgs_dirs:  # mine\n  - /a  # !top is not at the start of a word\n  - /b\n", "", "", "/a /b"},
		{"null", "pkgs_dirs:\n", "pkgs_dirs: ~\n", "/d", "/d"},
		{"alias", "x: &l [/a]\npkgs_dirs: *l\n", "", "", "/a"},
		{"comments only", "# nothing\n", "", "/d", "/d"},
		{"slashes at the end", "pkgs_dirs: [/a/, /a]", "", "/a//", "/a"},
	} {
		env := map[string]string{}
		if c.env != "" {
			env["CONDA_PKGS_DIRS"] = c.env
		}
		h, top := host(t, map[string]string{"etc/conda/condarc": c.etc, "home/u/.condarc": c.user}, env)
		cfg := configure(t, h, Options{})
		if got := paths(cfg.PkgsDirs, top); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if p := problems(cfg); len(p) > 0 {
			t.Errorf("%s: %v", c.name, p)
		}
	}
}

func TestSearchPath(t *testing.T) {
	files := map[string]string{"root/envs/": ""}
	want := []string{
		"etc/conda/.condarc", "etc/conda/condarc", "etc/conda/condarc.d/a.yml", "etc/conda/condarc.d/b.yaml",
		"root/.condarc", "root/condarc", "root/condarc.d/x.yml",
		"xdg/conda/.condarc", "home/u/.config/conda/condarc", "home/u/.conda/.condarc", "home/u/.conda/condarc", "home/u/.condarc",
		"root/envs/e/.condarc", "mine.yml",
	}
	for i, name := range want {
		files[name] = fmt.Sprintf("pkgs_dirs: [/p%02d]", i)
	}
	files["etc/conda/condarc.d/no.txt"] = "pkgs_dirs: [/no]"
	h, top := host(t, files, map[string]string{
		"CONDA_ROOT": "TOP/root", "XDG_CONFIG_HOME": "TOP/xdg", "CONDA_PREFIX": "TOP/root/envs/e", "CONDARC": "TOP/mine.yml",
	})
	c := configure(t, h, Options{})
	var got []string
	for _, f := range c.Files {
		got = append(got, strings.TrimPrefix(within(f.Path, top), "/"))
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("files:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if first := c.PkgsDirs[0]; within(first.Path, top) != "/p13" || first.Source != filepath.Join(top, "mine.yml") {
		t.Errorf("first cache: %+v", first)
	}
}

func TestDefaults(t *testing.T) {
	h, top := host(t, map[string]string{"root/envs/": ""}, nil)
	c := configure(t, h, Options{RootPrefix: Value{Path: filepath.Join(h.Home, "../../root")}})
	if got, want := paths(c.PkgsDirs, top), "/root/pkgs /home/u/.conda/pkgs"; got != want {
		t.Errorf("pkgs_dirs %s, want %s", got, want)
	}
	if got, want := paths(c.EnvsDirs, top), "/root/envs /home/u/.conda/envs"; got != want {
		t.Errorf("envs_dirs %s, want %s", got, want)
	}
	h.Home = ""
	c = configure(t, h, Options{})
	if len(c.PkgsDirs) > 0 || len(c.EnvsDirs) > 0 || c.RootPrefix.Path != "" {
		t.Errorf("without a home: %+v", c)
	}
	if c := configure(t, h, Options{PkgsDirs: From("--pkgs-dir", "x/", "x")}); len(c.PkgsDirs) != 1 || !filepath.IsAbs(c.PkgsDirs[0].Path) {
		t.Errorf("--pkgs-dir: %+v", c.PkgsDirs)
	}
}

func TestDefaultsOfWindows(t *testing.T) {
	if runtime.GOOS != "windows" {
		t.Skip("conda has this folder on Windows")
	}
	h, top := host(t, map[string]string{"root/envs/": ""}, map[string]string{"LOCALAPPDATA": "TOP/local", "CONDA_ROOT": "TOP/root"})
	c := configure(t, h, Options{})
	if got, want := paths(c.PkgsDirs, top), "/root/pkgs /home/u/.conda/pkgs /local/conda/conda/pkgs"; got != want {
		t.Errorf("pkgs_dirs %s, want %s", got, want)
	}
	if got, want := paths(c.EnvsDirs, top), "/root/envs /home/u/.conda/envs /local/conda/conda/envs"; got != want {
		t.Errorf("envs_dirs %s, want %s", got, want)
	}
}

func TestPrimitives(t *testing.T) {
	for _, c := range []struct {
		etc, user string
		env       map[string]string
		want      Config
		problem   string
	}{
		{etc: "always_yes: true\nquiet: yes\n", want: Config{AlwaysYes: true, Quiet: true}},
		{etc: "always_yes: true\n", user: "always_yes: false\n"},
		{etc: "always_yes: true  #!final\n", user: "always_yes: false\n", want: Config{AlwaysYes: true}},
		{etc: "yes: on\nverbosity: 2\n", want: Config{AlwaysYes: true, Verbosity: 2}},
		{env: map[string]string{"CONDA_DRY_RUN": "true", "CONDA_JSON": "1"}, want: Config{DryRun: true, JSON: true}},
		{user: "dry_run: true\n", env: map[string]string{"CONDA_ALWAYS_YES": "0"}, want: Config{DryRun: true}},
		{env: map[string]string{"CONDA_DRY_RUN": "perhaps"}, want: Config{DryRun: true}, problem: "CONDA_DRY_RUN"},
		{env: map[string]string{"CONDA_ALWAYS_YES": "perhaps"}, problem: "CONDA_ALWAYS_YES"},
		{user: "always_yes: [1]\n", problem: "always_yes"},
	} {
		h, _ := host(t, map[string]string{"etc/conda/condarc": c.etc, "home/u/.condarc": c.user}, c.env)
		got := configure(t, h, Options{})
		if got.AlwaysYes != c.want.AlwaysYes || got.JSON != c.want.JSON || got.Quiet != c.want.Quiet || got.DryRun != c.want.DryRun || got.Verbosity != c.want.Verbosity {
			t.Errorf("%q %q %v: %+v", c.etc, c.user, c.env, got)
		}
		if found := fmt.Sprint(problems(got)); c.problem == "" && found != "[]" || !strings.Contains(found, c.problem) {
			t.Errorf("%q %q %v: problems %s", c.etc, c.user, c.env, found)
		}
	}
}

func TestBadCondarc(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	for _, c := range []struct{ name, text, says, want string }{
		{"no YAML", "pkgs_dirs: [", "invalid YAML", ""},
		{"a list", "- a\n", "no keys", ""},
		{"not a list", "pkgs_dirs: 3\nenvs_dirs: {a: b}\n", "pkgs_dirs is not a list", ""},
		{"an item that is no path", "pkgs_dirs: [/a, [b], {c: d}]\n", "an item of pkgs_dirs", "/a"},
		{"bomb", bomb + "pkgs_dirs: [/a]\n", "", "/a"},
		{"bomb for a list", bomb + "pkgs_dirs: *j\n", "an item of pkgs_dirs", ""},
		{"alias of itself", "pkgs_dirs: &a [*a]\n", "", ""},
		{"binary", "\x00\x01", "invalid YAML", ""},
	} {
		h, top := host(t, map[string]string{"home/u/.condarc": c.text}, nil)
		cfg := configure(t, h, Options{})
		found := problems(cfg)
		if c.says == "" != (len(found) == 0) && c.name != "alias of itself" || !strings.Contains(fmt.Sprint(found), c.says) {
			t.Errorf("%s: problems %v", c.name, found)
		}
		for _, p := range found {
			if !strings.Contains(p.Error(), ".condarc") || strings.Contains(p.Error(), "\n") {
				t.Errorf("%s: %q", c.name, p)
			}
		}
		if want := c.want; want != "" && !strings.HasPrefix(paths(cfg.PkgsDirs, top), want) {
			t.Errorf("%s: %v", c.name, cfg.PkgsDirs)
		}
	}
}

func TestHugeCondarc(t *testing.T) {
	h, top := host(t, map[string]string{"home/u/.condarc": "x: 1"}, nil)
	if err := os.Truncate(filepath.Join(top, "home/u/.condarc"), 1<<30); err != nil {
		t.Fatal(err)
	}
	if p := problems(configure(t, h, Options{})); len(p) != 1 || !strings.Contains(p[0].Error(), "larger than 1024 KiB") {
		t.Errorf("problems %v", p)
	}
}

func TestRootPrefix(t *testing.T) {
	files := map[string]string{
		"r1/envs/": "", "r2/condabin/conda": "", "r2/condabin/conda.exe": "", "r2/bin/conda": "", "r3/pkgs/urls.txt": "", "r3/bin/": "", "plain/bin/conda": "",
		"home/u/miniforge3/conda-meta/conda-24.1-0.json": "{}", "r2/envs/e/conda-meta/history": "",
	}
	for _, c := range []struct {
		name    string
		env     map[string]string
		condarc string
		options Options
		want    string
		source  string
	}{
		{name: "usual place", want: "/home/u/miniforge3", source: "usual place"},
		{name: "CONDA_ROOT", env: map[string]string{"CONDA_ROOT": "TOP/r1", "MAMBA_ROOT_PREFIX": "TOP/r2"}, want: "/r1", source: "CONDA_ROOT"},
		{name: "a missing folder is skipped", env: map[string]string{"CONDA_ROOT": "TOP/none", "CONDA_ROOT_PREFIX": "TOP/r1"}, want: "/r1", source: "CONDA_ROOT_PREFIX"},
		{name: "MAMBA_ROOT_PREFIX", env: map[string]string{"MAMBA_ROOT_PREFIX": "TOP/r2", "CONDA_EXE": "TOP/r3/bin/conda"}, want: "/r2", source: "MAMBA_ROOT_PREFIX"},
		{name: "CONDA_EXE", env: map[string]string{"CONDA_EXE": "TOP/r2/bin/conda"}, want: "/r2", source: "CONDA_EXE"},
		{name: "MAMBA_EXE in no root", env: map[string]string{"MAMBA_EXE": "TOP/plain/bin/micromamba"}, want: "/home/u/miniforge3", source: "usual place"},
		{name: "condarc", condarc: "root_prefix: TOP/r3\n", want: "/r3", source: "/home/u/.condarc"},
		{name: "CONDA_PREFIX in envs", env: map[string]string{"CONDA_PREFIX": "TOP/r2/envs/e"}, want: "/r2", source: "CONDA_PREFIX"},
		{name: "CONDA_PREFIX", env: map[string]string{"CONDA_PREFIX": "TOP/r2"}, want: "/r2", source: "CONDA_PREFIX"},
		{name: "PATH", env: map[string]string{"PATH": "/nowhere" + string(os.PathListSeparator) + "TOP/r2/condabin"}, want: "/r2", source: executables()[0] + " on the PATH"},
		{name: "--root-prefix", env: map[string]string{"CONDA_ROOT": "TOP/r1"}, options: Options{RootPrefix: Value{Path: "r3", Source: "--root-prefix"}}, want: "/r3", source: "--root-prefix"},
	} {
		files["home/u/.condarc"] = c.condarc
		h, top := host(t, files, c.env)
		h.UsualRoots = []string{"~/miniforge3"}
		if path := &c.options.RootPrefix.Path; *path != "" {
			*path = filepath.Join(top, *path)
		}
		got := configure(t, h, c.options).RootPrefix
		if within(got.Path, top) != c.want || within(got.Source, top) != c.source {
			t.Errorf("%s: %+v, want %s from %s", c.name, got, c.want, c.source)
		}
	}
	h, _ := host(t, nil, nil)
	if _, err := h.Configure(context.Background(), Options{RootPrefix: Value{Path: "/no/such"}}); !errors.Is(err, ErrUsage) || !strings.Contains(err.Error(), "/no/such") {
		t.Errorf("error %v", err)
	}
}

func TestExpandVars(t *testing.T) {
	h, _ := host(t, nil, map[string]string{"A": "one", "B_2": "two"})
	for in, want := range map[string]string{
		"$A/${B_2}": "one/two", "%A%": "one", "$MISSING/${MISSING}/%MISSING%": "$MISSING/${MISSING}/%MISSING%", "$$ % $": "$$ % $", "$X": "extra",
		"a$A$B_2": "aonetwo", "$A%B_2%": "onetwo", "${A": "${A", "${}": "${}", "%A": "%A", "%A$B_2": "%Atwo", "$1A": "$1A", "${A}${X}/": "oneextra/", "": "",
	} {
		if got := h.expandVars(in, map[string]string{"X": "extra"}); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzCondarc(f *testing.F) {
	for _, seed := range []string{
		"pkgs_dirs:  #!final\n  - /a  #!top\n  - /b  #!bottom\n", "pkgs_dirs: &a [*a]", "always_yes: y\n", "{", "- a", "? [a]\n: b\n", "\ufeffpkgs_dirs: [x]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		rc, _ := parseCondarc(data, "file")
		for name, s := range rc {
			merged := merge([]setting{s, s})
			if len(merged) > len(s.list) {
				t.Errorf("%s: %d values of %d", name, len(merged), len(s.list))
			}
		}
	})
}
