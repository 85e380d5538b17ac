package main

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gclean/cache/hold"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

// A run that keeps something because of an installer, or because it changed lately,
// says which process, since when, and what ends it. So does why.
func TestBusyIsExplained(t *testing.T) {
	c := packagesIn(t, 1)
	now := time.Now()
	installs := func() hold.System {
		return hold.System{Processes: []hold.Process{{
			PID: 812, Name: "conda", Args: []string{"/opt/conda/bin/conda", "install", "numpy"}, Started: now.Add(-5 * time.Minute),
		}}}
	}
	for name, tt := range map[string]struct {
		system func() hold.System
		args   []string
		code   int
		says   []string
	}{
		"installer": {installs, []string{"--all", "--dry-run"}, exitDoubt, []string{
			"kept 2 entries: changed ", "ago, while conda (pid 812, install, started 5m ago) runs; wait for that process", "--lock-timeout", "--grace 0s",
			"Will keep 1 package that may be in use.",
		}},
		"quiet": {installs, []string{"--all", "--yes", "--quiet"}, exitDoubt, []string{"while conda (pid 812, install, started 5m ago) runs; wait for that process"}},
		"why": {installs, []string{"why", "free0"}, exitDone, []string{
			"\n  changed ", "while conda (pid 812, install, started 5m ago) runs\n    wait for that process", "Running: conda (pid 812, install, started 5m ago)",
		}},
		"lately": {alone, []string{"--all", "--dry-run", "--grace", "1d"}, exitDoubt, []string{"kept 2 entries: changed ", " ago; wait ", ", or pass --grace 0s"}},
		"in JSON": {alone, []string{"--all", "--dry-run", "--grace", "1d", "--json"}, exitDoubt, []string{`"code": "fresh",
        "path": ` + strconv.Quote(c.Dir)}},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			a := newApp("gclean", strings.NewReader(""), &out, &out)
			a.system = tt.system
			a.now = func() time.Time { return now.Add(time.Second) }
			code := a.run(t.Context(), append(tt.args, "--no-config", "--pkgs-dir", c.Dir))
			if code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, text := range tt.says {
				if !strings.Contains(out.String(), text) {
					t.Errorf("no %q in:\n%s", text, out.String())
				}
			}
			if slices.Contains(tt.args, "--json") {
				valid(t, cleanName, out.String())
			}
		})
	}
}

// While an installer runs, verify --prefix says so in place of faults, and repairs nothing.
func TestVerifyPrefixBesideAnInstaller(t *testing.T) {
	top := t.TempDir()
	pkgs, env := cachetest.NewCache(t, filepath.Join(top, "pkgs")), cachetest.NewEnv(t, filepath.Join(top, "env"))
	p := cachetest.Pkg("lib")
	fixture.Must(t, pkgs.Add(p), env.Link(pkgs, p, fixture.Link{}), os.Remove(env.Path("lib/lib.so")))
	installs := func() hold.System {
		return hold.System{Processes: []hold.Process{{
			PID: 812, Name: "mamba", Args: []string{"mamba", "install", "numpy"}, Started: time.Now().Add(-5 * time.Minute),
		}}}
	}
	for _, tt := range []struct {
		system func() hold.System
		args   []string
		code   int
		says   string
	}{
		{installs, nil, exitDoubt, "an installer may be at work on it: changed "},
		{installs, []string{"--repair", "--yes"}, exitDoubt, "while mamba (pid 812, install"},
		{installs, []string{"--json"}, exitDoubt, `"state": "skipped",`},
		{installs, []string{"--grace", "0s"}, exitFailed, "lib.so: missing"},
		{alone, []string{"--grace", "1h"}, exitDoubt, ": 1 skipped."},
		{alone, nil, exitFailed, "lib.so: missing"},
		{alone, []string{"--repair", "--yes"}, exitDone, "Put back 1 of 1 file"},
	} {
		var out strings.Builder
		a := newApp("gclean", strings.NewReader(""), &out, &out)
		a.system = tt.system
		code := a.run(t.Context(), append([]string{"verify", "--no-config", "--pkgs-dir", pkgs.Dir, "--prefix", env.Prefix}, tt.args...))
		if code != tt.code || !strings.Contains(out.String(), tt.says) {
			t.Errorf("%v: exit code %d, want %d, and %q in:\n%s", tt.args, code, tt.code, tt.says, out.String())
		}
	}
}
