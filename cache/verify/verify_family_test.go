package verify_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture"
)

// TestVerifyMambaNested verifies and repairs a package in the folder of its channel.
func TestVerifyMambaNested(t *testing.T) {
	c, err := fixture.NewMambaCache(filepath.Join(t.TempDir(), "pkgs"))
	must(t, err)
	p := pkg("a")
	must(t, c.Add(p))
	o := at(c.Dir)
	v := verified(t, o)
	if got := faults(v); got != "" || len(v.Checks) != 2 || v.Packages[0].Cache.Family != cache.Mamba {
		t.Fatalf("%d checks: %s", len(v.Checks), got)
	}
	good := modes(t, c.Extracted(p))
	must(t, os.WriteFile(filepath.Join(c.Extracted(p), "lib", "a.so"), []byte("A library"), 0o755))
	v = verified(t, o)
	if got := faults(v); !strings.Contains(got, "/a-1.0-0: lib/a.so: wrong hash: ") {
		t.Errorf("got %s", got)
	}
	r := repairPlan(t, v).Execute(context.Background(), removal.Options{})
	if len(r.Repaired) != 1 {
		t.Fatalf("%+v", r)
	}
	if got := modes(t, c.Extracted(p)); got != good {
		t.Errorf("repaired: %s\nwant %s", got, good)
	}
	// Each folder has a urls.txt of its own.
	must(t, os.RemoveAll(c.Extracted(p)))
	note := "https://conda.example/channel/linux-64/a-1.0-0.conda#" + strings.Repeat("0", 32) + "\n"
	must(t, os.WriteFile(filepath.Join(filepath.Dir(c.Extracted(p)), "urls.txt"), []byte(note), 0o644))
	if got := faults(verified(t, o)); !strings.Contains(got, " as urls.txt says") {
		t.Errorf("got %q", got)
	}
}

// TestVerifyRattler verifies packages extracted from two channels, and compares their
// metadata files with their records.
func TestVerifyRattler(t *testing.T) {
	c := newRattlerCache(t, filepath.Join(t.TempDir(), "cache"))
	p := pkg("a")
	must(t, c.Add(p))
	from := func(name string) string { return filepath.Join(c.Pkgs(), name) }
	other := "a-1.0-0-" + strings.Repeat("ab", 32)
	must(t, p.Extract(from(other)))
	o := at(c.Pkgs())
	v := verified(t, o)
	if got := faults(v); got != "" || len(v.Checks) != 2 || v.Packages[0].Cache.Family != cache.Rattler {
		t.Fatalf("%d checks: %s", len(v.Checks), got)
	}
	metadata := make([]byte, 40)
	must(t, os.WriteFile(c.Extracted(p)+".lock", metadata, 0o644), os.Remove(filepath.Join(from(other), "lib", "a.so")))
	got := faults(verified(t, o))
	for _, want := range []string{
		": info/repodata_record.json: wrong hash: ",
		", expected " + strings.Repeat("0", 64) + " as the .lock file says",
		other + ": lib/a.so: missing",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
