package meta

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
)

func TestGone(t *testing.T) {
	h, top := host(t, map[string]string{
		"home/u/.conda/environments.txt": "TOP/here\nTOP/also\nTOP/stays\n",
		"here/conda-meta/history":        "",
		"also/conda-meta/history":        "",
		"stays/conda-meta/history":       "",
	}, nil)
	gone := []string{filepath.Join(top, "here") + string(filepath.Separator), filepath.Join(top, "missing")}
	want := "/also /stays"
	if fixture.CanSymlink() == nil {
		must(t, fixture.Symlink("also", filepath.Join(top, "alias")))
		gone, want = append(gone, filepath.Join(top, "alias")), "/stays"
	}
	envs, _ := environments(t, h, Options{Gone: From("--gone", gone...)})
	if got := filepath.ToSlash(prefixes(envs, top)); got != want {
		t.Errorf("environments %s, want %s", got, want)
	}
}

// If an environment declared gone can be read, the user has mistyped its path.
func TestGoneButPresent(t *testing.T) {
	h, top := host(t, map[string]string{"here/conda-meta/a-1.0-0.json": "{}"}, nil)
	c := configure(t, h, Options{})
	_, _, err := h.Environments(context.Background(), c, Options{Gone: From("--gone", filepath.Join(top, "here"))})
	if !errors.Is(err, ErrUsage) {
		t.Errorf("error %v", err)
	}
}
