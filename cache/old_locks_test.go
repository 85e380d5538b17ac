package cache_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/meta"
)

// Locks of old tools are removed if nobody holds them, and only if the user asks for locks.
func TestOldLocks(t *testing.T) {
	const alive, dead = "4711", "4712"
	for name, held := range map[string]bool{
		"mamba.lock":                           false,
		".gclean.lock":                         false,
		"pkgs.pid" + dead + ".conda_lock":      false,
		"pkgs.pid" + alive + ".conda_lock":     true,
		"foo-1.0-0.pid" + dead + ".conda_lock": false,
		".conda_lock-" + dead + "/":            false,
		".conda_lock-" + alive + "/":           true,
		".conda_lock/":                         false, // without a number, and no installer runs
		"x.conda_lock":                         false,
	} {
		for _, family := range []string{"flat", "root prefix"} {
			root := t.TempDir()
			c := newCache(t, filepath.Join(root, "pkgs"))
			path := c.Path(name)
			if family == "root prefix" {
				if name == ".gclean.lock" {
					continue // conda does not lock there
				}
				path = filepath.Join(root, name)
			}
			if strings.HasSuffix(name, "/") {
				must(t, os.Mkdir(path, 0o755))
			} else {
				must(t, os.WriteFile(path, nil, 0o644))
			}
			o := options(c, cache.Locks)
			o.Discovery.Config = &meta.Config{RootPrefix: meta.Value{Path: root}}
			o.NothingRuns = false
			none := time.Duration(0)
			o.Grace = &none
			o.System = func() hold.System {
				return hold.System{Processes: []hold.Process{{PID: 4711, Name: "bash"}}}
			}
			p := prepare(t, o)
			name := strings.TrimSuffix(name, "/")
			goes, stays := name, ""
			if held {
				goes, stays = "", name+":lock_held"
			}
			if names(p.Remove) != goes || keptNames(p) != stays {
				t.Errorf("%s in %s: goes %q, stays %q", name, family, names(p.Remove), keptNames(p))
			}
			if held && !strings.Contains(fmt.Sprint(p.Kept[0].Holds[0].Err), "bash (pid 4711) runs") {
				t.Errorf("%s in %s stays, and who holds it is not told: %+v", name, family, p.Kept[0].Holds)
			}
			o.Targets = cache.All()
			if p := prepare(t, o); len(p.Remove) > 0 {
				t.Errorf("%s in %s: goes with --all: %s", name, family, names(p.Remove))
			}
			o.Targets = []cache.Category{cache.Locks}
			o.System = func() hold.System { return hold.System{Seen: hold.Seen{Hidden: hold.ErrHidden}} }
			if p := prepare(t, o); strings.Contains(name, "conda_lock") && (len(p.Remove) > 0 || !errors.Is(p.Kept[0].Holds[0].Err, hold.ErrHidden)) {
				t.Errorf("%s in %s: where processes are hidden, it goes, or stays for another reason: %s", name, family, keptNames(p))
			}
			o.System = func() hold.System { return hold.System{} }
			execute(t, prepare(t, o))
			if _, err := os.Lstat(path); err == nil {
				t.Errorf("%s in %s is left", name, family)
			}
		}
	}
}

// A folder that is not empty is no lock of conda, whatever its name is.
func TestFullFolderIsNoLock(t *testing.T) {
	c := newCache(t, t.TempDir())
	must(t, c.AddFile(".conda_lock-4712/mine", "x"), c.AddFile("x.conda_lock.txt", ""))
	if p := prepare(t, options(c, cache.Locks)); len(p.Remove) > 0 {
		t.Errorf("goes: %s", names(p.Remove))
	}
}
