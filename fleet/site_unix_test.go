//go:build unix

package fleet_test

import (
	"context"
	"errors"
	"fmt"
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
	"gclean/meta"
)

// site is a cache that hosts share, each with an environment of its own that has
// symlinks to the package of the same name. Nobody uses the package idle.
type site struct {
	t     testing.TB
	top   string
	pkgs  string // what the configuration names
	at    cachetest.Layout
	hosts []string
	envs  map[string]*fixture.Environment
	round string
}

// newSite makes a site of three hosts.
func newSite(t testing.TB, top string) *site { return newSiteOf(t, top, nil, "a", "b", "c") }

// newSiteOf is newSite with other hosts, and a cache of a layout; nil is conda's, with
// archives.
func newSiteOf(t testing.TB, top string, layout *cachetest.Layout, hosts ...string) *site {
	t.Helper()
	s := &site{t: t, top: top, hosts: hosts, envs: map[string]*fixture.Environment{}, round: filepath.Join(top, "round")}
	if layout == nil {
		c := cachetest.NewCache(t, filepath.Join(top, "pkgs"))
		layout = &cachetest.Layout{Family: cache.Conda, Dir: c.Dir, Name: fixture.Package.Dist, Extracted: c.Extracted, Add: c.Add}
	}
	s.at, s.pkgs = *layout, layout.Dir
	for _, name := range append([]string{"idle"}, s.hosts...) {
		fixture.Must(t, s.at.Add(cachetest.Pkg(name)))
	}
	for _, host := range s.hosts {
		env := cachetest.NewEnv(t, filepath.Join(top, host, "env"))
		s.envs[host] = env
		s.link(host, host)
	}
	return s
}

// link makes a soft link of a package in the environment of a host.
func (s *site) link(host, name string) {
	s.t.Helper()
	p := cachetest.Pkg(name)
	dir := s.at.Extracted(p)
	lib := filepath.Join(s.envs[host].Prefix, "lib")
	record := fmt.Sprintf(`{"name":%q,"version":"1.0","build":"0","files":["lib/%s.so"],"extracted_package_dir":%q,"link":{"source":%q,"type":2}}`, name, name, dir, dir)
	fixture.Must(s.t,
		os.MkdirAll(lib, 0o755), os.Symlink(filepath.Join(dir, "lib", name+".so"), filepath.Join(lib, name+".so")),
		os.WriteFile(filepath.Join(s.envs[host].Prefix, "conda-meta", p.Dist()+".json"), []byte(record), 0o644))
}

// options are those of an ordinary run on a host.
func (s *site) options(host string, targets ...cache.Category) cache.Options {
	s.t.Helper()
	o := cachetest.At(s.pkgs, targets...)
	if env := s.envs[host]; env != nil {
		o.Discovery.Environments = []meta.Environment{cachetest.Environment(s.t, env)}
	}
	return o
}

// open opens a round on host a.
func (s *site) open(change func(*fleet.OpenOptions)) (*fleet.Round, error) {
	s.t.Helper()
	plan := func(ctx context.Context) (*cache.Plan, error) {
		return cache.Prepare(ctx, s.options("a", cache.Tarballs, cache.Packages))
	}
	o := fleet.OpenOptions{Plan: plan, Host: "a", User: "ann", Owner: func(uint32) string { return "ann" }}
	for _, h := range s.hosts {
		o.Hosts = append(o.Hosts, fleet.Host{Name: h})
	}
	if change != nil {
		change(&o)
	}
	return fleet.Open(context.Background(), s.round, o)
}

// asking is how a host is asked.
func (s *site) asking(host string) fleet.Asking {
	return fleet.Asking{
		Find: func(context.Context) ([]string, error) { return []string{s.pkgs}, nil },
		Plan: func(ctx context.Context, r *cache.Round, caches []meta.Value, keepInstalled bool) (*cache.Plan, error) {
			o := s.options(host, cache.Packages)
			o.Discovery.Caches, o.Round, o.KeepInstalled = caches, r, keepInstalled
			return cache.Prepare(ctx, o)
		},
		System: func() hold.System { return hold.System{} },
		Poll:   time.Microsecond,
	}
}

// mark makes the mark of a host.
func (s *site) mark(host string) (*fleet.Answer, error) {
	return fleet.Mark(context.Background(), s.round, fleet.MarkOptions{Host: host, Machine: host, Asking: s.asking(host)})
}

func (s *site) markAll() {
	s.t.Helper()
	for _, host := range s.hosts {
		_, err := s.mark(host)
		fixture.Must(s.t, err)
	}
}

// close closes the round on host a.
func (s *site) close(before fence.Before, without ...string) (*fleet.Closed, error) {
	return fleet.Close(context.Background(), s.round, fleet.CloseOptions{
		Host: "a", Asking: s.asking("a"), Without: without, Remove: removal.Options{Jobs: 1, Before: before},
	})
}

func (s *site) abort(before fence.Before) (*fleet.Closed, error) {
	return fleet.Abort(context.Background(), s.round, time.Time{}, before)
}

// tree is what is in the cache that hosts can see, with all content.
func (s *site) tree() string {
	s.t.Helper()
	return cachetest.Contents(s.t, s.pkgs)
}

// checkEnvironments says whether every environment has the files that it had.
func (s *site) checkEnvironments(when string) {
	s.t.Helper()
	for _, host := range s.hosts {
		if _, err := os.Stat(filepath.Join(s.envs[host].Prefix, "lib", host+".so")); err != nil {
			s.t.Errorf("%s: the environment of %s is broken: %v", when, host, err)
		}
	}
}

// checkWhole says whether the package of this name is whole, and known to installers.
func (s *site) checkWhole(when, name string) {
	s.t.Helper()
	dir := s.at.Extracted(cachetest.Pkg(name))
	for _, file := range []string{"info/index.json", "lib/" + name + ".so", "share/" + name + "/data"} {
		if _, err := os.Lstat(filepath.Join(dir, filepath.FromSlash(file))); err != nil {
			s.t.Errorf("%s: %s is not whole: %v", when, name, err)
		}
	}
}

// checkNoRound says whether nothing of a round is left in the cache.
func (s *site) checkNoRound(when string) {
	s.t.Helper()
	fixture.Must(s.t, filepath.WalkDir(s.pkgs, func(path string, _ os.DirEntry, err error) error {
		if strings.Contains(filepath.ToSlash(path), "/.gclean/round") {
			s.t.Errorf("%s: left: %s", when, path)
		}
		return err
	}))
}

// isThere says whether the extracted package of this name is in the cache.
func (s *site) isThere(name string) bool {
	_, err := os.Lstat(s.at.Extracted(cachetest.Pkg(name)))
	return !errors.Is(err, os.ErrNotExist)
}

// checkClosed says whether what hosts use is whole, the unused gone, and the round over.
func (s *site) checkClosed(when string) {
	s.t.Helper()
	for _, host := range s.hosts {
		s.checkWhole(when, host)
	}
	s.checkEnvironments(when)
	if s.isThere("idle") {
		s.t.Errorf("%s: the unused package is left", when)
	}
	s.checkNoRound(when)
}

// planning is Asking.Plan.
type planning = func(ctx context.Context, r *cache.Round, caches []meta.Value, keepInstalled bool) (*cache.Plan, error)

// planWithout is a plan by somebody who does not see one entry.
func planWithout(plan planning, name string) planning {
	return func(ctx context.Context, r *cache.Round, caches []meta.Value, keep bool) (*cache.Plan, error) {
		p, err := plan(ctx, r, caches, keep)
		if err == nil {
			var list []*cache.Entry
			for _, e := range p.Remove {
				if e.Name != name {
					list = append(list, e)
				}
			}
			p.Remove = list
		}
		return p, err
	}
}

// planOn is a plan on a host on which processes run.
func (s *site) planOn(host string, system func() hold.System) planning {
	return func(ctx context.Context, r *cache.Round, caches []meta.Value, keep bool) (*cache.Plan, error) {
		o := s.options(host, cache.Packages)
		o.Discovery.Caches, o.Round, o.NothingRuns, o.System = caches, r, false, system
		return cache.Prepare(ctx, o)
	}
}

// checkSame says whether the cache is what it was.
func (s *site) checkSame(when, before string) {
	s.t.Helper()
	after := s.tree()
	for _, d := range []struct{ what, in, of string }{{"lost", after, before}, {"left", before, after}} {
		for line := range strings.Lines(d.of) {
			if !strings.Contains(d.in, line) && !strings.HasPrefix(line, "/pkgs.lock ") { // mamba's, which a kill may leave
				s.t.Errorf("%s: %s: %s", when, d.what, line)
			}
		}
	}
}
