package verify_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gclean/cache/verify"
	"gclean/internal/fixture"
)

func sha256Of(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	must(t, err)
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

// notes returns the notes, each with the name of its entry.
func notes(v *verify.Verification) string {
	var lines []string
	for _, c := range v.Checks {
		for _, n := range c.Notes {
			lines = append(lines, c.Entry.Name+": "+n.String())
		}
	}
	return strings.Join(lines, "\n")
}

// What conda, mamba and rattler accept as sound is a note, not a fault.
func TestNotes(t *testing.T) {
	write := func(name, text string) func(*testing.T, *fixture.Cache, fixture.Package) {
		return func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			name := filepath.Join(c.Extracted(p), name)
			must(t, os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644))
		}
	}
	edit := func(old, new string) func(*testing.T, *fixture.Cache, fixture.Package) {
		return func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			name := filepath.Join(c.Extracted(p), "info", "repodata_record.json")
			text, err := os.ReadFile(name)
			must(t, err)
			now := regexp.MustCompile(old).ReplaceAll(text, []byte(new))
			if bytes.Equal(now, text) {
				t.Fatalf("%s is not in %s", old, text)
			}
			must(t, os.WriteFile(name, now, 0o644))
		}
	}
	urls := func(text string) func(*testing.T, *fixture.Cache, fixture.Package) {
		return func(t *testing.T, c *fixture.Cache, _ fixture.Package) {
			must(t, os.WriteFile(c.Path("urls.txt"), []byte(text), 0o644))
		}
	}
	rename := func(folder, archive string) func(*testing.T, *fixture.Cache, fixture.Package) {
		return func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			edit(`"fn": "[^"]*"`, `"fn": "x"`)(t, c, p)
			edit(`"url": "[^"]*"`, `"url": ""`)(t, c, p)
			must(t, os.Rename(c.Extracted(p), c.Path(folder)))
			if archive == "" {
				must(t, os.Remove(c.Path(p.ArchiveName())))
				return
			}
			must(t, os.Rename(c.Path(p.ArchiveName()), c.Path(archive)))
		}
	}
	for name, c := range map[string]struct {
		do            func(t *testing.T, c *fixture.Cache, p fixture.Package)
		notes, faults string // as patterns; "" means none
	}{
		"byte code":           {write("lib/__pycache__/a.cpython-311.pyc", ""), `^a-1.0-0: lib/__pycache__/a.cpython-311.pyc: added by tool$`, ""},
		"AppleDouble":         {write("lib/._a.so", ""), `added by tool$`, ""},
		"an unknown file":     {write("lib/b.so", ""), "", `^a-1.0-0: lib/b.so: added$`},
		"renamed, both":       {rename("b-2.0-0", "b-2.0-0.conda"), `b-2.0-0.conda: renamed.*\nb-2.0-0: renamed`, ""},
		"renamed, folder":     {rename("b-2.0-0", ""), "", `^b-2.0-0: wrong name`},
		"renamed differently": {rename("b-2.0-0", "c-2.0-0.conda"), "", `b-2.0-0: wrong name(.|\n)*c-2.0-0.conda: wrong name`},
		"renamed, no folder": {func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			must(t, os.RemoveAll(c.Extracted(p)), os.Rename(c.Path(p.ArchiveName()), c.Path("b-2.0-0.conda")))
		}, "", `^b-2.0-0.conda: wrong name`}, // conda fails, for its parts have the other name
		"renamed, no folder, .tar.bz2": {func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			text := tarBz2Of(t, member{name: "info/index.json", text: `{"name": "a", "version": "1.0", "build": "0"}`})
			must(t, os.RemoveAll(c.Extracted(p)), os.Remove(c.Path(p.ArchiveName())), os.WriteFile(c.Path("b-2.0-0.tar.bz2"), text, 0o644))
		}, `^b-2.0-0.tar.bz2: renamed`, ""},
		"renamed, the record has the new name": {func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			edit(`"fn": "[^"]*"`, `"fn": "b-2.0-0.conda"`)(t, c, p)
			must(t, os.Remove(c.Path(p.ArchiveName())), os.Rename(c.Extracted(p), c.Path("b-2.0-0")))
		}, `^b-2.0-0: renamed`, ""},
		"renamed, urls.txt has the new name": {func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			must(t, os.RemoveAll(c.Extracted(p)), os.Rename(c.Path(p.ArchiveName()), c.Path("b-2.0-0.conda")))
			urls("https://conda.example/b-2.0-0.conda\n")(t, c, p)
		}, `^b-2.0-0.conda: renamed`, ""},
		"another URL, the hash agrees": {urls("https://other.example/linux-64/a-1.0-0.conda\n"), `repodata_record.json: other url`, ""},
		"another URL, no hash": {func(t *testing.T, c *fixture.Cache, p fixture.Package) {
			must(t, os.Remove(c.Path(p.ArchiveName())))
			urls("https://user:secret@other.example/t/tk-1/linux-64/a-1.0-0.conda\n")(t, c, p)
		}, "", `wrong source: https://[^ ]*, expected https://other.example/linux-64/a-1.0-0.conda as urls.txt says$`},
		"an empty depends": {emptyDepends, "", `a-1.0-0: info/repodata_record.json: wrong record: an empty depends`},
		"a wheel": {func(t *testing.T, c *fixture.Cache, _ fixture.Package) {
			var buf bytes.Buffer
			z := zip.NewWriter(&buf)
			w, err := z.Create("idna/__init__.py")
			must(t, err)
			_, err = w.Write([]byte("pass"))
			must(t, err, z.Close(), os.WriteFile(c.Path("idna-3.10-py3-none-any.whl"), buf.Bytes(), 0o644))
		}, "", ""},
		"a broken wheel": {func(t *testing.T, c *fixture.Cache, _ fixture.Package) {
			must(t, os.WriteFile(c.Path("idna-3.10-py3-none-any.whl"), []byte("PK\x03\x04 and no more"), 0o644))
		}, "", `^idna-3.10-py3-none-any.whl: damaged`},
	} {
		t.Run(name, func(t *testing.T) {
			pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
			p := pkg("a")
			must(t, pkgs.Add(p))
			c.do(t, pkgs, p)
			v := verified(t, options(pkgs))
			for _, x := range []struct{ what, got, want string }{{"notes", notes(v), c.notes}, {"faults", faults(v), c.faults}} {
				if x.want == "" && x.got != "" || !regexp.MustCompile(x.want).MatchString(x.got) {
					t.Errorf("%s: %q, want %q", x.what, x.got, x.want)
				}
			}
			if plan := v.RemovalPlan(true); c.faults == "" && len(plan.Remove) > 0 {
				t.Errorf("would remove %v", names(plan.Remove))
			}
		})
	}
}

// emptyDepends writes a record as mamba wrote it for packages installed by URL.
func emptyDepends(t *testing.T, c *fixture.Cache, p fixture.Package) {
	info := filepath.Join(c.Extracted(p), "info")
	must(t,
		os.WriteFile(filepath.Join(info, "index.json"), []byte(`{"name": "a", "version": "1.0", "build": "0", "depends": ["b"]}`), 0o644),
		os.WriteFile(filepath.Join(info, "repodata_record.json"), []byte(`{"name": "a", "version": "1.0", "build": "0", "depends": [], "fn": "x"}`), 0o644))
}
