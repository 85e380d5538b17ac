package hold

import (
	"strings"
	"testing"
	"time"
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
		"python -mconda install x":                      "conda",
		"python /p/site-packages/conda/__main__.py -h":  "conda",
		"/lib64/ld-linux-x86-64.so.2 --library-path /l /opt/conda/bin/conda x": "conda",
		"mamba2 install x":                     "mamba2",
		"micromamba1.5 install x":              "micromamba1.5",
		"umamba create":                        "umamba",
		"anaconda-project prepare":             "anaconda-project",
		"python /p/bin/ensureconda":            "ensureconda",
		"python -mconda_content_trust x":       "conda_content_trust",
		"python /srv/app/__main__.py":          "",
		"anaconda upload x":                    "",
		"conda-gclean -a":                      "",
		"gclean --root-prefix /opt/conda":      "",
		"vim pixi.toml":                        "",
		"/opt/conda/bin/python train.py conda": "",
		"python -c print()":                    "",
		"python":                               "",
		"condarc":                              "",
		"python -X":                            "",
	} {
		if got, _, ok := installerOf(strings.Fields(line)); got != want || ok != (want != "") {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}

func TestInstallers(t *testing.T) {
	process := func(pid int, line string, started int64) Process {
		return Process{PID: pid, Name: "x", Args: strings.Fields(line), Started: time.Unix(started, 0)}
	}
	list := []Process{
		process(1, "/sbin/init", 0),
		process(10, "bash", 5),
		process(11, "python /opt/conda/bin/conda run gclean", 6),
		process(12, "conda install gclean", 6), // it started this process
		process(20, "/opt/conda/bin/python /opt/conda/bin/conda install -y numpy", 30),
		process(21, "micromamba -r /x create -n e", 20),
		process(22, "conda list", 10),
		{PID: 23},
	}
	got := Installers(list, ancestors(12, func(pid int) (int, bool) { return map[int]int{12: 11, 11: 10, 10: 1}[pid], pid != 1 }))
	if len(got) != 2 || got[0].PID != 21 || got[0].Name != "micromamba" || got[0].Command != "create" ||
		got[1].PID != 20 || got[1].Name != "conda" || got[1].Command != "install" {
		t.Errorf("%+v", got)
	}
	now := time.Unix(30+200, 0)
	if text := got[1].Describe(now); text != "conda (pid 20, install, started 3m ago)" {
		t.Error(text)
	}
	if text := (Installer{Process: Process{PID: 7, Name: "pixi"}}).Describe(now); text != "pixi (pid 7)" {
		t.Error(text)
	}
}

func TestAncestorsInACircle(t *testing.T) {
	own := ancestors(3, func(pid int) (int, bool) { return 7 - pid, true })
	if len(own) != 2 || !own[3] || !own[4] {
		t.Errorf("%v", own)
	}
}
