package cache_test

import (
	"errors"
	"path/filepath"
	"testing"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/meta"
)

// TestUnseenUsers: users whom nobody can find keep packages in caches into which symlinks
// are used or allowed. In other caches, hard links show what they use.
func TestUnseenUsers(t *testing.T) {
	for name, test := range map[string]struct {
		kind    fixture.Kind
		allowed bool
		want    string // what is kept
	}{
		"hard links":              {fixture.Hard, false, "used-1.0-0:hard_linked"},
		"symlinks are allowed":    {fixture.Hard, true, "free-1.0-0:unseen_users used-1.0-0:hard_linked"},
		"one environment has one": {fixture.Soft, false, "free-1.0-0:unseen_users used-1.0-0:soft_linked"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.kind == fixture.Soft {
				fixture.NeedSymlinks(t)
			}
			top := t.TempDir()
			c, env := newCache(t, filepath.Join(top, "pkgs")), newEnv(t, filepath.Join(top, "env"))
			must(t, c.AddExtracted(pkg("used")), c.AddExtracted(pkg("free")), env.Link(c, pkg("used"), fixture.Link{Kind: test.kind}))
			o := options(c, cache.Packages)
			o.Discovery.Environments = []meta.Environment{environment(t, env)}
			o.Discovery.Unseen = []meta.Problem{{Path: "/etc/nsswitch.conf", Err: errors.New("users of sss are not known"), Unseen: true}}
			o.Discovery.Config = &meta.Config{}
			if test.allowed {
				o.Discovery.Config.SoftLinks = "/etc/conda/condarc"
			}
			plan := prepare(t, o)
			if got := keptNames(plan); got != test.want {
				t.Errorf("kept %s, want %s", got, test.want)
			}
			kept := plan.In(cache.Packages) == nil
			if plan.Doubt() != kept {
				t.Errorf("doubt %v: %v", plan.Doubt(), plan.Problems)
			}
			o.IgnoreUnreadable = true
			if plan := prepare(t, o); names(plan.Remove) != "free-1.0-0" {
				t.Errorf("without doubts, %s goes", names(plan.Remove))
			}
		})
	}
}

// TestKeepInstalled: packages installed in an environment are kept, linked or not.
func TestKeepInstalled(t *testing.T) {
	top := t.TempDir()
	c, env := newCache(t, filepath.Join(top, "pkgs")), newEnv(t, filepath.Join(top, "env"))
	must(t, c.AddExtracted(pkg("copied")), c.AddExtracted(pkg("free")), env.Link(c, pkg("copied"), fixture.Link{Kind: fixture.Copy}))
	o := options(c, cache.Packages)
	o.Discovery.Environments = []meta.Environment{environment(t, env)}
	if plan := prepare(t, o); names(plan.Remove) != "copied-1.0-0 free-1.0-0" {
		t.Errorf("goes: %s", names(plan.Remove))
	}
	o.KeepInstalled = true
	if plan := prepare(t, o); names(plan.Remove) != "free-1.0-0" || keptNames(plan) != "copied-1.0-0:installed" || plan.KeptBack() {
		t.Errorf("goes: %s; stays: %s", names(plan.Remove), keptNames(plan))
	}
}
