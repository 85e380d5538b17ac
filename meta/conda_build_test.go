package meta

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestCondaBuild(t *testing.T) {
	envs := []string{
		"root/conda-bld/x_170/_h_env_placehold_placehold", "root/conda-bld/x_170/_test_env_placehold", "root/conda-bld/x_170/_build_env",
		"root/conda-bld/_build_env", "home/u/conda-bld/y_1/_test_env", "croot/z_1/_build_env", "dashed/z_1/_build_env", "variable/z_1/_h_env", "bld/z_1/_h_env",
	}
	files := map[string]string{
		"home/u/.condarc":                        "croot: TOP/croot\nconda-build:\n  pkg_format: 2\n  root-dir: TOP/dashed\n",
		"etc/conda/condarc":                      "bld_path: TOP/bld\nconda_build: [no map]\n",
		"root/envs/":                             "",
		"root/conda-bld/x_170/work/conda-meta/h": "",
		"root/conda-bld/noarch/x-1-0.conda":      "",
		"root/conda-bld/x_170/_empty_env/":       "",
	}
	for _, e := range envs {
		files[e+"/conda-meta/history"] = ""
	}
	h, top := host(t, files, map[string]string{"CONDA_ROOT": "TOP/root", "CONDA_BLD_PATH": "TOP/variable"})
	found, problems := environments(t, h, Options{})
	slices.Sort(envs)
	if got, want := filepath.ToSlash(prefixes(found, top)), "/"+strings.Join(envs, " /"); got != want || len(problems) > 0 {
		t.Errorf("environments\n%s\nwant\n%s\nproblems %v", got, want, problems)
	}
	for _, e := range found {
		if !slices.Equal(e.Sources, []string{"conda-build"}) {
			t.Errorf("%s: sources %v", e.Prefix, e.Sources)
		}
	}
}
