//go:build unix

package fleet_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/fleet"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

var errKilled = errors.New("killed")

// killAt is a Before that lets nothing be changed from the change with a number on.
// After is how many there were.
func killAt(stop int) (before fence.Before, after func() int) {
	n := 0
	return func(string, string) error {
		if n++; n >= stop {
			return errKilled
		}
		return nil
	}, func() int { return n }
}

// memoryDir is a temporary folder in memory, where there is one: each site is made and
// synced anew.
func memoryDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "gclean")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// killEverywhere kills a run before every change that it makes, in turn, each on a site
// that ready has made ready. check looks at what is left, and ends the round.
func killEverywhere(t *testing.T, least int, ready func(*site), run func(*site, fence.Before), check func(s *site, when string, before string)) {
	t.Parallel()
	steps := 0
	for stop := 1; ; stop += cachetest.Stride() {
		s := newSiteOf(t, memoryDir(t), nil, "a", "b")
		tree := s.tree()
		ready(s)
		before, after := killAt(stop)
		run(s, before)
		if after() < stop {
			break
		}
		steps++
		when := fmt.Sprintf("killed at step %d", stop)
		s.checkEnvironments(when)
		s.checkOthersKeep(when)
		check(s, when, tree)
		if t.Failed() {
			return
		}
	}
	if steps*cachetest.Stride() < least {
		t.Errorf("only %d steps were seen", steps)
	}
}

// checkOthersKeep says whether ordinary runs keep what no installer knows for a package
// any more, but for what was on its way out.
func (s *site) checkOthersKeep(when string) {
	s.t.Helper()
	for _, host := range s.hosts {
		for _, e := range cachetest.Prepare(s.t, s.options(host, cache.Packages, cache.Tarballs)).Remove {
			if _, err := os.Lstat(filepath.Join(e.Path(), "info", "index.json")); e.Category == cache.Packages && err != nil {
				s.t.Errorf("%s: a run on %s would remove %s, which is fenced", when, host, e.Name)
			}
		}
	}
}

func TestKilledWhileItOpens(t *testing.T) {
	for name, check := range map[string]func(*site, string, string){
		"open": func(s *site, when, _ string) {
			if _, err := s.open(nil); err != nil {
				s.t.Fatalf("%s: %v", when, err)
			}
			s.markAll()
			if _, err := s.close(nil); err != nil {
				s.t.Errorf("%s: %v", when, err)
			}
			s.checkClosed(when)
		},
		"abort": func(s *site, when, before string) {
			if _, err := s.close(nil); err == nil {
				s.t.Errorf("%s: a round was closed that was not open", when)
			}
			if _, err := s.mark("b"); err == nil {
				s.t.Errorf("%s: a mark was made before everything was fenced", when)
			}
			s.checkEnvironments(when)
			if _, err := s.abort(nil); err != nil && !errors.Is(err, fleet.ErrNoRound) {
				s.t.Errorf("%s: %v", when, err)
			}
			s.checkSame(when, before)
		},
	} {
		t.Run(name, func(t *testing.T) {
			killEverywhere(t, 18, func(*site) {}, func(s *site, before fence.Before) {
				s.open(func(o *fleet.OpenOptions) { o.Before = before })
			}, check)
		})
	}
}

func TestKilledWhileItCloses(t *testing.T) {
	for name, check := range map[string]func(*site, string, string){
		"close": func(s *site, when, _ string) {
			c, err := s.close(nil)
			if err != nil || len(c.Failures) > 0 {
				s.t.Fatalf("%s: %v, %+v", when, err, c)
			}
			s.checkClosed(when)
			for i := range c.Entries {
				if v := c.Verdicts[i]; v.State != fleet.Removed && v.State != fleet.Held {
					s.t.Errorf("%s: %s is %s", when, c.Entries[i].Name, v.State)
				}
			}
		},
		"abort": func(s *site, when, _ string) {
			if _, err := s.abort(nil); err != nil {
				s.t.Errorf("%s: %v", when, err)
			}
			for _, host := range s.hosts {
				s.checkWhole(when, host)
			}
			if s.isThere("idle") {
				s.checkWhole(when, "idle")
			}
			s.checkNoRound(when)
		},
	} {
		t.Run(name, func(t *testing.T) {
			killEverywhere(t, 25, func(s *site) {
				_, err := s.open(nil)
				fixture.Must(t, err)
				s.markAll()
			}, func(s *site, before fence.Before) { s.close(before) }, check)
		})
	}
}

func TestKilledWhileItAborts(t *testing.T) {
	killEverywhere(t, 12, func(s *site) {
		_, err := s.open(nil)
		fixture.Must(t, err)
	}, func(s *site, before fence.Before) { s.abort(before) }, func(s *site, when, before string) {
		if _, err := s.abort(nil); err != nil {
			s.t.Errorf("%s: %v", when, err)
		}
		s.checkSame(when, before)
	})
}

func TestKilledWhileItMarks(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	for stop := 1; ; stop++ {
		before, after := killAt(stop)
		_, err := fleet.Mark(t.Context(), s.round, fleet.MarkOptions{Host: "b", Machine: "b", Asking: s.asking("b"), Before: before})
		if after() < stop {
			break
		}
		if !errors.Is(err, errKilled) {
			t.Errorf("step %d: %v", stop, err)
		}
		st, err := fleet.ReadStatus(s.round)
		fixture.Must(t, err)
		if st.States[1].Presence != fleet.Missing {
			t.Errorf("step %d: the mark is %s", stop, st.States[1].Presence)
		}
	}
	s.markAll()
	_, err = s.close(nil)
	fixture.Must(t, err)
	s.checkClosed("closed")
}
