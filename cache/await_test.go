package cache_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
)

// TestAwait: entries that an installer keeps are removed after it ends, if it ends within
// the timeout.
func TestAwait(t *testing.T) {
	for _, c := range []struct {
		name    string
		fresh   bool          // the package has just changed
		ends    time.Duration // after the plan
		timeout time.Duration
		goes    string
		waits   time.Duration
	}{
		{"it ends in time", false, 90 * time.Second, 5 * time.Minute, "a-1.0-0", 90 * time.Second},
		{"it ends in time, and the package is new", true, 90 * time.Second, 5 * time.Minute, "a-1.0-0", 90 * time.Second},
		{"it runs for longer", false, time.Hour, 5 * time.Minute, "", 5 * time.Minute},
		{"no time to wait", false, time.Second, 0, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
			must(t, dir.AddExtracted(pkg("a")))
			changed, err := os.Stat(dir.Path("a-1.0-0"))
			must(t, err)
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				o := options(dir, cache.Packages)
				o.NothingRuns = false
				later := time.Now().AddDate(100, 0, 0) // the package is old by that time
				if c.fresh {
					later = changed.ModTime().Add(time.Second)
				}
				o.Now = func() time.Time { return later }
				o.System = func() (sys hold.System) {
					if time.Since(start) < c.ends {
						sys.Processes = []hold.Process{{PID: 812, Args: []string{"conda", "install"}, Started: later}}
					}
					return sys
				}
				told := 0
				p, err := o.Await(context.Background(), prepare(t, o), c.timeout, func(hold.Installer) { told++ })
				must(t, err)
				if got := names(p.Remove); got != c.goes {
					t.Errorf("goes: %q, want %q; stays %s", got, c.goes, keptNames(p))
				}
				if waited := time.Since(start).Round(time.Second); waited < c.waits || waited > c.waits+2*time.Second || told > 1 {
					t.Errorf("waited for %s, told %d times", waited, told)
				}
			})
		})
	}
}
