package installed_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"gclean/installed"
	"gclean/internal/fixture"
	"gclean/meta/dist"
)

// recordedPath is a path as encoding/json reads it from a real record.
type recordedPath struct {
	Path   string `json:"_path"`
	Kind   string `json:"path_type"`
	Size   *int64 `json:"size_in_bytes"`
	SHA256 string `json:"sha256"`
}

// Records that mamba on Windows and rattler on macOS wrote. Of what they list, a sample is
// there, in its size: nothing is wrong with that. All else is missing, but byte code.
func TestRealRecords(t *testing.T) {
	fixture.NeedSymlinks(t)
	records, _ := filepath.Glob("../../shared/real/conda-meta/*.json")
	if len(records) == 0 {
		t.Skip("the real records are not there")
	}
	for _, from := range records {
		prefix := t.TempDir()
		text, err := os.ReadFile(from)
		must(t, err, os.Mkdir(filepath.Join(prefix, "conda-meta"), 0o755), os.WriteFile(filepath.Join(prefix, "conda-meta", filepath.Base(from)), text, 0o644))
		var record struct {
			Files []string
			Data  struct{ Paths []recordedPath } `json:"paths_data"`
		}
		must(t, json.Unmarshal(text, &record))
		// What is there is known by "files": micromamba's paths_data has paths of the package.
		want := make(map[string]bool)
		installedAt := make(map[string]string)
		for _, name := range record.Files {
			name = strings.ReplaceAll(name, `\`, "/")
			want[name] = true
			for _, source := range dist.SourcesOf(name) {
				installedAt[source] = name
			}
		}
		step := 1 + len(record.Data.Paths)/15
		var some []recordedPath
		for i, p := range record.Data.Paths {
			p.Path = installedAt[strings.ReplaceAll(p.Path, `\`, "/")]
			if p.Path == "" {
				t.Fatalf("%s: %s is in no files", from, record.Data.Paths[i].Path)
			}
			if i%step == 0 && (p.Kind != "softlink" || *p.Size > 0) {
				some = append(some, p)
				delete(want, p.Path)
			}
		}
		fill(t, prefix, some)
		v, err := installed.Verify(t.Context(), installed.Options{Prefix: prefix, Fast: true, NothingRuns: true})
		must(t, err)
		c := v.Checks[0]
		if c.Files != len(record.Files) || len(c.Notes) > 0 {
			t.Errorf("%s: %d of %d files, %v", from, c.Files, len(record.Files), c.Notes)
		}
		for _, f := range c.Faults {
			if f.Kind != dist.Missing || !want[f.Path] {
				t.Errorf("%s: %v", from, f)
			}
			delete(want, f.Path)
		}
		for name := range want {
			if !strings.HasSuffix(name, ".pyc") {
				t.Errorf("%s: %s is not missed", from, name)
			}
		}
	}
}

// fill makes files of a record, of zeros, and symlinks: to a file of the same hash, or to
// one of another package.
func fill(t *testing.T, prefix string, paths []recordedPath) {
	t.Helper()
	byHash := make(map[string]string)
	for _, p := range paths {
		at := filepath.Join(prefix, filepath.FromSlash(p.Path))
		must(t, os.MkdirAll(filepath.Dir(at), 0o755))
		if p.Kind == "softlink" {
			continue
		}
		byHash[p.SHA256] = p.Path
		size := int64(1) // of what an installer made
		if p.Size != nil {
			size = *p.Size
		} else if p.SHA256 == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" {
			size = 0
		}
		must(t, os.WriteFile(at, nil, 0o644), os.Truncate(at, size))
	}
	for i, p := range paths {
		if p.Kind != "softlink" {
			continue
		}
		target := filepath.Join(prefix, fmt.Sprintf("elsewhere-%d", i))
		if name := byHash[p.SHA256]; name != "" {
			rel, err := filepath.Rel(path.Dir("/"+p.Path), "/"+name)
			must(t, err)
			target = rel
		} else {
			must(t, os.WriteFile(target, nil, 0o644), os.Truncate(target, *p.Size))
		}
		must(t, os.Symlink(target, filepath.Join(prefix, filepath.FromSlash(p.Path))))
	}
}
