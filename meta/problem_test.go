package meta

import (
	"context"
	"os"
	"path/filepath"
	"testing"
)

func TestProblemsHaveCodes(t *testing.T) {
	d := &Discovery{}
	d.note(Problem{Path: "/list", Hides: true})
	d.note(Problem{Path: "/condarc"})
	d.note(Problem{Path: "/more", Code: "known"})
	d.note(Problem{Path: "/hidden", Code: "known", Hides: true})
	for path, want := range map[string]string{
		"/list": CodeUnreadableList, "/condarc": CodeConfiguration, "/more": "known", "/hidden": "known",
	} {
		for _, p := range append(d.Problems, d.Unread...) {
			if p.Path == path && p.Code != want {
				t.Errorf("%s: %q, want %q", path, p.Code, want)
			}
		}
	}
	if len(d.Problems) != 2 || len(d.Unread) != 2 {
		t.Errorf("%v %v", d.Problems, d.Unread)
	}
}

func TestBrokenConfigurationHasCode(t *testing.T) {
	home := t.TempDir()
	must(t, os.WriteFile(filepath.Join(home, ".condarc"), []byte("{"), 0o644))
	d, err := Host{Home: home, UID: -1}.Discover(context.Background(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(d.Problems)+len(d.Unread) == 0 {
		t.Error("nothing is wrong with it")
	}
	for _, p := range append(d.Problems, d.Unread...) {
		if p.Code == "" {
			t.Errorf("%s has no code", p.Path)
		}
	}
}
