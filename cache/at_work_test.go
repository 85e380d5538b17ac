package cache_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/fixture"
)

// worksHere returns options for a plan of a cache, made an hour from now on a machine where
// these processes run.
func worksHere(c *fixture.Cache, targets []cache.Category, list ...hold.Process) cache.Options {
	later := time.Now().Add(time.Hour)
	o := options(c, targets...)
	o.NothingRuns = false
	o.System = func() hold.System { return hold.System{Processes: list} }
	o.Now = func() time.Time { return later }
	return o
}

// installer returns a conda that was started a minute before the plan is made.
func installer(uid int, command string) hold.Process {
	return hold.Process{PID: 812, Name: "python", UID: uid, Args: []string{"conda", command}, Started: time.Now().Add(59 * time.Minute)}
}

// oldCache returns a cache with an entry of each category, older than an hour when the plan
// is made.
func oldCache(t *testing.T) *fixture.Cache {
	t.Helper()
	c := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
	must(t, c.Add(pkg("a")), c.AddLog("x.log"), c.AddPartial("b-1.0-0.conda", 10), c.AddIndexCache(fixture.CondaNow, "https://conda.example/linux-64"))
	return c
}

func TestInstallerKeepsOldEntries(t *testing.T) {
	const everything = "a-1.0-0.conda b-1.0-0.conda.partial cache a-1.0-0 .logs/x.log"
	none := time.Duration(0)
	for name, c := range map[string]struct {
		change func(*cache.Options)
		list   []hold.Process
		goes   string
	}{
		"nobody":                             {nil, nil, everything},
		"a reader":                           {nil, []hold.Process{installer(0, "list")}, everything},
		"an installer":                       {nil, []hold.Process{installer(0, "install")}, "cache .logs/x.log"},
		"an installer of an unknown user":    {nil, []hold.Process{installer(hold.AnyUser, "install")}, "cache .logs/x.log"},
		"an installer of another user":       {func(o *cache.Options) { must(t, os.Chmod(o.Discovery.Caches[0].Path, 0o700)) }, []hold.Process{installer(7, "install")}, everything},
		"an installer, a grace of 0":         {func(o *cache.Options) { o.Grace = &none }, []hold.Process{installer(0, "install")}, everything},
		"an installer that runs for an hour": {nil, []hold.Process{{PID: 9, Args: []string{"pixi", "install"}, Started: time.Now().Add(-time.Hour)}}, ""},
		"an installer, NothingRuns":          {func(o *cache.Options) { o.NothingRuns = true }, []hold.Process{installer(0, "install")}, everything},
		"gclean's own ancestor": {func(o *cache.Options) {
			o.System = func() hold.System {
				return hold.System{Processes: []hold.Process{installer(0, "install")}, Own: map[int]bool{812: true}}
			}
		}, nil, everything},
		"processes hidden, old entries": {func(o *cache.Options) {
			o.System = func() hold.System { return hold.System{Seen: hold.Seen{Hidden: hold.ErrHidden}} }
		}, nil, everything},
		"processes hidden, new entries": {func(o *cache.Options) {
			o.System = func() hold.System { return hold.System{Seen: hold.Seen{Hidden: hold.ErrHidden}} }
			o.Now = nil
		}, nil, ""},
		"processes hidden, new entries, a grace of 0": {func(o *cache.Options) {
			o.System = func() hold.System { return hold.System{Seen: hold.Seen{Hidden: hold.ErrHidden}} }
			o.Now, o.Grace = nil, &none
		}, nil, everything},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "an installer of another user" && (runtime.GOOS == "windows" || os.Geteuid() == 65534) {
				t.Skip("no mode closes a folder of this user to others") // the owner of files of nobody is unknown
			}
			o := worksHere(oldCache(t), cache.All(), c.list...)
			if c.change != nil {
				c.change(&o)
			}
			p := prepare(t, o)
			if got := names(p.Remove); got != c.goes {
				t.Errorf("goes: %s, want %s; stays: %s", got, c.goes, keptNames(p))
			}
			for _, k := range p.Kept {
				fresh, running := (*hold.FreshError)(nil), (*hold.InstallerError)(nil)
				switch h := k.Holds[0]; {
				case h.Reason == hold.Fresh && errors.As(h.Err, &fresh):
				case h.Reason == hold.InstallerRunning && errors.As(h.Err, &running) && running.Installer.Command == "install":
				default:
					t.Errorf("%s: %+v", k.Entry.Name, h)
				}
			}
		})
	}
}

// TestInstallerProtectsCacheFromForce: only entries that nobody links are removed, and the
// cache keeps its marks.
func TestInstallerProtectsCacheFromForce(t *testing.T) {
	c := oldCache(t)
	p := prepare(t, worksHere(c, []cache.Category{cache.PkgsDirs}, installer(0, "install")))
	if got := names(p.Remove); got != ".logs cache" {
		t.Errorf("goes: %s; stays: %s", got, keptNames(p))
	}
	execute(t, p)
	for _, name := range []string{"urls.txt", "a-1.0-0/info/index.json", "a-1.0-0.conda"} {
		if _, err := os.Stat(c.Path(name)); err != nil {
			t.Error(err)
		}
	}
}
