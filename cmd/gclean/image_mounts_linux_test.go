package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestRootWithMounts has images in which file systems are mounted.
func TestRootWithMounts(t *testing.T) { runInside(t, "TestRootWithMountsInside", false) }

func TestRootWithMountsInside(t *testing.T) {
	if os.Getenv(insideServer) == "" {
		t.Skip("this is run in mounts of its own")
	}
	must(t, syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
	mount := func(t *testing.T, source, target, kind string, flags uintptr) {
		must(t, os.MkdirAll(target, 0o755), syscall.Mount(source, target, kind, flags, ""))
		t.Cleanup(func() { must(t, syscall.Unmount(target, syscall.MNT_DETACH)) })
	}
	stays := func(t *testing.T, im image, out string) {
		if _, err := os.Stat(filepath.Join(im.decoy, "pkgs/decoy-1.0-0/info/index.json")); err != nil {
			t.Errorf("outside: %v\n%s", err, out)
		}
	}

	// Links of a procfs lead to what is outside, by the number of a process.
	t.Run("procfs", func(t *testing.T) {
		for link, target := range map[string]string{
			"root of a process": "/proc/%d/root%s", "root of gclean": "/proc/self/root/../../proc/%d/root%s", "folder of a process": "/proc/%d/cwd",
		} {
			t.Run(link, func(t *testing.T) {
				im := newImage(t)
				mount(t, "proc", filepath.Join(im.dir, "proc"), "proc", 0)
				t.Chdir(im.decoy)
				target = strings.Replace(strings.Replace(target, "%d", strconv.Itoa(os.Getpid()), 1), "%s", im.decoy, 1)
				im.link(t, target, "out")
				for _, args := range [][]string{{"--pkgs-dir", "/out/pkgs"}, {"--root-prefix", "/out"}, {}} {
					out, _ := im.rooted(t, nil, append([]string{"--all", "--force-pkgs-dirs", "--yes", "--grace", "0s"}, args...)...)
					stays(t, im, out)
				}
			})
		}
	})

	// A folder of the host in a chroot: the host's environments use what is there.
	t.Run("bind mount", func(t *testing.T) {
		im := newImage(t)
		mount(t, im.decoy, filepath.Join(im.dir, "host"), "", syscall.MS_BIND)
		im.link(t, "/host", "link")
		for _, dir := range []string{"/host/pkgs", "/link/pkgs"} {
			out, code := im.rooted(t, nil, "--all", "--yes", "--grace", "0s", "--pkgs-dir", dir)
			stays(t, im, out)
			if code != exitUsage || !strings.Contains(out, "/host is mounted from outside this system") {
				t.Errorf("%s: exit code %d\n%s", dir, code, out)
			}
		}
		im.file(t, "root/.condarc", "pkgs_dirs: [/host/pkgs, /opt/conda/pkgs]\n")
		out, _ := im.rooted(t, nil, "--all", "--yes", "--grace", "0s", "--root-prefix", "/opt/conda")
		stays(t, im, out)
		if _, err := os.Stat(filepath.Join(im.dir, "opt/conda/pkgs/free-1.0-0")); err == nil || !strings.Contains(out, "WARNING: /host/pkgs: refused") {
			t.Errorf("what is inside stays, or nothing is said: %v\n%s", err, out)
		}
	})

	// A disk that is mounted in the image alone is a part of it.
	t.Run("disk of its own", func(t *testing.T) {
		im := newImage(t)
		disk := filepath.Join(im.dir, "disk")
		mount(t, "tmpfs", disk, "tmpfs", 0)
		must(t, os.CopyFS(filepath.Join(disk, "pkgs"), os.DirFS(filepath.Join(im.decoy, "pkgs"))))
		out, code := im.rooted(t, nil, "--packages", "--yes", "--grace", "0s", "--pkgs-dir", "/disk/pkgs")
		if _, err := os.Stat(filepath.Join(disk, "pkgs/decoy-1.0-0")); err == nil {
			t.Errorf("exit code %d: it stays\n%s", code, out)
		}
	})
}
