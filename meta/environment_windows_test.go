package meta

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/windows"

	"gclean/meta/absence"
	"gclean/walk"
)

// TestMissingDrive: files on a missing drive are not gone. The drive may be mapped in
// another session, or unplugged.
func TestMissingDrive(t *testing.T) {
	drives, err := windows.GetLogicalDrives()
	if err != nil {
		t.Fatal(err)
	}
	letter := 25
	for drives&(1<<letter) != 0 {
		letter--
	}
	missing := string(rune('A'+letter)) + `:\envs\x`
	if _, err := os.Stat(missing); !walk.IsGone(err) {
		t.Fatalf("%s: %v", missing, err)
	}
	h, top := host(t, map[string]string{"home/u/.conda/environments.txt": missing + "\nTOP\\gone\n", "e/conda-meta/history": ""}, nil)
	envs, problems := environments(t, h, Options{Prefixes: From("--prefix", filepath.Join(top, "e"))})
	if len(envs) != 2 || envs[0].Prefix != missing && envs[1].Prefix != missing || len(problems) > 0 {
		t.Fatalf("%+v, problems %v", envs, problems)
	}
	for _, e := range envs {
		if (e.Prefix == missing) != errors.Is(e.Err, walk.ErrNoVolume) {
			t.Errorf("%s: %v", e.Prefix, e.Err)
		}
	}
	if _, bad := below(filepath.Dir(missing), "x"); len(bad) != 1 || !bad[0].Hides || !strings.Contains(bad[0].Err.Error(), missing[:2]+" ") {
		t.Errorf("a folder of environments: %v", bad)
	}
	h.Home = filepath.Dir(missing)
	if _, bad, _ := h.listed(context.Background(), new(absence.Ways), newListReader(), nil); len(bad) != 1 || !bad[0].Hides {
		t.Errorf("a home: %v", bad)
	}
}
