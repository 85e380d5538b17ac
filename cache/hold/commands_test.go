package hold

import (
	"strings"
	"testing"
)

// TestWhoMayLink: every command that is not known to be read-only may link.
func TestWhoMayLink(t *testing.T) {
	for line, want := range map[string]string{
		"conda install x":                       "install",
		"conda":                                 "?",
		"conda 300":                             "300",
		"conda create -n e":                     "create",
		"conda -v --json update --all":          "update",
		"conda -vv remove x":                    "remove",
		"conda uninstall x":                     "uninstall",
		"conda upgrade x":                       "upgrade",
		"conda rename a b":                      "rename",
		"conda build .":                         "build",
		"conda debug .":                         "debug",
		"conda env create -f x.yml":             "env create",
		"conda env update":                      "env update",
		"conda env remove -n x":                 "env remove",
		"conda env":                             "env",
		"conda \x1b[2J":                         "?",
		"conda env \x1b[2J":                     "env",
		"conda env list":                        "",
		"conda env export -n x":                 "",
		"conda env config vars list":            "",
		"conda list":                            "",
		"conda info --envs":                     "",
		"conda search x":                        "",
		"conda config --show":                   "",
		"conda clean -ay":                       "",
		"conda run -n x python train.py":        "",
		"conda shell.posix activate x":          "",
		"conda shell.bash hook":                 "",
		"conda doctor":                          "",
		"conda doctor -v":                       "",
		"conda doctor --fix":                    "doctor",
		"conda doctor --fi -n x":                "doctor",
		"conda compare x.yml":                   "",
		"conda export":                          "",
		"conda notices":                         "",
		"conda init bash":                       "",
		"conda develop .":                       "",
		"conda somethingnew":                    "somethingnew",
		"conda " + strings.Repeat("x", 200):     "?",
		"conda --unknown list":                  "?", // list may be the option's value
		"conda -n list install x":               "install",
		"conda --name list install x":           "install",
		"conda --name=x list":                   "",
		"conda -nlist create":                   "create",
		"conda -p":                              "?",
		"python -m conda install x":             "install",
		"python -m conda list":                  "",
		"python -c from_conda_import_main list": "?",
		"/opt/conda/bin/python /opt/conda/bin/conda info":            "",
		"/opt/conda/bin/python /opt/conda/bin/conda-env create -f x": "create",
		"conda-env list":                               "",
		"conda-env export":                             "",
		"python -m conda_env update":                   "update",
		"_conda.exe constructor --extract-conda-pkgs":  "constructor",
		"_conda create":                                "create",
		"conda-build .":                                "?",
		"conda-build list":                             "?", // list may be a recipe
		"conda-mambabuild .":                           "?",
		"conda-lock install -n x":                      "install",
		"conda-lock lock":                              "",
		"conda-lock -f x.yml":                          "?",
		"mamba -y install x":                           "install",
		"mamba repoquery search x":                     "",
		"micromamba -r /x create -n e":                 "create",
		"micromamba -r list create -n e":               "create",
		"micromamba --rc-file a b list":                "?", // the option takes any number of files
		"micromamba --log-level info -r /x env create": "env create",
		"micromamba shell hook -s bash":                "",
		"micromamba shell":                             "",
		"micromamba run -n x y":                        "",
		"micromamba ps":                                "",
		"micromamba self-update":                       "self-update",
		"micromamba-linux-64 list":                     "",
		"micromamba-linux-64 install x":                "install",
		"mamba-package transmute x":                    "?",
		"pixi install":                                 "install",
		"pixi i":                                       "i",
		"pixi -vv add x":                               "add",
		"pixi --color always run x":                    "run",
		"pixi shell":                                   "shell",
		"pixi shell-hook":                              "shell-hook",
		"pixi exec x":                                  "exec",
		"pixi build":                                   "build",
		"pixi list":                                    "list", // it may have to install Python first
		"pixi global install x":                        "global install",
		"pixi global sync":                             "global sync",
		"pixi global list":                             "",
		"pixi global":                                  "global",
		"pixi info":                                    "",
		"pixi search x":                                "",
		"pixi clean cache":                             "",
		"pixi task list":                               "",
		"pixi-x86_64-unknown-linux-musl run x":         "run",
		"pixi-x86_64-unknown-linux-musl info":          "",
		"pixi-pack info":                               "?",
		"rattler-build build -r .":                     "build",
		"rattler-build --log-style plain test":         "test",
		"rattler-build completion":                     "",
		"rattler create x":                             "?",
		"boa build .":                                  "?",
		"constructor .":                                "?",
	} {
		name, rest, ok := installerOf(strings.Fields(line))
		if !ok {
			t.Errorf("%s: not an installer", line)
			continue
		}
		command, links := commandOf(name, rest)
		got := ""
		switch {
		case links && command == "":
			got = "?"
		case links:
			got = command
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
