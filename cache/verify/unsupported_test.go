package verify_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/cache/removal"
)

// An archive that conda can read, but gclean cannot, is skipped and not removed. A wrong
// size is still a fault.
func TestUnsupportedArchives(t *testing.T) {
	data := condaOf(t, "a-1.0-0", nil, tarOf(t), tarOf(t))
	for _, header := range []struct {
		sig string
		at  int
	}{{"PK\x03\x04", 8}, {"PK\x01\x02", 10}} {
		for at := 0; ; {
			i := bytes.Index(data[at:], []byte(header.sig))
			if i < 0 {
				break
			}
			data[at+i+header.at] = 14 // LZMA
			at += i + 4
		}
	}
	pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, os.WriteFile(pkgs.Path("urls.txt"), []byte("https://conda.example/linux-64/a-1.0-0.conda\n"), 0o644))
	must(t, os.WriteFile(pkgs.Path("a-1.0-0.conda"), data, 0o644), os.MkdirAll(pkgs.Path("a-1.0-0/info"), 0o755))
	v := verified(t, options(pkgs))
	c := v.Checks[0]
	if c.Sound() || c.Broken() || len(c.Faults) > 0 || c.Skipped == nil || !strings.Contains(c.Skipped.Error(), "LZMA") {
		t.Fatalf("%+v, skipped: %v", c.Faults, c.Skipped)
	}
	if plan := repairPlan(t, v); len(plan.Unmendable) != 1 || plan.Unmendable[0].Err != c.Skipped {
		t.Errorf("%+v", plan.Unmendable)
	}
	v.RemovalPlan(true).Execute(t.Context(), removal.Options{})
	if _, err := os.Stat(pkgs.Path("a-1.0-0.conda")); err != nil {
		t.Error(err)
	}
	must(t, os.WriteFile(pkgs.Path("urls.txt"), []byte("https://conda.example/linux-64/a-1.0-0.conda#"+strings.Repeat("0", 32)+"\n"), 0o644))
	if c := verified(t, options(pkgs)).Checks[0]; !c.Broken() || c.Skipped != nil || len(c.Faults) != 1 {
		t.Errorf("%+v, skipped: %v", c.Faults, c.Skipped)
	}
}
