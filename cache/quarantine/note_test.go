package quarantine_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/cache/quarantine"
	"gclean/internal/asuser/wire"
	"gclean/internal/fixture"
	"gclean/walk"
)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

func note(place string) *quarantine.Note {
	return &quarantine.Note{
		Schema: quarantine.Schema, Cache: "/opt/pkgs", Path: wire.Path(place), Category: "packages", Dist: "a-1.0-0",
		Time: noon, Until: noon.Add(time.Hour), ApparentSize: 3, DiskSize: 4096, Files: 1,
	}
}

func TestNoteIsReadAsWritten(t *testing.T) {
	for _, place := range []string{"a-1.0-0", "https/conda.example/channel/linux-64/a-1.0-0", "a\xff-1-0", "a b-1-0"} {
		n := note(place)
		n.Also = []wire.Path{"a-1.0-0.lock"}
		text, err := n.Encode()
		if err != nil {
			t.Errorf("%q: %v", place, err)
			continue
		}
		got, err := quarantine.Parse(text)
		if err != nil || string(got.Path) != place || !got.Until.Equal(n.Until) || got.Also[0] != "a-1.0-0.lock" {
			t.Errorf("%q: %+v, %v", place, got, err)
		}
	}
}

func TestDue(t *testing.T) {
	n := note("a-1.0-0")
	for at, want := range map[time.Time]bool{
		noon: false, n.Until.Add(-1): false, n.Until: true, n.Until.Add(time.Hour): true, noon.Add(-time.Hour): false,
	} {
		if n.Due(at) != want {
			t.Errorf("at %s it is %t that it goes", at, !want)
		}
	}
}

func TestBadNotes(t *testing.T) {
	sound, err := note("a-1.0-0").Encode()
	if err != nil {
		t.Fatal(err)
	}
	change := func(from, to string) string {
		if !strings.Contains(string(sound), from) {
			t.Fatalf("%s is not in %s", from, sound)
		}
		return strings.Replace(string(sound), from, to, 1)
	}
	place := `"path": "a-1.0-0"`
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"empty":                     {"", quarantine.ErrBadNote},
		"cut off":                   {string(sound[:len(sound)/2]), quarantine.ErrBadNote},
		"more follows":              {string(sound) + "{}", quarantine.ErrBadNote},
		"unknown key":               {change(`"schema"`, `"x": 1, "schema"`), quarantine.ErrBadNote},
		"no schema":                 {change(`"schema": 1`, `"schema": 0`), quarantine.ErrBadNote},
		"newer":                     {change(`"schema": 1`, `"later": {}, "schema": 2`), quarantine.ErrNewer},
		"no path":                   {change(place, `"path": ""`), quarantine.ErrBadNote},
		"above":                     {change(place, `"path": "../a-1.0-0"`), quarantine.ErrBadNote},
		"above, by a detour":        {change(place, `"path": "x/../../a-1.0-0"`), quarantine.ErrBadNote},
		"absolute":                  {change(place, `"path": "/etc/passwd"`), quarantine.ErrBadNote},
		"another disk":              {change(place, `"path": "C:/x"`), quarantine.ErrBadNote},
		"backslashes":               {change(place, `"path": "..\\x"`), quarantine.ErrBadNote},
		"the trash":                 {change(place, `"path": ".gclean-trash/x"`), quarantine.ErrBadNote},
		"a trash in a folder":       {change(place, `"path": "https/.gclean-trash/x"`), quarantine.ErrBadNote},
		"a path too long":           {change(place, `"path": "`+strings.Repeat("d/", 3000)+`x"`), quarantine.ErrBadNote},
		"a size too large":          {change(`"apparent_size": 3`, `"apparent_size": 9223372036854775807`), quarantine.ErrBadNote},
		"the note":                  {change(place, `"path": "x/note.json"`), quarantine.ErrBadNote},
		"until before it was moved": {change(`"until": "2026`, `"until": "2025`), quarantine.ErrBadNote},
		"a size below 0":            {change(`"files": 1`, `"files": -1`), quarantine.ErrBadNote},
		"also: a path above":        {change(place, place+`, "also": ["../x"]`), quarantine.ErrBadNote},
		"also: the entry itself":    {change(place, place+`, "also": ["a-1.0-0"]`), quarantine.ErrBadNote},
		"also: a path in a folder":  {change(place, place+`, "also": ["x/y"]`), quarantine.ErrBadNote},
	} {
		if n, err := quarantine.Parse([]byte(c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, error %v", name, n, err)
		}
	}
}

func TestTrusted(t *testing.T) {
	stat := func(uid, gid uint32, mode fs.FileMode) walk.Stat {
		return walk.Stat{UID: uid, GID: gid, Mode: mode | fs.ModeDir}
	}
	for name, c := range map[string]struct {
		cache, note      walk.Stat
		euid             int
		trusted, byGroup bool
	}{
		"one's own":                        {stat(1, 1, 0o755), stat(7, 7, 0), 7, true, false},
		"root's":                           {stat(1, 1, 0o755), stat(0, 0, 0), 7, true, false},
		"the owner's":                      {stat(1, 1, 0o755), stat(1, 5, 0), 7, true, false},
		"another's":                        {stat(1, 1, 0o755), stat(9, 1, 0), 7, false, false},
		"another's, in root's cache":       {stat(0, 0, 0o755), stat(9, 9, 0), 0, false, false},
		"a member of the group":            {stat(1, 5, 0o775), stat(9, 5, 0), 7, true, true},
		"a member of another group":        {stat(1, 5, 0o775), stat(9, 6, 0), 7, false, false},
		"a group that may not write":       {stat(1, 5, 0o755), stat(9, 5, 0), 7, false, false},
		"a cache that everybody may write": {stat(1, 5, 0o777), stat(9, 6, 0), 7, false, false},
	} {
		if os.PathSeparator == '\\' {
			t.Skip("Windows has no owners")
		}
		if trusted, byGroup := quarantine.Trusted(c.cache, c.note, c.euid); trusted != c.trusted || byGroup != c.byGroup {
			t.Errorf("%s: %t, %t", name, trusted, byGroup)
		}
	}
}

// TestRead: the content of each folder decides what it is.
func TestRead(t *testing.T) {
	top := t.TempDir()
	put := func(name, text string, item bool) {
		dir := filepath.Join(top, quarantine.Dir, name)
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if text != "-" {
			if err := os.WriteFile(filepath.Join(dir, quarantine.NoteName), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if item {
			if err := os.Mkdir(filepath.Join(dir, "a-1.0-0"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
	}
	text, err := note("a-1.0-0").Encode()
	if err != nil {
		t.Fatal(err)
	}
	put("1 whole", string(text), true)
	put("2 no entry", string(text), false)
	put("3 no note", "-", true)
	put("4 note not written", "", false)
	put("5 note empty, entry", "", true)
	put("6 newer", `{"schema": 2}`, true)
	if err := os.WriteFile(filepath.Join(top, quarantine.Dir, "7 no folder"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	want := "whole trash trash trash refused refused refused"
	if fixture.CanSymlink() == nil {
		put("8 linked note", "-", true)
		target := filepath.Join(top, "outside.json")
		if err := errors.Join(os.WriteFile(target, text, 0o644), os.Symlink(target, filepath.Join(top, quarantine.Dir, "8 linked note", quarantine.NoteName)),
			os.Symlink(filepath.Join(top, quarantine.Dir, "1 whole"), filepath.Join(top, quarantine.Dir, "9 linked folder"))); err != nil {
			t.Fatal(err)
		}
		want += " refused refused"
	}
	dir, err := walk.Open(top)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	found, err := quarantine.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range found {
		switch {
		case f.Whole():
			got = append(got, "whole")
		case f.Err != nil:
			if !errors.As(f.Err, new(*quarantine.RefusedError)) {
				t.Errorf("%s: %v", f.Name, f.Err)
			}
			got = append(got, "refused")
		default:
			got = append(got, "trash")
		}
	}
	if strings.Join(got, " ") != want {
		t.Errorf("found %s, want %s", got, want)
	}
}

func FuzzParse(f *testing.F) {
	text, err := note("https/x/a-1.0-0").Encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Fuzz(func(t *testing.T, text string) {
		n, err := quarantine.Parse([]byte(text))
		if err != nil {
			return
		}
		if !filepath.IsLocal(filepath.FromSlash(string(n.Path))) || strings.ContainsRune(n.Name(), '/') || strings.HasPrefix(string(n.Path), ".gclean") {
			t.Errorf("the place %q", n.Path)
		}
		if _, err := n.Encode(); err != nil {
			t.Errorf("%+v cannot be written: %v", n, err)
		}
	})
}
