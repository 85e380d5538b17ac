package meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/walk/mounts"

	"golang.org/x/sys/unix"
)

// mountAt mounts something, or skips the test.
func mountAt(t *testing.T, source, target, fsType string, flags uintptr) {
	t.Helper()
	must(t, os.MkdirAll(target, 0o755))
	if err := unix.Mount(source, target, fsType, flags, ""); err != nil {
		t.Skipf("nothing can be mounted here: %v", err)
	}
	t.Cleanup(func() { must(t, unix.Unmount(target, unix.MNT_DETACH)) })
}

func makeEnv(t *testing.T, path string) {
	t.Helper()
	must(t, os.MkdirAll(filepath.Join(path, "conda-meta"), 0o755), os.WriteFile(filepath.Join(path, "conda-meta/history"), nil, 0o644))
}

// TestSearchMounts: local file systems are searched, each once; others are reported.
func TestSearchMounts(t *testing.T) {
	top := t.TempDir()
	srv := filepath.Join(top, "srv")
	makeEnv(t, filepath.Join(srv, "a/env"))
	mountAt(t, "tmpfs", filepath.Join(srv, "disk"), "tmpfs", 0)
	makeEnv(t, filepath.Join(srv, "disk/b"))
	mountAt(t, "tmpfs", filepath.Join(srv, "disk/deep/er"), "tmpfs", 0)
	makeEnv(t, filepath.Join(srv, "disk/deep/er/c"))
	mountAt(t, "proc", filepath.Join(srv, "proc"), "proc", 0)
	mountAt(t, "tmpfs", filepath.Join(srv, "net"), "tmpfs", 0)
	makeEnv(t, filepath.Join(srv, "net/remote"))
	mountAt(t, filepath.Join(srv, "a"), filepath.Join(srv, "bound"), "", unix.MS_BIND) // met before
	mountAt(t, srv, filepath.Join(srv, "zz"), "", unix.MS_BIND)                        // a root itself
	makeEnv(t, filepath.Join(top, "outside/x/d"))
	mountAt(t, filepath.Join(top, "outside"), filepath.Join(srv, "o1"), "", unix.MS_BIND)
	mountAt(t, filepath.Join(top, "outside/x"), filepath.Join(srv, "o2"), "", unix.MS_BIND) // below the mount above

	real := mountPoints()
	for i := range real {
		if real[i].Point == filepath.Join(srv, "net") {
			real[i].Type = "nfs4"
		}
	}
	remote := func(path string) string {
		if path == filepath.Join(srv, "net") {
			return "nfs4"
		}
		return mounts.TypeAt(path)
	}
	for name, points := range map[string][]mounts.Mount{"mountinfo": real, "statfs": nil} {
		found, problems, err := searchMounted(context.Background(), From("--search", srv), points, remote)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range found {
			got = append(got, strings.TrimPrefix(v.Path, srv+"/"))
		}
		slices.Sort(got)
		want := "[a/env disk/b disk/deep/er/c o2/d]"
		if name == "statfs" {
			want = "[a/env bound/env disk/b disk/deep/er/c o2/d]" // bind mounts are not known in advance
		}
		if fmt.Sprint(got) != want {
			t.Errorf("%s: environments %v, want %s", name, got, want)
		}
		var e *NotSearchedError
		if len(problems) != 1 || !problems[0].Hides || problems[0].Path != filepath.Join(srv, "net") || !errors.As(problems[0].Err, &e) || e.Type != "nfs4" {
			t.Errorf("%s: problems %+v", name, problems)
		}
	}
	// A folder that the user names is always searched.
	found, problems, err := searchMounted(context.Background(), From("--search", filepath.Join(srv, "net")), real, remote)
	if err != nil || len(found) != 1 || len(problems) > 0 {
		t.Errorf("found %v, problems %v, error %v", found, problems, err)
	}
}

// TestSearchUnknownMounts: an unknown file system is a doubt, and only the first are
// reported by name.
func TestSearchUnknownMounts(t *testing.T) {
	s := &searcher{typeAt: func(string) string { return "" }, asked: map[string]bool{}}
	for i := range maxUnread + 5 {
		s.add(fmt.Sprintf("/srv/%d", i))
		s.add(fmt.Sprintf("/srv/%d", i))
	}
	if roots := s.mounted(); len(roots) > 0 || s.told != maxUnread+5 || len(s.problems) != maxUnread || !s.problems[0].Hides {
		t.Errorf("%d roots, %d told, %d problems", len(roots), s.told, len(s.problems))
	}
}
