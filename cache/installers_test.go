package cache

import (
	"strings"
	"testing"
)

func TestInstallerOf(t *testing.T) {
	for line, want := range map[string]string{
		"conda install x": "conda",
		"/opt/conda/bin/python /opt/conda/bin/conda -y": "conda",
		"python3.11 -m conda create":                    "conda",
		"python -X dev -m conda":                        "conda",
		"python -W ignore -m conda.cli.main":            "conda.cli.main",
		"python -c importconda":                         "conda",
		"./_conda":                                      "_conda",
		"_conda.exe constructor":                        "_conda",
		"/opt/conda/_conda-standalone":                  "_conda-standalone",
		"conda-env create":                              "conda-env",
		"micromamba-linux-64 install":                   "micromamba-linux-64",
		"mamba-package transmute":                       "mamba-package",
		"pixi-x86_64-unknown-linux-musl run":            "pixi-x86_64-unknown-linux-musl",
		"rattler-build build":                           "rattler-build",
		"boa build":                                     "boa",
		"conda-gclean -a":                               "",
		"gclean --root-prefix /opt/conda":               "",
		"vim pixi.toml":                                 "",
		"/opt/conda/bin/python train.py conda":          "",
		"python -c print()":                             "",
		"python":                                        "",
		"condarc":                                       "",
		"python -X":                                     "",
	} {
		if got := installerOf(strings.Fields(line)); got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
