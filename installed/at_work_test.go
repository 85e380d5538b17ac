package installed_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"gclean/cache/hold"
	"gclean/installed"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

// While an installer runs, what is missing may be about to come or to go.
func TestRepairWaitsForNoInstaller(t *testing.T) {
	w := newWorld(t, fixture.Link{})
	must(t, os.Remove(w.env.Path("lib/libpy.so.1")))
	var running []hold.Process
	look := cachetest.Options(w.pkgs).Look
	look.NothingRuns, look.System = false, func() hold.System { return hold.System{Processes: running} }
	plan := func(grace *time.Duration) *installed.RepairPlan {
		look.Grace = grace
		p, err := w.verify(t).RepairPlan(t.Context(), look)
		must(t, err)
		return p
	}
	before := plan(nil)
	running = []hold.Process{{PID: 812, Name: "python", Args: []string{"conda", "install"}, Started: time.Now().Add(-time.Minute)}}
	if p := plan(nil); len(p.Files) > 0 || len(p.Unmendable) == 0 || !errors.Is(p.Unmendable[0].Err, installed.ErrInstallerRuns) {
		t.Errorf("planned beside an installer: %+v", p)
	}
	// One that starts after the plan was made counts too.
	if r := before.Execute(t.Context(), installed.RepairOptions{}); len(r.Repaired) > 0 || len(r.Failures) == 0 || !errors.Is(r.Failures[0].Err, installed.ErrInstallerRuns) {
		t.Errorf("repaired beside an installer: %+v", r)
	}
	if p := plan(new(time.Duration)); len(p.Files) == 0 {
		t.Errorf("a grace of 0 repairs all the same: %+v", p)
	}
}

// What changed since an installer began, or within the grace, may be its work: nothing is
// said of it.
func TestNoFaultsWhileAnInstallerRuns(t *testing.T) {
	w := newWorld(t, fixture.Link{})
	must(t, os.Remove(w.env.Path("lib/libpy.so.1")))
	now := time.Now()
	conda := func(started time.Duration) []hold.Process {
		return []hold.Process{{PID: 812, Name: "python", Args: []string{"conda", "install"}, Started: now.Add(started)}}
	}
	minute, none := time.Minute, time.Duration(0)
	hidden := errors.New("/proc hides processes")
	for name, c := range map[string]struct {
		grace   *time.Duration
		running []hold.Process
		later   time.Duration // of the look
		skipped bool
		hidden  error
	}{
		"nobody":                        {nil, nil, 0, false, nil},
		"an installer":                  {nil, conda(-time.Hour), 0, true, nil},
		"since it began":                {nil, conda(-time.Hour), time.Hour, true, nil},
		"long before it began":          {nil, conda(time.Hour), 2 * time.Hour, false, nil},
		"shortly before it began":       {nil, conda(time.Minute), 2 * time.Minute, true, nil},
		"within the grace":              {&minute, nil, 0, true, nil},
		"after the grace":               {&minute, nil, 2 * time.Minute, false, nil},
		"an installer and a grace of 0": {&none, conda(-time.Hour), 0, false, nil},
		"perhaps one that is hidden":    {nil, nil, 9 * time.Minute, true, hidden},
		"one that was hidden":           {nil, nil, 11 * time.Minute, false, hidden},
		"hidden, and a grace of 0":      {&none, nil, 0, false, hidden},
		"hidden, and a short grace":     {&minute, nil, 2 * time.Minute, false, hidden},
	} {
		v, err := installed.Verify(t.Context(), installed.Options{Prefix: w.env.Prefix, Grace: c.grace,
			System: func() hold.System { return hold.System{Processes: c.running, Seen: hold.Seen{Hidden: c.hidden}} },
			Now:    func() time.Time { return now.Add(c.later) }})
		must(t, err)
		check := v.Checks[0]
		if (check.Skipped != nil) != c.skipped || (len(check.Faults) > 0) == c.skipped || check.Sound() {
			t.Errorf("%s: %v, %v", name, check.Skipped, check.Faults)
		}
		if p := w.plan(t, v); (len(p.Files) == 0) != c.skipped {
			t.Errorf("%s: %+v", name, p)
		}
	}
	// One that came while the environment was looked at counts too.
	asked := 0
	v, err := installed.Verify(t.Context(), installed.Options{Prefix: w.env.Prefix, System: func() hold.System {
		if asked++; asked == 1 {
			return hold.System{}
		}
		return hold.System{Processes: conda(-time.Minute)}
	}})
	must(t, err)
	if v.Checks[0].Skipped == nil {
		t.Errorf("%+v", v.Checks[0].Faults)
	}
}
