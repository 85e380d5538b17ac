package meta

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTilde has "~name" in files of conda and mamba.
func TestTilde(t *testing.T) {
	onUnix(t)
	h, top := host(t, map[string]string{
		"passwd":           "ann:x:2000:1::TOP/home/ann:/bin/sh\nu:x:1000:1::TOP/home/u:/bin/sh\n",
		"home/u/.condarc":  "envs_dirs: [~ann/a, ~/b, ~]\npkgs_dirs: [~ann/pkgs, ~ann]\n",
		"home/u/.mambarc":  "envs_dirs: [~ann/m, ~nobody-here/x]\n",
		"home/ann/a/":      "",
		"home/u/.pixi/x/":  "",
		"home/ann/.bashrc": "",
	}, nil)
	h.Passwd = filepath.Join(top, "passwd")
	c := configure(t, h, Options{})
	got := paths(c.EnvsDirs, top)
	for _, want := range []string{"/home/ann/a", "/home/u/b", "/home/u", "/home/ann/m"} {
		if !slices.Contains(strings.Fields(got), want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := paths(c.PkgsDirs, top); !strings.HasPrefix(got, "/home/ann/pkgs /home/ann") {
		t.Errorf("caches %s", got)
	}
	if len(c.Problems) > 0 {
		t.Errorf("everybody is known, problems %v", c.Problems)
	}
	// If a directory service may know the name, conda may know it too.
	h.NSSwitch = filepath.Join(top, "nsswitch.conf")
	must(t, os.WriteFile(h.NSSwitch, []byte("passwd: files sss\n"), 0o644))
	c = configure(t, h, Options{})
	hides := slices.DeleteFunc(c.Problems, func(p Problem) bool { return !p.Hides })
	if len(hides) != 1 || hides[0].Path != filepath.Join(top, "home/u/.mambarc") || !strings.Contains(hides[0].Err.Error(), `"nobody-here"`) {
		t.Errorf("problems %v", c.Problems)
	}
	h.Getent = func(context.Context) ([]byte, error) {
		return []byte("nobody-here:*:70001:1::" + top + "/net:/bin/sh\n"), nil
	}
	if c = configure(t, h, Options{}); !strings.Contains(paths(c.EnvsDirs, top), "/net/x") {
		t.Errorf("a user of the service is not known: %s", paths(c.EnvsDirs, top))
	}
}
