package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/internal/fixture"
)

// The first key of every document says which form it has; cleaning, whose keys are
// conda's, says so under "gclean".
func TestDocumentsHaveASchema(t *testing.T) {
	c := packagesIn(t, 1)
	env, err := fixture.NewEnvironment(filepath.Join(t.TempDir(), "env"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(c.Path("free0-1.0-0/lib/free0.so")); err != nil { // verify --repair mends it
		t.Fatal(err)
	}
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Setenv("XDG_CONFIG_HOME", home)
	for _, command := range []string{"--all --dry-run", "info", "envs", "why free0", "ls", "report", "verify", "verify --repair --yes", "verify --prefix " + env.Prefix, "slim", "slim --nonsense"} {
		args := append(strings.Fields(command), "--json")
		switch command {
		case "slim":
			args = append(args, env.Prefix)
		case "envs", "slim --nonsense", "verify --prefix " + env.Prefix:
		default:
			args = append(args, "--pkgs-dir", c.Dir)
		}
		var stdout, stderr strings.Builder
		if code := run(t.Context(), "gclean", args, strings.NewReader(""), &stdout, &stderr); code > exitUsage {
			t.Errorf("%s: exit code %d, %s", command, code, stderr.String())
		}
		want := fmt.Sprintf("{\n  \"schema\": %d,", schema)
		if command == "--all --dry-run" {
			want = fmt.Sprintf("  \"gclean\": {\n    \"schema\": %d,", schema)
		}
		if got := stdout.String(); !strings.Contains(got, want) || want[0] == '{' && got[0] != want[0] {
			t.Errorf("%s: %q is not what it has: %s", command, want, stdout.String())
		}
	}
}
