package dist

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestReadRecordLink(t *testing.T) {
	for _, c := range []struct {
		name, record string
		want         RecordLink
		err          string
	}{
		{"conda order", `{"extracted_package_dir": "/p/a-1-0", "files": ["x"], "link": {"source": "/p/a-1-0", "type": 2}}`,
			RecordLink{"/p/a-1-0", "/p/a-1-0", SoftLink}, ""},
		{"rattler order", `{"files": [], "link": {"type": 1, "source": "/p/b"}}`, RecordLink{Source: "/p/b", Type: HardLink}, ""},
		{"cut off after the link", `{"link": {"source": "/p/b", "type": 3}, "files": ["x`, RecordLink{Source: "/p/b", Type: Copy}, ""},
		{"no link", `{"name": "a", "extracted_package_dir": "/p/a"}`, RecordLink{ExtractedDir: "/p/a"}, ""},
		{"null link", `{"link": null}`, RecordLink{}, ""},
		{"named type", `{"link": {"source": "/p/b", "type": "soft-link"}}`, RecordLink{Source: "/p/b", Type: SoftLink}, ""},
		{"unknown type", `{"link": {"source": "/p/b", "type": 9}}`, RecordLink{Source: "/p/b"}, "link type 9"},
		{"fraction", `{"link": {"source": "/p/b", "type": 1.5}}`, RecordLink{Source: "/p/b"}, "link type 1.5"},
		{"source of another type", `{"link": {"source": 3}}`, RecordLink{}, "string"},
		{"nested link is not it", `{"x": {"link": {"source": "/no", "type": 2}}}`, RecordLink{}, ""},
		{"cut off", `{"files": ["x`, RecordLink{}, "cut off"},
		{"empty", ``, RecordLink{}, "cut off"},
		{"list", `[]`, RecordLink{}, "no JSON object"},
		{"not JSON", `<html>`, RecordLink{}, "not a record"},
	} {
		got, err := ReadRecordLink(strings.NewReader(c.record))
		if c.err == "" && err != nil || c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.err)
		}
		if err == nil && got != c.want {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}

func TestReadRecordFiles(t *testing.T) {
	const record = `{"files": ["a", "b/c", "d"], "name": "x"}`
	var got []string
	_, err := ReadRecordFiles(strings.NewReader(record), func(path string) bool {
		got = append(got, path)
		return path != "b/c"
	})
	if err != nil || strings.Join(got, " ") != "a b/c" {
		t.Errorf("%v, %v", got, err)
	}
	if _, err := ReadRecordFiles(strings.NewReader(`{"files": ["a", `), func(string) bool { return true }); err == nil {
		t.Error("a record that is cut off is no error")
	}
	if _, err := ReadRecordFiles(strings.NewReader(`{"files": {"a": 1}}`), func(string) bool { return true }); err == nil {
		t.Error("files that are no list are no error")
	}
}

// endless is a record that never ends.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	const start, item = `{"files": [`, `"abcdef",`
	for i := range p {
		if e.n < len(start) {
			p[i] = start[e.n]
		} else {
			p[i] = item[(e.n-len(start))%len(item)]
		}
		e.n++
	}
	return len(p), nil
}

func TestRecordTooLarge(t *testing.T) {
	if _, err := ReadRecordLink(&endless{}); !errors.Is(err, ErrRecordTooLarge) {
		t.Errorf("error %v", err)
	}
}

// realRecords returns the files of ../shared/real/conda-meta.
func realRecords(t testing.TB) []string {
	t.Helper()
	const dir = "../../../shared/real/conda-meta"
	paths, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	if len(paths) == 0 {
		t.Skipf("no real records: %s is absent", dir)
	}
	return paths
}

func TestRealRecords(t *testing.T) {
	paths := realRecords(t)
	if len(paths) != 41 {
		t.Errorf("%d records, want 41", len(paths))
	}
	for _, path := range paths {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		l, err := ReadRecordLink(bytes.NewReader(data))
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		dist := strings.TrimSuffix(filepath.Base(path), ".json")
		if base := l.Path()[strings.LastIndexAny(l.Path(), `/\`)+1:]; base != dist {
			t.Errorf("%s names the package %q", path, l.Path())
		}
		files := 0
		if _, err := ReadRecordFiles(bytes.NewReader(data), func(string) bool { files++; return true }); err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if files == 0 && bytes.Contains(data, []byte(`"_path"`)) {
			t.Errorf("%s: no files", path)
		}
		// Cut off anywhere before its last brace, the record lacks its files or its link,
		// which is an error.
		cut := data[:len(data)*2/3]
		_, linkErr := ReadRecordLink(bytes.NewReader(cut))
		_, filesErr := ReadRecordFiles(bytes.NewReader(cut), func(string) bool { return true })
		if linkErr == nil && filesErr == nil {
			t.Errorf("%s: cut off, yet no error", path)
		}
	}
}

func FuzzReadRecord(f *testing.F) {
	for _, seed := range []string{
		`{"link": {"source": "/p/a", "type": 1}}`,
		`{"files": ["a", "b"], "extracted_package_dir": "/p/a", "link": null}`,
		`{"files": ["\udcff"], "link": {"type": "copy"}}`, `{`, `[]`, "",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := ReadRecordLink(bytes.NewReader(data))
		if err == nil && (l.Type < UnknownLink || l.Type > Directory) {
			t.Errorf("type %d", l.Type)
		}
		ReadRecordFiles(bytes.NewReader(data), func(path string) bool {
			if path == "" {
				t.Error("empty path")
			}
			return true
		})
	})
}

// BenchmarkRecordLink reads the real records: 41 with 4.8 MB in total.
func BenchmarkRecordLink(b *testing.B) {
	var records [][]byte
	size := int64(0)
	for _, path := range realRecords(b) {
		data, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		records = append(records, data)
		size += int64(len(data))
	}
	b.SetBytes(size)
	for b.Loop() {
		for _, data := range records {
			if _, err := ReadRecordLink(io.Reader(bytes.NewReader(data))); err != nil {
				b.Fatal(err)
			}
		}
	}
}
