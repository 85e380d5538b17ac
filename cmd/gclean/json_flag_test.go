package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/internal/fixture"
)

// A person asks for JSON by a flag, by gclean's own file, by conda's variable or
// by conda's file, and each works for every command alike.
func TestEveryCommandPrintsJSONOnRequest(t *testing.T) {
	c := packagesIn(t, 1)
	env, err := fixture.NewEnvironment(filepath.Join(t.TempDir(), "env"))
	if err != nil {
		t.Fatal(err)
	}
	look := func(args ...string) []string { return append(args, "--pkgs-dir", c.Dir) }
	commands := map[string][]string{
		"gclean":                    look("--all", "--dry-run"),
		"clean":                     look("clean", "--all", "--dry-run"),
		"info":                      look("info"),
		"envs":                      {"envs"},
		"why":                       look("why", "free0"),
		"ls":                        look("ls"),
		"report":                    look("report"),
		"restore":                   look("restore"),
		"verify":                    look("verify"),
		"verify --remove --dry-run": look("verify", "--remove", "--dry-run"),
		"verify --repair --dry-run": look("verify", "--repair", "--dry-run"),
		"verify --prefix":           {"verify", "--prefix", env.Prefix},
		"slim":                      {"slim", env.Prefix},
	}
	for _, cmd := range newRoot(newApp("gclean", nil, new(strings.Builder), new(strings.Builder)), nil).Commands() {
		if cmd.Flags().Lookup("json") != nil && commands[cmd.Name()] == nil {
			t.Errorf("%s has --json, and is not tried", cmd.Name())
		}
	}
	for _, way := range []struct {
		name    string
		args    []string
		env     string // CONDA_JSON
		condarc string
		yaml    string // gclean.yaml
		want    bool
	}{
		{name: "nobody"},
		{name: "--json", args: []string{"--json"}, want: true},
		{name: "--json=1", args: []string{"--json=1"}, want: true},
		{name: "--json=true", args: []string{"--json=true"}, want: true},
		{name: "--json=false", args: []string{"--json=false"}},
		{name: "--json --json=false", args: []string{"--json", "--json=false"}},
		{name: "gclean.yaml", yaml: "json: true", want: true},
		{name: "gclean.yaml, but --json=false", yaml: "json: true", args: []string{"--json=false"}},
		{name: "CONDA_JSON", env: "1", want: true},
		{name: "condarc", condarc: "json: true", want: true},
	} {
		t.Run(way.name, func(t *testing.T) {
			home := t.TempDir()
			write := func(name, text string) {
				if err := os.WriteFile(filepath.Join(home, name), []byte(text+"\n"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			write(".condarc", way.condarc)
			write(configName, way.yaml)
			t.Setenv("HOME", home)
			t.Setenv("USERPROFILE", home)
			t.Setenv("XDG_CONFIG_HOME", home)
			if t.Setenv("CONDA_JSON", way.env); way.env == "" {
				os.Unsetenv("CONDA_JSON") // empty, it says no
			}
			for name, args := range commands {
				var stdout, stderr strings.Builder
				code := run(t.Context(), "gclean", append(args[:len(args):len(args)], way.args...), strings.NewReader(""), &stdout, &stderr)
				if got := json.Valid([]byte(stdout.String())); got != way.want || code != exitDone {
					t.Errorf("%s: JSON %v, want %v; exit code %d, %s%s", name, got, way.want, code, stdout.String(), stderr.String())
				}
			}
		})
	}
}

// So do errors, those of reading the flags included.
func TestErrorsAreJSONOnRequest(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	for _, tt := range []struct {
		args, yaml string
		want       bool
	}{
		{args: "--nonsense --json", want: true},
		{args: "--nonsense --json=1", want: true},
		{args: "--nonsense --json=t", want: true},
		{args: "--json --nonsense", want: true},
		{args: "--nonsense"},
		{args: "--nonsense --json=false"},
		{args: "--nonsense --json --json=0"},
		{args: "--nonsense --json=perhaps"},
		{args: "--nonsense -- --json"},
		{args: "completion --json", want: true},
		{args: "ls --jobs x --json", want: true},
		{args: "info surplus --json", want: true},
		{args: "info surplus"},
		{args: "info --pkgs-dir --json surplus"}, // a folder of that name
		{args: "--yes --json", want: true},       // no target
		{args: "--yes", yaml: "json: true", want: true},
		{args: "why x --prefix /absent", yaml: "json: true", want: true},
		{args: "why x --prefix /absent --json=false", yaml: "json: true"},
		{args: "slim /absent --json=1", want: true},
	} {
		if err := os.WriteFile(filepath.Join(home, configName), []byte(tt.yaml+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var stdout, stderr strings.Builder
		code := run(t.Context(), "gclean", strings.Fields(tt.args), strings.NewReader(""), &stdout, &stderr)
		if got := json.Valid([]byte(stdout.String())); got != tt.want || code == exitDone || stderr.Len() == 0 && !strings.Contains(stdout.String(), `"not_found"`) {
			t.Errorf("%s: JSON %v, want %v; exit code %d, %s%s", tt.args, got, tt.want, code, stdout.String(), stderr.String())
		}
	}
}
