package meta

import (
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
)

// TestUnreadableRoot: a place that may be the root prefix is not skipped silently.
func TestUnreadableRoot(t *testing.T) {
	fixture.NeedSymlinks(t)
	h, top := host(t, map[string]string{"opt/good/envs/": ""}, nil)
	must(t, fixture.Symlink("loop", filepath.Join(top, "loop")))
	h.UsualRoots = []string{filepath.Join(top, "loop"), filepath.Join(top, "opt/good"), filepath.Join(top, "loop")}
	for uid, unseen := range map[int]bool{0: false, 1000: true} {
		h.UID = uid
		c := configure(t, h, Options{})
		if c.RootPrefix.Path != filepath.Join(top, "opt/good") {
			t.Errorf("root prefix %+v", c.RootPrefix)
		}
		if len(c.Problems) != 1 || c.Problems[0].Unseen != unseen || c.Problems[0].Hides == unseen || c.Problems[0].Path != filepath.Join(top, "loop") {
			t.Errorf("problems %+v", c.Problems)
		}
	}
}

// TestUnreadableFolderOfSettings: files in an unreadable condarc.d may name folders of
// environments.
func TestUnreadableFolderOfSettings(t *testing.T) {
	fixture.NeedSymlinks(t)
	h, top := host(t, nil, nil)
	must(t, os.MkdirAll(filepath.Join(top, "home/u/.conda"), 0o755), fixture.Symlink("condarc.d", filepath.Join(top, "home/u/.conda/condarc.d")))
	c := configure(t, h, Options{})
	if len(c.Files) != 1 || c.Files[0].Err == nil || !c.Files[0].Hides {
		t.Errorf("files %+v", c.Files)
	}
}
