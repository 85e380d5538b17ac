package installed_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"gclean/installed"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

// However an environment is named, what is put back has the path that it was made with:
// by the hash in the record, a sound file, or conda-meta/history, and else without
// symlinks.
func TestRepairWritesThePathThatItWasMadeWith(t *testing.T) {
	fixture.NeedSymlinks(t)
	noHash := func(t *testing.T, w *world, prefix string) {
		record := w.env.Record(w.p)
		text, err := os.ReadFile(record)
		must(t, err)
		stripped := regexp.MustCompile(`,\s*"sha256_in_prefix": "[0-9a-f]+"`).ReplaceAll(text, nil)
		if len(stripped) == len(text) {
			t.Fatal("there is no hash to be taken out")
		}
		must(t, os.WriteFile(record, stripped, 0o644))
	}
	history := func(t *testing.T, w *world, prefix string) {
		noHash(t, w, prefix)
		must(t, os.WriteFile(w.env.Path("conda-meta/history"), []byte("==> 2026-01-01 00:00:00 <==\n# cmd: /opt/conda/bin/conda create -p /nowhere/env py\n# cmd: conda install --prefix="+prefix+" py\n"), 0o644))
	}
	script := func(t *testing.T, w *world, prefix string) {
		noHash(t, w, prefix)
		must(t, w.env.AddFile("bin/other", "#!/bin/sh\nexec '"+prefix+"/bin/python' /x"+prefix+"/lib\n"),
			w.env.AddFile("conda-meta/other-1-0.json", `{"name": "other", "version": "1", "build": "0", "paths_data": {"paths": [
				{"_path": "bin/other", "path_type": "hardlink", "file_mode": "text", "prefix_placeholder": "/placehold"}]}}`))
	}
	for name, c := range map[string]struct {
		made  string // of env and link
		known func(*testing.T, *world, string)
	}{
		"by its hash":                  {"env", func(*testing.T, *world, string) {}},
		"by a symlink, by its hash":    {"link", func(*testing.T, *world, string) {}},
		"by a file":                    {"env", script},
		"by a symlink, by a file":      {"link", script},
		"by the history":               {"env", history},
		"by a symlink, by the history": {"link", history},
		"nothing tells":                {"env", noHash},
	} {
		t.Run(name, func(t *testing.T) {
			top, err := filepath.EvalSymlinks(t.TempDir())
			must(t, err)
			must(t, os.Mkdir(filepath.Join(top, "env"), 0o755), os.Mkdir(filepath.Join(top, "other"), 0o755))
			must(t, os.Symlink("env", filepath.Join(top, "link")), os.Symlink("../env", filepath.Join(top, "other/far")))
			made := filepath.Join(top, c.made)
			w := &world{cachetest.NewCache(t, filepath.Join(top, "pkgs")), cachetest.NewEnv(t, made), python()}
			must(t, w.pkgs.Add(w.p), w.env.Link(w.pkgs, w.p, fixture.Link{}))
			c.known(t, w, made)
			want, err := os.ReadFile(w.env.Path("bin/py"))
			must(t, err)
			sep := string(filepath.Separator)
			names := []string{"env", "link", "env/../env", "link/../env", "env/./lib/..", "other/far", "other/far/../env"}
			if name == "by a symlink, by its hash" {
				names = []string{"link", "link/.", "link/lib/.."} // there is nothing else to go by
			}
			for _, named := range names {
				must(t, os.Remove(w.env.Path("bin/py")))
				v, err := installed.Verify(t.Context(), installed.Options{Prefix: top + sep + filepath.FromSlash(named), NothingRuns: true})
				must(t, err)
				if v.Prefix != filepath.Clean(v.Prefix) {
					t.Errorf("%s: the prefix is %s", named, v.Prefix)
				}
				p := w.plan(t, v)
				p.Execute(t.Context(), installed.RepairOptions{})
				if got, err := os.ReadFile(w.env.Path("bin/py")); err != nil || string(got) != string(want) {
					t.Fatalf("%s: %q, %v; want %q; %+v", named, got, err, want, p.Unmendable)
				}
			}
		})
	}
}
