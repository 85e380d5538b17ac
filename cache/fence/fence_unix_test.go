//go:build unix

package fence_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gclean/cache/fence"
	"gclean/internal/asuser/wire"
	"gclean/internal/fixture"
	"gclean/walk"
)

// newCache is a folder with a package p and its archive.
func newCache(t *testing.T) *walk.Dir {
	t.Helper()
	top := t.TempDir()
	for name, text := range map[string]string{
		"p-1-0/info/index.json": "index", "p-1-0/info/repodata_record.json": "record", "p-1-0/info/paths.json": "paths", "p-1-0/lib/p": "lib", "p-1-0.conda": "archive",
	} {
		path := filepath.Join(top, filepath.FromSlash(name))
		must(t, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(text), 0o644))
	}
	dir, err := walk.Open(top)
	must(t, err)
	t.Cleanup(func() { dir.Close() })
	return dir
}

var must = fixture.Must

// items are those of newCache, archives first.
func items(t *testing.T, dir *walk.Dir) []fence.Item {
	t.Helper()
	var list []fence.Item
	for _, it := range []fence.Item{{Number: 0, Kind: fence.Archive, Name: "p-1-0.conda"}, {Number: 1, Kind: fence.Package, Name: "p-1-0", Index: "p-1-0"}} {
		st, err := dir.Lstat(string(it.Name))
		must(t, err)
		it.Ino = st.ID.Ino
		list = append(list, it)
	}
	return list
}

// fenced is a cache with everything in it fenced.
func fenced(t *testing.T) (*walk.Dir, []fence.Item) {
	t.Helper()
	dir := newCache(t)
	list := items(t, dir)
	must(t, fence.Take(dir, fence.Lease{Nonce: "n"}, nil), fence.Write(dir, "n", list, nil))
	for i := range list {
		must(t, fence.Set(dir, &list[i], nil), fence.Set(dir, &list[i], nil))
		if !fence.Fenced(dir, &list[i]) {
			t.Fatalf("%s is not fenced", list[i].Name)
		}
	}
	return dir, list
}

func files(t *testing.T, dir *walk.Dir) string {
	t.Helper()
	var list []string
	must(t, filepath.WalkDir(dir.Path(), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			text, err := os.ReadFile(path)
			must(t, err)
			if len(text) > 20 {
				text = nil
			}
			list = append(list, fmt.Sprintf("%s=%s", strings.TrimPrefix(path, dir.Path()+"/"), text))
		}
		return err
	}))
	return strings.Join(list, " ")
}

func TestSetAndRestore(t *testing.T) {
	dir, list := fenced(t)
	want := ".gclean/round/0.archive=archive .gclean/round/1.index=index .gclean/round/1.record=record .gclean/round/items= .gclean/round.lease= p-1-0/info/paths.json=paths p-1-0/lib/p=lib"
	if got := files(t, dir); got != want {
		t.Errorf("fenced: %s", got)
	}
	if err := fence.Drop(dir, "n", nil); !errors.Is(err, fence.ErrAside) {
		t.Errorf("dropped while something is aside: %v", err)
	}
	for _, again := range []fence.Back{fence.Restored, fence.Nothing} {
		for i := range list {
			if back, err := fence.Restore(dir, &list[i], nil); err != nil || back != again {
				t.Errorf("%s: %v, %v", list[i].Name, back, err)
			}
		}
	}
	must(t, fence.Drop(dir, "other", nil))
	if s, err := fence.Read(dir); err != nil || s == nil {
		t.Errorf("another round has dropped it: %+v, %v", s, err)
	}
	must(t, fence.Drop(dir, "n", nil), fence.Drop(dir, "n", nil))
	if got := files(t, dir); got != "p-1-0/info/index.json=index p-1-0/info/paths.json=paths p-1-0/info/repodata_record.json=record p-1-0/lib/p=lib p-1-0.conda=archive" {
		t.Errorf("restored: %s", got)
	}
	if _, err := os.Lstat(filepath.Join(dir.Path(), ".gclean")); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}

// What is anew in the place of what is aside stays, and what is aside goes.
func TestRestoreReplacesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		change func(path string) error
		want   string
	}{
		"index":   {func(p string) error { return os.WriteFile(p+"/p-1-0/info/index.json", []byte("new"), 0o644) }, "p-1-0/info/index.json=new p-1-0/info/paths.json=paths p-1-0/info/repodata_record.json=record p-1-0/lib/p=lib p-1-0.conda=archive"},
		"archive": {func(p string) error { return os.WriteFile(p+"/p-1-0.conda", []byte("new"), 0o644) }, "p-1-0/info/index.json=index p-1-0/info/paths.json=paths p-1-0/info/repodata_record.json=record p-1-0/lib/p=lib p-1-0.conda=new"},
		"folder": {func(p string) error {
			return errors.Join(os.Rename(p+"/p-1-0", p+"/old"), os.MkdirAll(p+"/p-1-0/info", 0o755), os.RemoveAll(p+"/old"))
		}, "p-1-0.conda=archive"},
		"gone":      {func(p string) error { return os.RemoveAll(p + "/p-1-0") }, "p-1-0.conda=archive"},
		"info gone": {func(p string) error { return os.RemoveAll(p + "/p-1-0/info") }, "p-1-0/lib/p=lib p-1-0.conda=archive"},
		"a symlink": {func(p string) error {
			return errors.Join(os.RemoveAll(p+"/p-1-0"), os.MkdirAll(p+"/q/info", 0o755), os.Symlink("q", p+"/p-1-0"))
		}, "p-1-0.conda=archive"},
	} {
		t.Run(name, func(t *testing.T) {
			dir, list := fenced(t)
			must(t, c.change(dir.Path()))
			for i := range list {
				if list[i].Kind == fence.Package && name != "archive" && fence.Fenced(dir, &list[i]) {
					t.Errorf("%s is still fenced", list[i].Name)
				}
				_, err := fence.Restore(dir, &list[i], nil)
				must(t, err)
			}
			must(t, fence.Drop(dir, "n", nil))
			if name == "a symlink" {
				must(t, os.Remove(dir.Path()+"/p-1-0"))
			}
			if got := files(t, dir); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestSetRefusesWhatIsAnother(t *testing.T) {
	dir := newCache(t)
	list := items(t, dir)
	must(t, fence.Take(dir, fence.Lease{Nonce: "n"}, nil), fence.Write(dir, "n", list, nil))
	before := files(t, dir)
	for i := range list {
		list[i].Ino++
		if err := fence.Set(dir, &list[i], nil); !errors.Is(err, fence.ErrOther) {
			t.Errorf("%s: %v", list[i].Name, err)
		}
	}
	if after := files(t, dir); after != before {
		t.Error(after)
	}
}

func TestRemoveKeepsLinkedArchives(t *testing.T) {
	dir, list := fenced(t)
	aside := filepath.Join(dir.Path(), ".gclean", "round", "0.archive")
	other := filepath.Join(t.TempDir(), "x")
	must(t, os.Link(aside, other))
	if removed, err := fence.Remove(dir, &list[0], nil); removed || err != nil {
		t.Errorf("%v, %v", removed, err)
	}
	must(t, os.Remove(other))
	if removed, err := fence.Remove(dir, &list[0], nil); !removed || err != nil {
		t.Errorf("%v, %v", removed, err)
	}
	if !fence.Gone(dir, &list[0]) || fence.Gone(dir, &list[1]) {
		t.Error("what is gone is not")
	}
}

// Of many that take the lease at once, one has it, and the others know whose it is.
func TestLeaseExcludes(t *testing.T) {
	dir := newCache(t)
	const many = 16
	var wg sync.WaitGroup
	got := make([]error, many)
	for i := range many {
		wg.Go(func() { got[i] = fence.Take(dir, fence.Lease{Nonce: fmt.Sprint(i), Host: "h", PID: i}, nil) })
	}
	wg.Wait()
	have, err := fence.ReadLease(dir)
	must(t, err)
	for i, err := range got {
		held := (*fence.HeldError)(nil)
		switch {
		case fmt.Sprint(i) == have.Nonce:
			must(t, err, fence.Take(dir, *have, nil)) // it has it still
		case !errors.As(err, &held) || held.Lease != *have:
			t.Errorf("%d: %v", i, err)
		}
	}
	entries, err := os.ReadDir(filepath.Join(dir.Path(), ".gclean"))
	must(t, err)
	if len(entries) != 1 {
		t.Errorf("left: %v", entries)
	}
}

// What a cache says of a round is not trusted: who can write to the cache can write it.
func TestBadLists(t *testing.T) {
	for name, text := range map[string]string{
		"cut":       `{"nonce":"n"}` + "\n" + `{"item":{"number":0,"kind":"archive","name":"a","ino":1}}` + "\n",
		"above":     `{"item":{"number":0,"kind":"archive","name":"../a","ino":1}}` + "\n" + `{"end":true}` + "\n",
		"absolute":  `{"item":{"number":0,"kind":"archive","name":"/etc/passwd","ino":1}}` + "\n" + `{"end":true}` + "\n",
		"kind":      `{"item":{"number":0,"kind":"x","name":"a","ino":1}}` + "\n" + `{"end":true}` + "\n",
		"negative":  `{"item":{"number":-1,"kind":"archive","name":"a","ino":1}}` + "\n" + `{"end":true}` + "\n",
		"long name": `{"item":{"number":0,"kind":"archive","name":"` + strings.Repeat("a", 5000) + `","ino":1}}` + "\n" + `{"end":true}` + "\n",
		"deep name": `{"item":{"number":0,"kind":"archive","name":"` + strings.Repeat("a/", 100) + `a","ino":1}}` + "\n" + `{"end":true}` + "\n",
		"not JSON":  "x\n",
		"no text":   "",
		"duplicate": `{"end":true,"end":true}` + "\n",
	} {
		dir := newCache(t)
		must(t, fence.Take(dir, fence.Lease{Nonce: "n"}, nil), fence.Write(dir, "n", nil, nil))
		path := filepath.Join(dir.Path(), ".gclean", "round", "items")
		must(t, os.WriteFile(path, []byte(`{"protocol":"gclean-fence","version":1}`+"\n"+text), 0o644))
		if s, err := fence.Read(dir); err == nil {
			t.Errorf("%s: %+v", name, s)
		}
	}
	dir := newCache(t)
	must(t, os.MkdirAll(filepath.Join(dir.Path(), ".gclean"), 0o755), os.Symlink("/etc/passwd", filepath.Join(dir.Path(), ".gclean", "round.lease")))
	if l, err := fence.ReadLease(dir); err == nil {
		t.Errorf("a symlink is a lease: %+v", l)
	}
}

func TestStateOfNames(t *testing.T) {
	dir := newCache(t)
	var none *fence.State
	if s, err := fence.Read(dir); s != nil || err != nil || none.Of("x") != nil || none.Below("x") {
		t.Errorf("%+v, %v", s, err)
	}
	list := []fence.Item{{Number: 3, Kind: fence.Package, Name: wire.Path("https/c/x-1-0\xff"), Ino: 1}}
	must(t, fence.Take(dir, fence.Lease{Nonce: "n"}, nil), fence.Write(dir, "n", list, nil))
	s, err := fence.Read(dir)
	must(t, err)
	if it := s.Of("https/c/x-1-0\xff"); it == nil || *it != list[0] || !s.Below("https") || s.Below("http") || s.Of("https") != nil {
		t.Errorf("%+v", s)
	}
}
