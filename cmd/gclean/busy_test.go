package main

import (
	"strings"
	"testing"
	"time"

	"gclean/cache/hold"
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
			"kept 2 entries: changed ", "ago, while conda (pid 812, install, started 5m ago) runs; ends with that process", "--lock-timeout", "--grace 0s",
			"Will keep 1 package(s) that may be in use.",
		}},
		"quiet": {installs, []string{"--all", "--yes", "--quiet"}, exitDoubt, []string{"while conda (pid 812, install, started 5m ago) runs; ends with that process"}},
		"why": {installs, []string{"why", "free0"}, exitDone, []string{
			"\n  changed ", "while conda (pid 812, install, started 5m ago) runs\n    ends with that process", "Running: conda (pid 812, install, started 5m ago)",
		}},
		"lately": {alone, []string{"--all", "--dry-run", "--grace", "1d"}, exitDoubt, []string{"kept 2 entries: changed ", " ago; ends in ", ", or with --grace 0s"}},
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
		})
	}
}
