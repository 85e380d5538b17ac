package dist

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"gclean/internal/fixture"
)

// conda-package-handling unpacks what Members returns: the same paths, types, contents,
// modes and targets. It cannot unpack two of the real archives: one was zipped again with
// its parts in a folder, and one has symlinks to nothing. The unpacked files are those in
// info/paths.json, except for symlinks that one archive has lost.
func TestSameAsCondaPackageHandling(t *testing.T) {
	cph, err := exec.LookPath("cph")
	if err != nil {
		t.Skip("cph (conda-package-handling) is not installed")
	}
	cannot := map[string]bool{"ca-certificates-2024.7.4-hbcca054_0.conda": true, "zlib-1.2.11-h7b6447c_3.conda": true}
	wrong := map[string]string{
		"zlib-1.2.11-h7b6447c_3.tar.bz2": "lib/libz.so: no symlink\nlib/libz.so.1: no symlink",
	}
	archives := make(map[string][]byte)
	for _, format := range []fixture.Format{fixture.Conda, fixture.TarBz2} {
		p := small(format)
		archives[p.ArchiveName()] = pack(t, p)
	}
	for _, pattern := range []string{"*.conda", "*.tar.bz2"} {
		found, _ := filepath.Glob("../../../shared/real/packages/" + pattern)
		for _, path := range found {
			if data, err := os.ReadFile(path); err == nil && !cannot[filepath.Base(path)] {
				archives[filepath.Base(path)] = data
			}
		}
	}
	for name, data := range archives {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			file := filepath.Join(dir, name)
			must(t, os.WriteFile(file, data, 0o600))
			if out, err := exec.Command(cph, "extract", "--dest", filepath.Join(dir, "out"), file).CombinedOutput(); err != nil {
				t.Fatalf("cph: %v\n%s", err, out)
			}
			want := tree(t, filepath.Join(dir, "out"))
			got := make(map[string]string)
			a, err := openBytes(data, name)
			must(t, err)
			must(t, a.Members(context.Background(), Everything, func(m Member, r io.Reader) error {
				switch m.Type {
				case Folder:
				case Symlink:
					got[m.Path] = "symlink to " + m.Target
				default:
					got[m.Path] = describe(t, m.Mode, r)
				}
				return nil
			}))
			for path, w := range want {
				if got[path] != w {
					t.Errorf("%s: %q, cph has %q", path, got[path], w)
				}
			}
			if len(got) != len(want) {
				t.Errorf("%d files, cph has %d", len(got), len(want))
			}
			dist := strings.TrimSuffix(strings.TrimSuffix(name, ".conda"), ".tar.bz2")
			if found := check(t, filepath.Join(dir, "out"), CheckOptions{Dist: dist}); found != wrong[name] {
				t.Errorf("the check of what cph unpacked says\n%s", found)
			}
		})
	}
}

func describe(t *testing.T, mode fs.FileMode, r io.Reader) string {
	t.Helper()
	sum := sha256.New()
	if _, err := io.Copy(sum, r); err != nil {
		t.Fatal(err)
	}
	text := hex.EncodeToString(sum.Sum(nil))
	if runtime.GOOS != "windows" {
		text = mode.String() + " " + text
	}
	return text
}

// tree describes all files and symlinks below dir.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := make(map[string]string)
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		if d.Type()&fs.ModeSymlink != 0 {
			target, err := os.Readlink(path)
			found[rel] = "symlink to " + target
			return err
		}
		st, err := d.Info()
		if err != nil {
			return err
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		found[rel] = describe(t, st.Mode(), f)
		return nil
	}))
	return found
}
