package absence

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"gclean/walk/mounts"

	"golang.org/x/sys/unix"
)

// TestProveOnMount: an empty mounted file system is proof, but the empty folder that it was
// mounted on is not.
func TestProveOnMount(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can mount")
	}
	point := filepath.Join(t.TempDir(), "disk with space")
	must(t, os.Mkdir(point, 0o755))
	if err := unix.Mount("tmpfs", point, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("mounting is not allowed here: %v", err)
	}
	mounted := true
	t.Cleanup(func() {
		if mounted {
			unix.Unmount(point, unix.MNT_DETACH)
		}
	})
	path := filepath.Join(point, "u", "e")
	if err := new(Ways).Prove(path, true); err != nil {
		t.Errorf("mounted and empty: %v", err)
	}
	must(t, unix.Unmount(point, 0))
	mounted = false
	if err := new(Ways).Prove(path, true); !errors.Is(err, ErrUnproven) {
		t.Errorf("not mounted: %v", err)
	}
}

func TestReadMounts(t *testing.T) {
	w := new(Ways)
	if !w.isMounted("/") || w.isMounted(t.TempDir()) {
		t.Errorf("mounted: %v", w.table.top)
	}
	if w.table.known = false; w.isMounted(t.TempDir()) {
		t.Error("without mountinfo, a folder counts as mounted")
	}
	if w.plannedAbove(t.TempDir()); len(w.unread) > 0 {
		t.Errorf("problems %v", w.unread)
	}
}

// TestPlannedAndNotMounted has a mount point in fstab, mounted and not mounted.
func TestPlannedAndNotMounted(t *testing.T) {
	root := mounts.Mount{ID: "1", Parent: "0", Point: "/", Type: "ext4"}
	auto := mounts.Mount{ID: "2", Parent: "1", Point: "/data/x", Type: "autofs"}
	w := new(Ways)
	w.readFstab.Do(func() { w.planned = []string{"/", "/data/x"} })
	w.readTable.Do(func() { w.table = newMountTable(mounts.Table{root}) })
	for path, want := range map[string]string{"/data/x": "/data/x", "/data/x/u/e": "/data/x", "/data/xy": "", "/data": ""} {
		if got := w.plannedAbove(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
	w.table = newMountTable(mounts.Table{root, auto})
	if got := w.plannedAbove("/data/x/u"); got == "" {
		t.Error("an automounter counts as what it should mount")
	}
	w.table = newMountTable(mounts.Table{root, auto, {ID: "3", Parent: "2", Point: "/data/x", Type: "nfs4"}})
	if got := w.plannedAbove("/data/x/u"); got != "" {
		t.Errorf("mounted: %q", got)
	}
}
