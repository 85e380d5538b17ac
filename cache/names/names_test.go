package names_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/cache/names"
)

func TestInEachFamily(t *testing.T) {
	for name, tt := range map[string]struct{ files, want string }{
		"conda": {
			"urls.txt numpy-1.26.4-py311_0.conda numpy-1.26.4-py311_0/info/index.json scipy-1-0.tar.bz2 half-1.0-0.conda.partial cache/1a-2b-3c.json .logs/a-b-c.log",
			"half-1.0-0 numpy-1.26.4-py311_0 scipy-1-0",
		},
		"mamba": {
			"urls.txt https/conda.anaconda.org/conda-forge/linux-64/numpy-1.26.4-py311_0/info/index.json https/conda.anaconda.org/conda-forge/noarch/pip-24-0.conda",
			"numpy-1.26.4-py311_0 pip-24-0",
		},
		"rattler": {
			".cache.lock numpy-1.26.4-py311_0-" + strings.Repeat("0a", 32) + "/info/index.json pip-24-0/info/index.json pip-24-0.lock .pip-24-0abcdef/x",
			"numpy-1.26.4-py311_0 pip-24-0",
		},
		"no cache": {"", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "pkgs")
			for _, file := range strings.Fields(tt.files) {
				path := filepath.Join(dir, filepath.FromSlash(file))
				if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, nil, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			got := map[string]bool{}
			names.In(dir, func(distribution string) bool { got[distribution] = true; return true })
			if list := slices.Sorted(maps.Keys(got)); !slices.Equal(list, strings.Fields(tt.want)) {
				t.Errorf("got %q, want %q", list, tt.want)
			}
			n := 0
			names.In(dir, func(string) bool { n++; return false })
			if n > 1 {
				t.Errorf("%d names after the first was enough", n)
			}
		})
	}
}
