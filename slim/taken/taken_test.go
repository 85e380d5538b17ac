package taken_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim/taken"
	"gclean/walk"
)

// open makes an environment, with a note if there is text for one, and opens it.
func open(t *testing.T, text string) *walk.Dir {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "conda-meta"), 0o755); err != nil {
		t.Fatal(err)
	}
	if text != "" {
		if err := os.WriteFile(note(dir), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	prefix, err := walk.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { prefix.Close() })
	return prefix
}

func note(prefix string) string { return filepath.Join(prefix, "conda-meta", taken.Name) }

var (
	z = taken.File{Path: "lib/z.a", Record: "zlib-1-0", Kind: "static-libs"}
	a = taken.File{Path: "lib/a.a", Record: "a-1-0", Kind: "static-libs"}
	m = taken.File{Path: "man/m", Record: "a-1-0", Kind: "docs"}
)

func TestNoteIsWhatWasWritten(t *testing.T) {
	prefix := open(t, "")
	if n, err := taken.Read(prefix); err != nil || len(n.Removed) > 0 {
		t.Fatalf("without a note: %v %v", n, err)
	}
	if err := taken.Write(prefix, taken.Note{}.Merge([]taken.File{z, a})); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(note(prefix.Path()))
	const want = `{"schema":1,"removed":[{"path":"lib/a.a","record":"a-1-0","kind":"static-libs"},{"path":"lib/z.a","record":"zlib-1-0","kind":"static-libs"}]}` + "\n"
	if err != nil || string(text) != want {
		t.Errorf("%s %v, want %s", text, err, want)
	}
	n, err := taken.Read(prefix)
	if err != nil || !slices.Equal(n.Removed, []taken.File{a, z}) || n.Index()["lib/z.a"] != z {
		t.Errorf("%v %v", n, err)
	}
	names, err := os.ReadDir(filepath.Join(prefix.Path(), "conda-meta"))
	if err != nil || len(names) != 1 {
		t.Errorf("conda-meta has %v %v", names, err)
	}
	if strings.HasSuffix(taken.Name, ".json") {
		t.Error("installers would take the note for a record")
	}
	if err := taken.Write(prefix, taken.Note{}); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Lstat(note(prefix.Path())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("an empty note is left: %v", err)
	}
}

func TestMerge(t *testing.T) {
	again := z
	again.Record = "zlib-2-0"
	n := taken.Note{}.Merge([]taken.File{z, m}).Merge([]taken.File{again, a})
	if !slices.Equal(n.Removed, []taken.File{a, again, m}) {
		t.Errorf("%v", n)
	}
	if n = n.Without(func(record string) bool { return record == "a-1-0" }); !slices.Equal(n.Removed, []taken.File{a, m}) {
		t.Errorf("%v", n)
	}
}

func TestWhatIsNoNote(t *testing.T) {
	for _, text := range []string{"{", "[]", `{"schema":2,"removed":[]}`, "{}", `{"schema":1,"removed":["lib/a.a"]}`} {
		if n, err := taken.Read(open(t, text)); !errors.Is(err, taken.ErrNoNote) || len(n.Removed) > 0 {
			t.Errorf("%s: %v %v", text, n, err)
		}
	}
	// Paths are somebody else's text.
	n, err := taken.Read(open(t, `{"schema":1,"removed":[{"path":"../x"},{"path":"/etc/passwd"},{"path":"lib/a.a"}],"later":1}`))
	if err != nil || len(n.Removed) != 1 || n.Removed[0].Path != "lib/a.a" {
		t.Errorf("%v %v", n, err)
	}
}

// Whoever owns the environment may have put anything there.
func TestNoteThatIsNoFile(t *testing.T) {
	prefix := open(t, "")
	if err := os.Mkdir(note(prefix.Path()), 0o755); err != nil {
		t.Fatal(err)
	}
	if _, err := taken.Read(prefix); err == nil {
		t.Error("a folder is read")
	}
	if err := taken.Write(prefix, taken.Note{Removed: []taken.File{z}}); err == nil {
		t.Error("a folder is replaced")
	}
	outside := filepath.Join(t.TempDir(), "outside")
	if err := os.Remove(note(prefix.Path())); err != nil {
		t.Fatal(err)
	}
	fixture.NeedSymlinks(t)
	if err := os.Symlink(outside, note(prefix.Path())); err != nil {
		t.Fatal(err)
	}
	if err := taken.Write(prefix, taken.Note{Removed: []taken.File{z}}); err == nil {
		t.Error("a symlink is replaced")
	}
	if _, err := os.Lstat(outside); !errors.Is(err, os.ErrNotExist) {
		t.Error("a symlink is followed")
	}
}
