package meta

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/meta/absence"
)

// TestUnmounted has every way to reach environments on an unmounted disk: a symlink to it
// dangles, or its mount point is empty. In each case an environment, or a list of them,
// must be in doubt.
func TestUnmounted(t *testing.T) {
	if err := fixture.CanSymlink(); err != nil {
		t.Skip(err)
	}
	for name, test := range map[string]struct {
		files map[string]string
		links map[string]string // targets are below TOP/disk
		env   map[string]string
		want  string // path in doubt
	}{
		"an environment of environments.txt": {
			files: map[string]string{"home/u/.conda/environments.txt": "TOP/work/e\n"}, links: map[string]string{"work": "u"}, want: "work/e"},
		"an environment that is a symlink": {
			files: map[string]string{"home/u/.conda/environments.txt": "TOP/e\n"}, links: map[string]string{"e": "u/e"}, want: "e"},
		"an environment at an empty mount point": {
			files: map[string]string{"home/u/.conda/environments.txt": "TOP/point/u/e\n", "point/": ""}, want: "point/u/e"},
		"an environment that is an empty mount point": {
			files: map[string]string{"home/u/.conda/environments.txt": "TOP/point\n", "point/": ""}, want: "point"},
		"conda-meta that is a symlink": {
			files: map[string]string{"home/u/.conda/environments.txt": "TOP/e\n", "e/lib/x": ""}, links: map[string]string{"e/conda-meta": "m"}, want: "e"},
		"~/.conda": {
			links: map[string]string{"home/u/.conda": "u/.conda"}, want: "home/u/.conda/environments.txt"},
		"environments.txt": {
			files: map[string]string{"home/u/.conda/": ""}, links: map[string]string{"home/u/.conda/environments.txt": "list"}, want: "home/u/.conda/environments.txt"},
		"CONDA_PREFIX": {
			links: map[string]string{"work": "u"}, env: map[string]string{"CONDA_PREFIX": "TOP/work/e"}, want: "work/e"},
		"envs of the root prefix": {
			files: map[string]string{"root/conda-meta/history": ""}, links: map[string]string{"root/envs": "envs"}, env: map[string]string{"CONDA_ROOT": "TOP/root"}, want: "root/envs"},
		"an environment in envs that is a symlink": {
			files: map[string]string{"root/envs/": ""}, links: map[string]string{"root/envs/e": "e"}, env: map[string]string{"CONDA_ROOT": "TOP/root"}, want: "root/envs/e"},
		"envs_dirs of a condarc": {
			files: map[string]string{"home/u/.condarc": "envs_dirs: [TOP/work/envs]\n"}, links: map[string]string{"work": "u"}, want: "work/envs"},
		"envs_dirs at an empty mount point": {
			files: map[string]string{"home/u/.condarc": "envs_dirs: [TOP/point/u]\n", "point/": ""}, want: "point/u"},
		"envs_dirs of a variable": {
			files: map[string]string{"point/": ""}, env: map[string]string{"CONDA_ENVS_PATH": "TOP/point/u"}, want: "point/u"},
		"envs beside a cache": {
			files: map[string]string{"home/u/.condarc": "pkgs_dirs: [TOP/x/pkgs]\n", "x/pkgs/urls.txt": ""}, links: map[string]string{"x/envs": "u"}, want: "x/envs"},
		"a workspace of pixi": {
			files: map[string]string{"home/u/.pixi/workspaces.toml": "[named-workspaces]\nw = 'TOP/point/w'\n", "point/": ""}, want: "point/w"},
		"~/.pixi": {
			links: map[string]string{"home/u/.pixi": "u"}, want: "home/u/.pixi/envs"},
		"detached environments of pixi": {
			files: map[string]string{"home/u/.pixi/config.toml": "detached-environments = 'TOP/point/d'\n", "point/": ""}, want: "point/d"},
		"a cache root of pixi": {
			files: map[string]string{"point/": ""}, env: map[string]string{"PIXI_CACHE_DIR": "TOP/point/u"}, want: "point/u"},
		"a root prefix of mamba": {
			files: map[string]string{"point/": ""}, env: map[string]string{"MAMBA_ROOT_PREFIX": "TOP/point/u"}, want: "point/u"},
		"a usual root prefix": {
			links: map[string]string{"home/u/miniconda3": "u/miniconda3"}, want: "home/u/miniconda3"},
	} {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"home/u/.profile": ""}
			for path, text := range test.files {
				files[path] = text
			}
			h, top := host(t, files, test.env)
			for link, target := range test.links {
				must(t, fixture.Symlink(filepath.Join(top, "disk", target), filepath.Join(top, filepath.FromSlash(link))))
			}
			h.UsualRoots = []string{"~/miniforge3", "~/miniconda3"}
			want := filepath.Join(top, filepath.FromSlash(test.want))
			envs, problems := environments(t, h, Options{})
			found := false
			for _, e := range envs {
				found = found || e.Prefix == want && errors.Is(e.Err, absence.ErrUnproven)
			}
			for _, p := range problems {
				found = found || p.Path == want && p.Hides && errors.Is(p.Err, absence.ErrUnproven)
			}
			if !found {
				t.Errorf("environments %+v, problems %+v", envs, problems)
			}
		})
	}
}

// TestNothingInDoubt: if nothing was ever mounted, nothing is in doubt.
func TestNothingInDoubt(t *testing.T) {
	for name, files := range map[string]map[string]string{
		"an empty home":        {"home/u/": ""},
		"an empty cache root":  {"home/u/.profile": "", "home/u/.cache/rattler/cache/": ""},
		"no home":              {"home/v/": ""},
		"the last environment": {"home/u/.conda/environments.txt": "TOP/root/envs/e\n", "root/envs/": "", "root/conda-meta/history": ""},
		"a file in its place":  {"home/u/.conda/environments.txt": "TOP/x\nTOP/x/e\n", "x": ""},
		"a missing cache":      {"home/u/.condarc": "pkgs_dirs: [TOP/x/pkgs]\n", "x/": ""},
		"no usual places":      {"home/u/.profile": "", "root/": ""},
	} {
		t.Run(name, func(t *testing.T) {
			h, top := host(t, files, map[string]string{"CONDA_ROOT": "TOP/root"})
			envs, problems := environments(t, h, Options{})
			for _, e := range envs {
				if e.Err != nil || e.Bare {
					t.Errorf("%+v", e)
				}
			}
			if len(problems) > 0 {
				t.Errorf("problems %+v in %s", problems, top)
			}
		})
	}
}

// TestBareEnvironment: an environment in a list still counts when its conda-meta or its
// records were removed.
func TestBareEnvironment(t *testing.T) {
	h, top := host(t, map[string]string{
		"home/u/.conda/environments.txt": "TOP/slim\nTOP/history\nTOP/fresh\nTOP/odd\n",
		"slim/lib/x":                     "",
		"history/conda-meta/history":     "",
		"history/lib/x":                  "",
		"fresh/conda-meta/history":       "",
		"odd/conda-meta":                 "a file",
		"odd/data":                       "",
	}, nil)
	envs, _ := environments(t, h, Options{})
	got := map[string]bool{}
	for _, e := range envs {
		got[filepath.Base(e.Prefix)] = e.Bare
		if e.Err != nil || len(e.Records) > 0 {
			t.Errorf("%+v", e)
		}
	}
	if len(got) != 4 || !got["slim"] || !got["history"] || got["fresh"] || !got["odd"] {
		t.Errorf("%v in %s", got, top)
	}
}

func TestOpenRecord(t *testing.T) {
	_, top := host(t, map[string]string{
		"e/conda-meta/a-1-0.json":    "a",
		"e/conda-meta/b-1-0.json.c~": "b",
		"e/conda-meta/c-1-0.JSON":    "c",
		"e/conda-meta/._a-1-0.json":  "AppleDouble",
		"e/conda-meta/history":       "",
	}, nil)
	e, exists := ReadEnvironment(filepath.Join(top, "e"))
	if !exists || strings.Join(e.Records, " ") != "a-1-0.json b-1-0.json.c~ c-1-0.JSON" {
		t.Fatalf("%+v", e)
	}
	read := func(name string) (string, error) {
		f, err := e.OpenRecord(name)
		if err != nil {
			return "", err
		}
		defer f.Close()
		data := make([]byte, 1)
		_, err = f.Read(data)
		return string(data), err
	}
	for _, dist := range []string{"a-1-0", "b-1-0", "c-1-0"} {
		if got, err := read(dist + ".json"); got != dist[:1] || err != nil {
			t.Errorf("%s: %q, %v", dist, got, err)
		}
	}
	// The record was set aside after it was listed.
	must(t, os.Rename(filepath.Join(top, "e/conda-meta/a-1-0.json"), filepath.Join(top, "e/conda-meta/a-1-0.json.mamba_trash")))
	if got, err := read("a-1-0.json"); got != "a" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	must(t, os.Remove(filepath.Join(top, "e/conda-meta/c-1-0.JSON")))
	if _, err := read("c-1-0.json"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("removed: error %v", err)
	}
	// If the whole environment is missing, that does not mean that a record was removed.
	must(t, os.Rename(filepath.Join(top, "e"), filepath.Join(top, "f")))
	if _, err := read("a-1-0.json"); !errors.Is(err, absence.ErrUnproven) || isGone(err) {
		t.Errorf("no environment: error %v", err)
	}
}

func TestProveReadsNoMountsIfNothingIsMissing(t *testing.T) {
	w := new(absence.Ways)
	e := Environment{Prefix: t.TempDir()}
	must(t, os.Mkdir(filepath.Join(e.Prefix, CondaMeta), 0o755))
	must(t, os.WriteFile(filepath.Join(e.Prefix, CondaMeta, "a-1-0.json"), nil, 0o644))
	if !e.look(w, claimNamed) || !reflect.ValueOf(w).Elem().IsZero() {
		t.Errorf("%+v, or something was looked up", e)
	}
}
