//go:build unix

package fleet_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/fleet"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

func TestRoundKeepsWhatHostsUse(t *testing.T) {
	for name, layout := range cachetest.Layouts(t, t.TempDir()) {
		t.Run(name, func(t *testing.T) {
			s := newSiteOf(t, t.TempDir(), &layout, "a", "b", "c")
			if layout.Family == cache.Rattler && filepath.Base(s.pkgs) != "pkgs" {
				s.pkgs = filepath.Join(s.pkgs, "pkgs")
			}
			r, err := s.open(nil)
			fixture.Must(t, err)
			for i := range r.Entries {
				if why := r.Entries[i].Unfenced; why != "" {
					t.Errorf("not fenced: %s", why)
				}
			}
			for _, name := range []string{"idle", "b", "c"} {
				info := filepath.Join(s.at.Extracted(cachetest.Pkg(name)), "info")
				for _, file := range []string{"index.json", "repodata_record.json"} {
					if _, err := os.Lstat(filepath.Join(info, file)); !errors.Is(err, os.ErrNotExist) {
						t.Errorf("%s: %s is not fenced", name, file)
					}
				}
			}
			s.checkWhole("fenced", "a") // host a knows that it uses it
			s.checkEnvironments("fenced")
			s.markAll()
			c, err := s.close(nil)
			fixture.Must(t, err)
			s.checkClosed("closed")
			if n := c.Count(fleet.Removed); n != 1 || c.Count(fleet.Held) != 2 || len(c.Failures) > 0 {
				t.Errorf("%d removed: %+v", n, c.Verdicts)
			}
		})
	}
}

// Archives are fenced before packages, those that stay too: conda would remove the folder
// of a package that it knows by its archive alone, and extract it anew.
func TestArchivesAreFencedFirst(t *testing.T) {
	s := newSite(t, t.TempDir())
	var order []string
	_, err := s.open(func(o *fleet.OpenOptions) {
		o.Plan = func(ctx context.Context) (*cache.Plan, error) {
			return cache.Prepare(ctx, s.options("a", cache.Packages))
		}
		o.Before = func(op, path string) error {
			if op == "rename" && strings.HasPrefix(path, s.pkgs) && !strings.Contains(path, ".gclean") {
				order = append(order, filepath.Base(path))
			}
			return nil
		}
	})
	fixture.Must(t, err)
	want := "b-1.0-0.conda c-1.0-0.conda idle-1.0-0.conda index.json repodata_record.json index.json repodata_record.json index.json repodata_record.json"
	if got := strings.Join(order, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	s.markAll()
	_, err = s.close(nil)
	fixture.Must(t, err)
	s.checkClosed("closed")
	for _, name := range []string{"a", "b", "c", "idle"} { // only packages were asked for
		if _, err := os.Lstat(filepath.Join(s.pkgs, name+"-1.0-0.conda")); err != nil {
			t.Error(err)
		}
	}
}

func TestAbortPutsEverythingBack(t *testing.T) {
	s := newSite(t, t.TempDir())
	before := s.tree()
	_, err := s.open(nil)
	fixture.Must(t, err)
	if s.tree() == before {
		t.Error("nothing was fenced")
	}
	for range 2 {
		c, err := s.abort(nil)
		fixture.Must(t, err)
		if after := s.tree(); after != before || !c.End.Aborted {
			t.Errorf("the cache is\n%s\nwas\n%s", after, before)
		}
	}
	if _, err := s.close(nil); err != nil {
		t.Error(err)
	}
	if after := s.tree(); after != before {
		t.Error("a round that was aborted was closed")
	}
}

func TestAbortWithoutFolder(t *testing.T) {
	s := newSite(t, t.TempDir())
	before := s.tree()
	_, err := s.open(nil)
	fixture.Must(t, err, os.RemoveAll(s.round))
	_, err = fleet.AbortCache(context.Background(), s.pkgs, nil)
	fixture.Must(t, err)
	if after := s.tree(); after != before {
		t.Errorf("the cache is\n%s\nwas\n%s", after, before)
	}
	if _, err := fleet.AbortCache(context.Background(), s.pkgs, nil); !errors.Is(err, fleet.ErrNoLease) {
		t.Error(err)
	}
}

// An ordinary run on any host keeps what is fenced, and says so.
func TestOtherRunsKeepWhatIsFenced(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	fenced := s.tree()
	for _, targets := range [][]cache.Category{cache.All(), {cache.PkgsDirs}} {
		for _, host := range []string{"a", "b", "nobody"} {
			p := cachetest.Prepare(t, s.options(host, targets...))
			told := false
			for _, x := range p.Problems {
				e := (*cache.RoundError)(nil)
				told = told || errors.As(x.Err, &e) && e.Host == "a" && string(e.Dir) == s.round
			}
			if !told || !p.KeptBack() {
				t.Errorf("%v on %s: nothing tells of the round", targets, host)
			}
			for _, e := range p.Remove {
				for _, name := range []string{"b-1.0-0", "c-1.0-0", "idle-1.0-0", ".gclean"} {
					if strings.HasPrefix(e.Name, name) {
						t.Errorf("%v on %s: %s goes", targets, host, e.Name)
					}
				}
			}
		}
	}
	p := cachetest.Prepare(t, s.options("a", cache.PkgsDirs))
	for _, e := range p.Remove {
		fixture.Must(t, os.RemoveAll(e.Path()))
	}
	if left := s.tree(); left != fenced {
		t.Error(left)
	}
	s.markAll()
	_, err = s.close(nil)
	fixture.Must(t, err)
	s.checkEnvironments("closed")
}

func TestOneRoundAtATime(t *testing.T) {
	s := newSite(t, t.TempDir())
	plan := cachetest.Prepare(t, s.options("a", cache.Packages)) // before the other was opened
	_, err := s.open(nil)
	fixture.Must(t, err)
	fenced, first := s.tree(), s.round
	s.round = filepath.Join(s.top, "second")
	_, err = s.open(func(o *fleet.OpenOptions) {
		o.Plan = func(context.Context) (*cache.Plan, error) { return plan, nil }
	})
	held := (*fence.HeldError)(nil)
	if !errors.As(err, &held) || held.Lease.Host != "a" || held.Lease.PID != os.Getpid() || string(held.Lease.Dir) != first {
		t.Fatalf("%v", err)
	}
	if after := s.tree(); after != fenced {
		t.Error("the second round has changed something")
	}
	if names, _ := os.ReadDir(s.round); len(names) > 0 {
		t.Errorf("left in the folder: %v", names)
	}
	s.round = first
	s.markAll()
	_, err = s.close(nil)
	fixture.Must(t, err)
	s.checkClosed("closed")
}

// What an installer brings anew while a round is open stays.
func TestDownloadedAgain(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	// As conda and mamba do: the archive, and a new folder in the place of the old one.
	dir := s.at.Extracted(cachetest.Pkg("idle"))
	fixture.Must(t, os.Rename(dir, dir+".c~"), s.at.Add(cachetest.Pkg("idle")), os.RemoveAll(dir+".c~"))
	anew := cachetest.Contents(t, dir)
	s.markAll()
	c, err := s.close(nil)
	fixture.Must(t, err)
	if after := cachetest.Contents(t, dir); after != anew {
		t.Errorf("the new package is\n%s\nwas\n%s", after, anew)
	}
	s.checkNoRound("closed")
	for i := range c.Entries {
		if e := &c.Entries[i]; e.Name == "idle-1.0-0" && c.Verdicts[i].State != fleet.Replaced {
			t.Errorf("%s is %s", e.Name, c.Verdicts[i].State)
		}
	}
}

// Who finds a fenced folder and writes an index into it makes it a package again.
func TestIndexThatCameBack(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	s.markAll()
	index := filepath.Join(s.at.Extracted(cachetest.Pkg("idle")), "info", "index.json")
	fixture.Must(t, os.WriteFile(index, []byte("{}"), 0o644))
	_, err = s.close(nil)
	fixture.Must(t, err)
	if text, err := os.ReadFile(index); err != nil || string(text) != "{}" {
		t.Errorf("%q, %v", text, err)
	}
	s.checkNoRound("closed")
}

// A host that links a package after its mark is seen by its link count.
func TestLinkedAfterTheMark(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	s.markAll()
	fixture.Must(t, os.Link(filepath.Join(s.at.Extracted(cachetest.Pkg("idle")), "lib", "idle.so"), filepath.Join(s.top, "late.so")))
	c, err := s.close(nil)
	fixture.Must(t, err)
	s.checkWhole("closed", "idle")
	if c.Count(fleet.Removed) != len(s.hosts)+1 { // archives alone
		t.Errorf("%+v", c.Verdicts)
	}
}

// What its opener could not look at is in doubt, and stays.
func TestDoubtKeeps(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	_, err = s.mark("a")
	fixture.Must(t, err)
	_, err = s.mark("b")
	fixture.Must(t, err)
	asking := s.asking("c")
	plan := asking.Plan
	asking.Plan = nil
	asking.Plan = planWithout(plan, "idle-1.0-0")
	_, err = fleet.Mark(context.Background(), s.round, fleet.MarkOptions{Host: "c", Machine: "c", Asking: asking})
	fixture.Must(t, err)
	c, err := s.close(nil)
	fixture.Must(t, err)
	s.checkWhole("closed", "idle")
	if c.Count(fleet.InDoubt) != 1 {
		t.Errorf("%+v", c.Verdicts)
	}
}

// What the host could not look at that closes the round is known to whoever reads the
// round later.
func TestDoubtOfTheClosingHost(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	s.markAll()
	asking := s.asking("a")
	asking.Plan = planWithout(asking.Plan, "idle-1.0-0")
	o := fleet.CloseOptions{Host: "a", Asking: asking, Remove: removal.Options{Jobs: 1}}
	closed, err := fleet.Close(context.Background(), s.round, o)
	fixture.Must(t, err)
	again, err := fleet.Close(context.Background(), s.round, o)
	fixture.Must(t, err)
	read, err := fleet.ReadStatus(s.round)
	fixture.Must(t, err)
	for name, verdicts := range map[string][]fleet.Verdict{"close": closed.Verdicts, "second close": again.Verdicts, "status": read.Verdicts} {
		doubts := 0
		for i := range verdicts {
			if v := &verdicts[i]; v.State == fleet.InDoubt {
				doubts++
				if len(v.Holds) != 1 || v.Holds[0].Host != "a" || v.Holds[0].Err == nil || v.Holds[0].Err.Error() != fleet.ErrAnother.Error() {
					t.Errorf("%s: %s: %+v", name, read.Path(i), v.Holds)
				}
			}
		}
		if doubts != 1 {
			t.Errorf("%s: %d in doubt", name, doubts)
		}
	}
}

// An installer that ran when the mark began is waited for; one that does not end keeps
// everything that it can read.
func TestOlderInstallers(t *testing.T) {
	conda := hold.Process{PID: 4121, Name: "conda", Args: []string{"conda", "install", "x"}, UID: hold.AnyUser, Started: time.Unix(1000, 0)}
	for name, ends := range map[string]bool{"ends": true, "goes on": false} {
		t.Run(name, func(t *testing.T) {
			s := newSite(t, t.TempDir())
			_, err := s.open(nil)
			fixture.Must(t, err)
			for _, host := range s.hosts {
				asking := s.asking(host)
				looks, told, found := 0, 0, 0 // found is when environments were looked for last
				system := func() hold.System {
					looks++
					if ends && looks > 3 {
						return hold.System{}
					}
					return hold.System{Processes: []hold.Process{conda}}
				}
				if host == "b" {
					asking.Find = func(context.Context) ([]string, error) {
						found = looks
						return nil, nil
					}
					asking.System, asking.Waiting = system, func(hold.Installer) { told++ }
					if ends {
						asking.Timeout = time.Minute
					}
					asking.Plan = s.planOn("b", system)
				}
				_, err := fleet.Mark(context.Background(), s.round, fleet.MarkOptions{Host: host, Machine: host, Asking: asking})
				fixture.Must(t, err)
				if host == "b" && ends && (told != 1 || looks < 4 || found < 4) {
					t.Errorf("told %d times, looked %d times, for environments after %d", told, looks, found)
				}
			}
			c, err := s.close(nil)
			fixture.Must(t, err)
			if s.isThere("idle") == ends {
				t.Errorf("%+v", c.Verdicts)
			}
			s.checkNoRound("closed")
			s.checkEnvironments("closed")
		})
	}
}
