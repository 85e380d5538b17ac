package walk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gclean/walk"
)

// TestLookEqualsLstat: on a local file system, both return the same.
func TestLookEqualsLstat(t *testing.T) {
	top := t.TempDir()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(errors.Join(os.MkdirAll(filepath.Join(top, "a", "b"), 0o750), os.WriteFile(filepath.Join(top, "a", "b", "f"), []byte("text"), 0o640)))
	dir, err := walk.Open(top)
	must(err)
	defer dir.Close()
	sub, err := dir.OpenBelow("a/b")
	must(err)
	defer sub.Close()
	for rel, want := range map[string]func() (walk.Stat, error){
		"a":     func() (walk.Stat, error) { return dir.Lstat("a") },
		"a/b/f": func() (walk.Stat, error) { return sub.Lstat("f") },
	} {
		st, err := dir.Look(rel)
		must(err)
		if was, err := want(); err != nil || st != was {
			t.Errorf("%s: %+v, want %+v, %v", rel, st, was, err)
		}
	}
	for _, rel := range []string{"a/none", "", ".", "..", "/a", "a/../a"} {
		if st, err := dir.Look(rel); err == nil {
			t.Errorf("%q: %+v", rel, st)
		}
	}
}

// TestSamples: there are as many samples as requested, of files outside info, each once.
func TestSamples(t *testing.T) {
	top := t.TempDir()
	for i := range 40 {
		for _, path := range []string{fmt.Sprintf("p/lib/d%d/f%d", i%7, i), fmt.Sprintf("p/info/i%d", i)} {
			path = filepath.Join(top, filepath.FromSlash(path))
			if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil, 0o644)); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir, err := walk.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for asked, want := range map[int]int{0: 0, 5: 5, 100: 40} {
		trees, _, err := walk.Measure(t.Context(), []walk.Root{{Dir: dir, Name: "p"}}, walk.MeasureOptions{Except: "info", Samples: asked})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, s := range trees[0].Samples {
			st, err := os.Lstat(filepath.Join(top, "p", filepath.FromSlash(s.Path)))
			if err != nil || st.IsDir() || s.Path[:4] != "lib/" || s.Stat.ID == (walk.ID{}) {
				t.Errorf("%+v: %v", s, err)
			}
			seen[s.Path] = true
		}
		if len(seen) != want {
			t.Errorf("%d of %d: %v", len(seen), asked, seen)
		}
	}
}
