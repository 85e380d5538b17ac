package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/meta"
)

func TestMode(t *testing.T) {
	const json, log = "--json never asks: pass --yes to remove, or --dry-run to look.", "--log-format never asks: pass --yes to remove, or --dry-run to look."
	for _, tt := range []struct {
		name   string
		json   bool // --json
		logs   bool // --log-format
		flags  modeFlags
		config meta.Config
		silent bool // it comes to no question
		want   mode
		err    string
	}{
		{name: "nothing"},
		{name: "flags", flags: modeFlags{dryRun: true, yes: true, quiet: true, verbosity: 1}, want: mode{yes: true, dryRun: true, quiet: true, verbose: true}},
		{name: "configuration", config: meta.Config{DryRun: true, AlwaysYes: true, Quiet: true, Verbosity: 2}, want: mode{yes: true, dryRun: true, quiet: true, verbose: true}},
		{name: "a flag and a configuration", flags: modeFlags{yes: true}, config: meta.Config{DryRun: true}, want: mode{yes: true, dryRun: true}},
		{name: "JSON that would ask", json: true, err: json},
		{name: "JSON of the configuration that would ask", config: meta.Config{JSON: true}, err: json},
		{name: "JSON that comes to no question", json: true, silent: true},
		{name: "JSON with yes", json: true, flags: modeFlags{yes: true}, want: mode{yes: true}},
		{name: "JSON with the configuration's yes", json: true, config: meta.Config{AlwaysYes: true}, want: mode{yes: true}},
		{name: "JSON with a dry run", json: true, flags: modeFlags{dryRun: true}, want: mode{dryRun: true}},
		{name: "a log that would ask", logs: true, err: log},
		{name: "a log and JSON that would ask", logs: true, json: true, err: json},
		{name: "a log with yes", logs: true, flags: modeFlags{yes: true}, want: mode{yes: true}},
	} {
		a := &app{json: tt.json}
		if tt.logs {
			a.log = newLogger("text", io.Discard)
		}
		got, err := a.mode(tt.flags, &tt.config, !tt.silent, "to remove")
		said := ""
		if err != nil {
			said = err.Error()
		}
		if said != tt.err || err == nil && got != tt.want || a.json != (tt.json || tt.config.JSON) {
			t.Errorf("%s: %+v, %q, JSON %v; want %+v, %q", tt.name, got, said, a.json, tt.want, tt.err)
		}
	}
}

// A flag on the command line overrides conda's configuration in both directions. A line of
// gclean.yaml can only add to it: a file does not undo a dry run that somebody asked for.
func TestFlagsOverrideCondasVariables(t *testing.T) {
	for _, tt := range []struct {
		env, yaml, args string
		removes         bool
		code            int
	}{
		{env: "CONDA_DRY_RUN=1", args: "--yes"},
		{env: "CONDA_DRY_RUN=1", args: "--yes --dry-run=false", removes: true},
		{env: "CONDA_DRY_RUN=1", args: "--yes", yaml: "dry-run: false"},
		{env: "CONDA_DRY_RUN=0", args: "--yes", removes: true},
		{env: "CONDA_DRY_RUN=0", args: "--yes --dry-run"},
		{env: "CONDA_ALWAYS_YES=1", removes: true},
		{env: "CONDA_ALWAYS_YES=1", args: "--yes=false", code: exitUsage},
		{env: "CONDA_ALWAYS_YES=1", yaml: "yes: false", removes: true},
	} {
		home := t.TempDir()
		if err := os.WriteFile(filepath.Join(home, configName), []byte(tt.yaml+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"HOME", "USERPROFILE", "XDG_CONFIG_HOME"} {
			t.Setenv(name, home)
		}
		t.Setenv("CONDA_DRY_RUN", "")
		t.Setenv("CONDA_ALWAYS_YES", "")
		name, value, _ := strings.Cut(tt.env, "=")
		t.Setenv(name, value)
		c := packagesIn(t, 1)
		args := append([]string{"--packages", "--pkgs-dir", c.Dir}, strings.Fields(tt.args)...)
		var stdout, stderr strings.Builder
		code := run(t.Context(), "gclean", args, strings.NewReader(""), &stdout, &stderr)
		_, err := os.Stat(c.Path("free0-1.0-0"))
		if code != tt.code || os.IsNotExist(err) != tt.removes {
			t.Errorf("%s gclean %s, %q: exit code %d, want %d; %v\n%s%s", tt.env, tt.args, tt.yaml, code, tt.code, err, stdout.String(), stderr.String())
		}
	}
}
