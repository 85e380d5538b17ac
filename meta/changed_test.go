package meta

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

// TestChanged: gclean plans again if anything has come that the plan does not know. What
// has gone does not matter.
func TestChanged(t *testing.T) {
	for name, test := range map[string]struct {
		change func(top string) error
		want   bool
	}{
		"nothing": {func(string) error { return nil }, false},
		"another environment in the list": {func(top string) error {
			return os.WriteFile(filepath.Join(top, "home/u/.conda/environments.txt"), []byte(top+"/e\n"+top+"/late\n"), 0o644)
		}, true},
		"another environment in envs": {func(top string) error { return os.MkdirAll(filepath.Join(top, "root/envs/late/conda-meta"), 0o755) }, true},
		"another record":              {func(top string) error { return os.WriteFile(filepath.Join(top, "e/conda-meta/b-1-0.json"), nil, 0o644) }, true},
		"another folder under the same name": {func(top string) error {
			if err := os.Rename(filepath.Join(top, "e"), filepath.Join(top, "was")); err != nil {
				return err
			}
			if err := os.MkdirAll(filepath.Join(top, "e/conda-meta"), 0o755); err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(top, "e/conda-meta/a-1-0.json"), nil, 0o644)
		}, true},
		"records removed": {func(top string) error { return os.RemoveAll(filepath.Join(top, "e/conda-meta")) }, true}, // its files may be links
		"a list that cannot be read": {func(top string) error {
			list := filepath.Join(top, "home/u/.conda/environments.txt")
			if err := os.Remove(list); err != nil {
				return err
			}
			return os.Mkdir(list, 0o755)
		}, true},
		"a configuration that names another folder": {func(top string) error {
			return os.WriteFile(filepath.Join(top, "home/u/.condarc"), []byte("envs_dirs: ["+top+"/late]\n"), 0o644)
		}, true},
		"an environment removed": {func(top string) error { return os.RemoveAll(filepath.Join(top, "root/envs/old")) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			h, top := host(t, map[string]string{
				"home/u/.conda/environments.txt": "TOP/e\n", "e/conda-meta/a-1-0.json": "", "e/lib/x": "",
				"root/conda-meta/history": "", "root/envs/old/conda-meta/history": "", "late/e/conda-meta/a-1-0.json": "",
			}, map[string]string{"CONDA_ROOT": "TOP/root"})
			d, err := h.Discover(context.Background(), Options{})
			must(t, err, test.change(top))
			changed, err := d.Changed(context.Background())
			if err != nil || changed != test.want {
				t.Errorf("%v %v, want %v", changed, err, test.want)
			}
		})
	}
}
