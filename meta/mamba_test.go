package meta

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// learned returns values with their sources.
func learned(list []Value, top string) string {
	var s []string
	for _, v := range list {
		s = append(s, filepath.ToSlash(strings.ReplaceAll(v.Path+" ("+v.Source+")", top, "")))
	}
	return strings.Join(s, "\n")
}

func TestMambaCaches(t *testing.T) {
	existing := map[string]string{"root/envs/": "", "mroot/pkgs/": "", "home/u/.mamba/pkgs/": "", "home/u/micromamba/pkgs/": "", "home/u/.local/share/mamba/pkgs/": ""}
	for _, c := range []struct {
		name  string
		files map[string]string
		env   map[string]string
		want  string
	}{
		{"defaults", nil, nil,
			"/root/pkgs (default)\n/home/u/.conda/pkgs (default)\n/home/u/micromamba/pkgs (default of mamba)\n/home/u/.local/share/mamba/pkgs (default of mamba)\n/home/u/.mamba/pkgs (default of mamba)"},
		{"root", nil, map[string]string{"MAMBA_ROOT_PREFIX": "TOP/mroot"},
			"/root/pkgs (default)\n/home/u/.conda/pkgs (default)\n/mroot/pkgs (default of mamba)\n/home/u/.mamba/pkgs (default of mamba)"},
		{"data home", nil, map[string]string{"XDG_DATA_HOME": "TOP/none"},
			"/root/pkgs (default)\n/home/u/.conda/pkgs (default)\n/home/u/micromamba/pkgs (default of mamba)\n/home/u/.mamba/pkgs (default of mamba)"},
		{"a condarc names caches: mamba has no others", map[string]string{"home/u/.condarc": "pkgs_dirs: [TOP/a]"}, nil,
			"/a (/home/u/.condarc)"},
		{"a mambarc names caches: conda does not read it", map[string]string{"home/u/.mambarc": "pkgs_dirs: [~/b, $MAMBA_ROOT_PREFIX/c]"}, map[string]string{"MAMBA_ROOT_PREFIX": "TOP/mroot"},
			"/root/pkgs (default)\n/home/u/.conda/pkgs (default)\n/home/u/b (/home/u/.mambarc)\n/mroot/c (/home/u/.mambarc)"},
		{"a variable names caches", nil, map[string]string{"CONDA_PKGS_DIRS": "TOP/d"},
			"/d (CONDA_PKGS_DIRS)"},
	} {
		files := map[string]string{}
		for name, text := range existing {
			files[name] = text
		}
		for name, text := range c.files {
			files[name] = text
		}
		env := map[string]string{"CONDA_ROOT": "TOP/root", "APPDATA": "TOP/home/u/.local/share"} // on Windows APPDATA replaces ~/.local/share
		for name, v := range c.env {
			env[name] = v
		}
		h, top := host(t, files, env)
		cfg := configure(t, h, Options{})
		if got := learned(cfg.PkgsDirs, top); got != c.want {
			t.Errorf("%s:\n%s\nwant:\n%s", c.name, got, c.want)
		}
		if p := problems(cfg); len(p) > 0 {
			t.Errorf("%s: %v", c.name, p)
		}
	}
}

// TestMambarcFiles has one folder of environments in each file that mamba reads, but conda
// does not.
func TestMambarcFiles(t *testing.T) {
	names := []string{
		"etc/conda/.mambarc", "root/.mambarc", "mroot/.condarc", "mroot/condarc", "mroot/condarc.d/a.yml", "mroot/.mambarc",
		"xdg/mamba/.mambarc", "xdg/mamba/mambarc", "xdg/mamba/mambarc.d/a.yaml", "home/u/.config/mamba/mambarc",
		"home/u/.mamba/.mambarc", "home/u/.mamba/mambarc", "home/u/.mamba/mambarc.d/b.yml", "home/u/.mambarc", "named.yml", "active/.mambarc",
	}
	files := map[string]string{"root/envs/": "", "home/u/.mamba/mambarc.d/no.txt": "envs_dirs: [TOP/no]"}
	for _, name := range names {
		files[name] = "envs_dirs: [TOP/of/" + name + "]\nalways_yes: true\n"
	}
	h, top := host(t, files, map[string]string{
		"CONDA_ROOT": "TOP/root", "MAMBA_ROOT_PREFIX": "TOP/mroot", "XDG_CONFIG_HOME": "TOP/xdg", "MAMBARC": "TOP/named.yml", "CONDA_PREFIX": "TOP/active",
	})
	c := configure(t, h, Options{})
	for _, name := range names {
		want := Value{Path: filepath.Join(top, "of", name), Source: filepath.Join(top, name)}
		if !slices.ContainsFunc(c.EnvsDirs, func(v Value) bool { return v.Path == want.Path && filepath.Clean(v.Source) == want.Source }) {
			t.Errorf("%s does not count", name)
		}
	}
	if strings.Contains(paths(c.EnvsDirs, top), "/no") {
		t.Error("a file of another name counts")
	}
	if c.AlwaysYes {
		t.Error("always_yes of a mambarc counts, which conda clean does not read")
	}
}

func TestMambaEnvironments(t *testing.T) {
	h, top := host(t, map[string]string{
		"mroot/conda-meta/history":                    "",
		"mroot/envs/a/conda-meta/history":             "",
		"home/u/micromamba/envs/b/conda-meta/history": "",
		"home/u/.mambarc":                             "envs_dirs: [TOP/more]",
		"more/c/conda-meta/history":                   "",
	}, map[string]string{"MAMBA_ROOT_PREFIX": "TOP/mroot"})
	envs, _ := environments(t, h, Options{PkgsDirs: From("--pkgs-dir", filepath.Join(top, "x"))})
	if got := filepath.ToSlash(prefixes(envs, top)); got != "/more/c /mroot /mroot/envs/a" {
		t.Errorf("environments %s", got)
	}
	h.Getenv = nil
	envs, _ = environments(t, h, Options{})
	if got := filepath.ToSlash(prefixes(envs, top)); got != "/home/u/micromamba/envs/b /more/c" {
		t.Errorf("without variables %s", got)
	}
}

func TestBadMambarc(t *testing.T) {
	h, _ := host(t, map[string]string{"home/u/.mambarc": "envs_dirs: ["}, nil)
	c := configure(t, h, Options{})
	if len(c.Files) != 1 || c.Files[0].Err == nil || !c.Files[0].Hides {
		t.Errorf("files %+v", c.Files)
	}
}
