package main

import (
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"runtime"
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
	hosts := filepath.Join(t.TempDir(), "hosts")
	if err := os.WriteFile(hosts, []byte("node1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GCLEAN_TEST_HOST", "node1")
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
	rounds := func(pkgs, round string) [][]string {
		open := []string{"round", "open", "--hosts", hosts, "--pkgs-dir", pkgs}
		return [][]string{
			append(open, round), {"round", "abort", round}, append(open, round+"2"), {"round", "status", round + "2"},
			{"mark", "--round", round + "2", "--pkgs-dir", pkgs}, {"round", "close", round + "2"},
		}
	}
	tried := map[string]bool{"gclean": true}
	for name := range commands {
		tried[strings.TrimPrefix("gclean "+name, "gclean gclean")] = true
	}
	for _, args := range rounds("", "") {
		tried["gclean "+args[0]], tried["gclean "+args[0]+" "+args[1]] = true, true
	}
	for _, cmd := range allCommands(newRoot(newApp("gclean", nil, new(strings.Builder), new(strings.Builder)), nil)) {
		if cmd.Flags().Lookup("json") != nil && !tried[cmd.CommandPath()] {
			t.Errorf("%s has --json, and is not tried", cmd.CommandPath())
		}
	}
	for _, way := range []struct {
		name    string
		args    []string
		env     string // CONDA_JSON
		condarc string
		yaml    string // gclean.yaml
		want    bool
		alike   bool // a spelling of another way, which is no different on another system
	}{
		{name: "nobody"},
		{name: "--json", args: []string{"--json"}, want: true},
		{name: "--json=1", args: []string{"--json=1"}, want: true, alike: true},
		{name: "--json=true", args: []string{"--json=true"}, want: true, alike: true},
		{name: "--json=false", args: []string{"--json=false"}},
		{name: "--json --json=false", args: []string{"--json", "--json=false"}, alike: true},
		{name: "gclean.yaml", yaml: "json: true", want: true},
		{name: "gclean.yaml, but --json=false", yaml: "json: true", args: []string{"--json=false"}},
		{name: "CONDA_JSON", env: "1", want: true},
		{name: "CONDA_JSON, but --json=false", env: "1", args: []string{"--json=false"}},
		{name: "condarc", condarc: "json: true", want: true},
	} {
		t.Run(way.name, func(t *testing.T) {
			if way.alike && testing.Short() {
				t.Skip("a spelling of the flag; the suite without -short tries it")
			}
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
			try := func(name string, args []string) {
				var stdout, stderr strings.Builder
				code := run(t.Context(), "gclean", append(args[:len(args):len(args)], way.args...), strings.NewReader(""), &stdout, &stderr)
				if got := json.Valid([]byte(stdout.String())); got != way.want || code != exitDone {
					t.Errorf("%s: JSON %v, want %v; exit code %d, %s%s", name, got, way.want, code, stdout.String(), stderr.String())
				}
			}
			for name, args := range commands {
				try(name, args)
			}
			if runtime.GOOS == "windows" {
				return // no rounds
			}
			for _, args := range rounds(packagesIn(t, 1).Dir, filepath.Join(home, "round")) {
				try(strings.Join(args[:2], " "), args)
			}
		})
	}
}

// So do errors, those of reading the flags included.
func TestErrorsAreJSONOnRequest(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("USERPROFILE", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	for _, tt := range []struct {
		args, yaml, conda string
		want              bool
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
		{args: "--nonsense", yaml: "json: yes", want: true},
		{args: "--nonsense --json=false", yaml: "json: true"},
		{args: "--nonsense --no-config", yaml: "json: true", want: true}, // --no-config was not read
		{args: "--no-config --nonsense", yaml: "json: true"},
		{args: "why", yaml: "json: true", want: true},
		{args: "why --json=false", yaml: "json: true"},
		{args: "ls", yaml: "json: true\nolder-then: 3d", want: true}, // the file itself is wrong
		{args: "round opne", yaml: "json: true", want: true},
		{args: "--nonsense", conda: "1", want: true},
		{args: "--nonsense", yaml: "json: false", conda: "1"},
		{args: "why --prefix /absent x", yaml: "json: false", conda: "1"},
		{args: "why --prefix /absent x", conda: "1", want: true},
		{args: "why --prefix /absent x --json=false", conda: "1"},
		{args: "restore --all x", conda: "true", want: true},
		{args: "round", conda: "yes", want: true},
		{args: "mark --round /absent", conda: "1", want: true},
		{args: "round open --hosts /absent /absent/round", conda: "1", want: true},
		{args: "slim -n absent", conda: "1", want: true},
		{args: "help nonsense", conda: "1", want: true},
		{args: "report --html /absent/page.html", conda: "1", want: true},
		{args: "report --format csv --owner x", conda: "1"},
		{args: "report --format json --nonsense", want: true},
		{args: "report --nonsense --format=json", want: true},
		{args: "-a --nonsense --console json", want: true},
	} {
		if err := os.WriteFile(filepath.Join(home, configName), []byte(tt.yaml+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if t.Setenv("CONDA_JSON", tt.conda); tt.conda == "" {
			os.Unsetenv("CONDA_JSON")
		}
		var stdout, stderr strings.Builder
		code := run(t.Context(), "gclean", strings.Fields(tt.args), strings.NewReader(""), &stdout, &stderr)
		if got := json.Valid([]byte(stdout.String())); got != tt.want || code == exitDone || stderr.Len() == 0 && !strings.Contains(stdout.String(), `"not_found"`) {
			t.Errorf("%s: JSON %v, want %v; exit code %d, %s%s", tt.args, got, tt.want, code, stdout.String(), stderr.String())
		}
	}
}

// shareCache opens a round about the cache, on a host that has marked what it holds.
func (m *exampleMachine) shareCache(t *testing.T) {
	t.Helper()
	hosts := filepath.Join(m.dir, "hosts")
	if err := os.WriteFile(hosts, []byte("node1\nnode2\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("GCLEAN_TEST_HOST", "node1")
	for _, args := range [][]string{{"round", "open", "-p", "--hosts", hosts, m.dir + "/round"}, {"mark", "--round", m.dir + "/round"}} {
		var stderr strings.Builder
		if code := run(t.Context(), "gclean", args, strings.NewReader(""), io.Discard, &stderr); code != exitDone && code != exitDoubt {
			t.Fatalf("gclean %q: %d, %s", args, code, stderr.String())
		}
	}
}
