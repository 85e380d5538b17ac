package absence

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

// TestProve uses real paths: what is missing, where, and through which symlink.
func TestProve(t *testing.T) {
	if err := fixture.CanSymlink(); err != nil {
		t.Skip(err)
	}
	top, err := walk.Real(t.TempDir())
	must(t, err)
	for _, dir := range []string{"a/b", "empty", "root/envs", "root/conda-meta"} {
		must(t, os.MkdirAll(filepath.Join(top, filepath.FromSlash(dir)), 0o755))
	}
	for _, file := range []string{"a/b/file", "root/conda-meta/history"} {
		must(t, os.WriteFile(filepath.Join(top, filepath.FromSlash(file)), nil, 0o644))
	}
	for link, target := range map[string]string{
		"work": "disk/u", "up": "a/b/../../disk", "a/abs": filepath.Join(top, "disk"), "two": "work", "good": "a/b", "root/dangling": "../disk",
		"tofile": "a/b/file", "self": "self",
	} {
		must(t, fixture.Symlink(filepath.FromSlash(target), filepath.Join(top, filepath.FromSlash(link))))
	}
	for path, want := range map[string]string{ // "" means gone, else parts of the doubt
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
		err := new(Ways).ProveFolder(filepath.Join(top, filepath.FromSlash(path)), true)
		got := ""
		if err != nil {
			got = filepath.ToSlash(strings.ReplaceAll(err.Error(), top+string(filepath.Separator), ""))
		}
		if want == "" && err != nil || !strings.Contains(got, want) || err != nil && walk.IsGone(err) {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	var unproven *UnprovenError
	err = new(Ways).Prove(filepath.Join(top, "work", "e"), false)
	if !errors.As(err, &unproven) || unproven.Missing != filepath.Join(top, "disk") {
		t.Errorf("%+v", unproven)
	}
}

// TestProveRemovedEnvironment: a folder that once contained something differs from one that
// never did, if the file system tells when it was created.
func TestProveRemovedEnvironment(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "mine")
	must(t, os.Mkdir(dir, 0o755))
	path := filepath.Join(dir, "e")
	if err := new(Ways).Prove(path, true); !errors.Is(err, ErrUnproven) {
		t.Errorf("fresh and empty: %v", err)
	}
	born, _ := times(dir)
	if born.IsZero() {
		t.Skip("the file system does not tell when a folder was made")
	}
	// As if something had been removed later: removing sets mtime.
	later := born.Add(time.Minute)
	must(t, os.Chtimes(dir, later, later))
	if now, _ := times(dir); !now.Equal(born) {
		t.Skip("the system tells no time of birth, but the oldest that it knows") // Wine tells the oldest time that it knows instead
	}
	if err := new(Ways).Prove(path, true); err != nil {
		t.Errorf("emptied: %v", err)
	}
}

var must = fixture.Must
