package verify_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"gclean/cache/hold"
)

func TestBrokenPackageIsKeptWhileInstallerRuns(t *testing.T) {
	for running, want := range map[bool]string{false: "a-1.0-0", true: ""} {
		c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
		must(t, c.AddExtracted(pkg("a")), os.Remove(filepath.Join(c.Extracted(pkg("a")), "lib", "a.so")))
		o := options(c)
		o.NothingRuns = false
		later := time.Now().Add(time.Hour)
		o.Now = func() time.Time { return later }
		o.System = func() hold.System {
			var sys hold.System
			if running {
				sys.Processes = []hold.Process{{PID: 812, Args: []string{"conda", "install"}, Started: later.Add(-time.Minute)}}
			}
			return sys
		}
		v := verified(t, o)
		if got := names(v.RemovalPlan(false).Remove); got != want {
			t.Errorf("running %v: goes: %q; %+v", running, got, v.Checks[0])
		}
		if got := names(v.RemovalPlan(true).Remove); got != "a-1.0-0" {
			t.Errorf("running %v, forced: goes: %q", running, got)
		}
	}
}
