package meta

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/internal/fixture"
	"gclean/walk"
)

// TestProve asks of true paths: what is missing where, and by which symlink.
func TestProve(t *testing.T) {
	if err := fixture.CanSymlink(); err != nil {
		t.Skip(err)
	}
	_, top := host(t, map[string]string{"a/b/file": "", "empty/": "", "root/envs/": "", "root/conda-meta/history": ""}, nil)
	top, err := walk.Real(top)
	must(t, err)
	for link, target := range map[string]string{
		"work": "disk/u", "up": "a/b/../../disk", "a/abs": filepath.Join(top, "disk"), "two": "work", "good": "a/b", "root/dangling": "../disk",
		"tofile": "a/b/file", "self": "self",
	} {
		must(t, fixture.Symlink(filepath.FromSlash(target), filepath.Join(top, filepath.FromSlash(link))))
	}
	for path, want := range map[string]string{ // "" is gone, else parts of the doubt
		"missing/e":       "",
		"a/missing":       "",
		"a/b/file/e":      "",
		"tofile/e":        "",
		"good/e":          "",
		"good/../x":       "",
		"root/envs/e":     "",
		"work/envs/e":     "symlink work leads to disk",
		"work":            "symlink work leads to disk",
		"two/e":           "symlink work leads to disk",
		"up/e":            "symlink up leads to disk",
		"a/abs/e":         "symlink a/abs leads to disk",
		"root/dangling/e": "symlink root/dangling leads to disk",
		"empty/u/e":       "empty is empty",
		"a/b":             "just appeared",
		"self/e":          "symbolic links",
	} {
		err := new(ways).proveFolder(filepath.Join(top, filepath.FromSlash(path)), true)
		got := ""
		if err != nil {
			got = filepath.ToSlash(strings.ReplaceAll(err.Error(), top+string(filepath.Separator), ""))
		}
		if want == "" && err != nil || !strings.Contains(got, want) || err != nil && isGone(err) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	var unproven *UnprovenError
	err = new(ways).prove(filepath.Join(top, "work", "e"), false)
	if !errors.As(err, &unproven) || unproven.Missing != filepath.Join(top, "disk") {
		t.Errorf("%+v", unproven)
	}
}

// TestProveRemembers: a folder that something was in is told from one that
// nothing was in, where the file system tells when it was made.
func TestProveRemovedEnvironment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	must(t, os.Mkdir(dir, 0o755))
	path := filepath.Join(dir, "e")
	if err := new(ways).prove(path, true); !errors.Is(err, ErrUnproven) {
		t.Errorf("fresh and empty: %v", err)
	}
	born, _ := times(dir)
	if born.IsZero() {
		t.Skip("the file system does not tell when a folder was made")
	}
	// As if something had been removed later: removing sets mtime.
	later := born.Add(time.Minute)
	must(t, os.Chtimes(dir, later, later))
	if err := new(ways).prove(path, true); err != nil {
		t.Errorf("emptied: %v", err)
	}
}

func TestProveNeedsNoMountsWhereNothingIsMissing(t *testing.T) {
	w := new(ways)
	e := Environment{Prefix: t.TempDir()}
	must(t, os.Mkdir(filepath.Join(e.Prefix, condaMeta), 0o755))
	must(t, os.WriteFile(filepath.Join(e.Prefix, condaMeta, "a-1-0.json"), nil, 0o644))
	if !e.look(w, claimNamed) || w.dirs != nil {
		t.Errorf("%+v, %v", e, w.dirs)
	}
}
