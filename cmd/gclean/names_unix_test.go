//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"gclean/internal/fixture"
)

// Names may be any bytes: a document stays valid and gives the bytes back to
// Python, text cannot move the cursor.
func TestOddNames(t *testing.T) {
	if _, err := os.Create(filepath.Join(t.TempDir(), "\xff")); err != nil {
		t.Skip("this file system takes no such names: ", err)
	}
	dir := filepath.Join(t.TempDir(), "c\xe9che\n\x1b[2J")
	c, err := fixture.NewCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	odd := []string{"la\xfftin-1-0.conda", "esc\x1b[31m-1-0.conda", "two\nlines-1-0.tar.bz2", "quo\"te\\-1-0.conda", "\u202edistrib-1-0.conda"}
	for _, name := range odd {
		if err := c.AddFile(name, "x"); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"-t", "-d", "-v"}, {"-t", "-d", "--json"}, {"-t", "-y", "-v"}} {
		var out, errs strings.Builder
		if code := run(t.Context(), "gclean", append(args, "--pkgs-dir", dir), strings.NewReader(""), &out, &errs); code != exitDone {
			t.Errorf("%q: exit code %d: %s", args, code, errs.String())
		}
		if text := out.String() + errs.String(); strings.ContainsAny(text, "\x1b\u202e") || !utf8.ValidString(text) {
			t.Errorf("%q: printed %q", args, text)
		}
		if args[2] != "--json" {
			continue
		}
		decode(t, out.String())
		for _, want := range []string{`"la\udcfftin-1-0.conda"`, `"esc\u001b[31m-1-0.conda"`, `"two\nlines-1-0.tar.bz2"`, `/c\udce9che\n\u001b[2J"`} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("no %s in %s", want, out.String())
			}
		}
	}
	for _, name := range odd {
		if _, err := os.Lstat(c.Path(name)); err == nil {
			t.Errorf("%q is still there", name)
		}
	}
	var out, errs strings.Builder
	run(t.Context(), "gclean", []string{"-t", "-d", "--pkgs-dir", dir + "\xfe"}, strings.NewReader(""), &out, &errs)
	if strings.Contains(errs.String(), "\x1b") || !utf8.ValidString(errs.String()) || strings.Count(errs.String(), "\n") != 3 {
		t.Errorf("printed %q", errs.String())
	}
}

// A record of 200 MB holds its package, in bounded memory and time.
func TestHugeRecord(t *testing.T) {
	c := newCase(t)
	for _, name := range []string{"used", "idle"} {
		if err := c.Cache.Add(scriptPackage(name)); err != nil {
			t.Fatal(err)
		}
	}
	record := c.Env.Record(scriptPackage("used"))
	f, err := os.Create(record)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	f.WriteString(`{"files": ["`)
	chunk := strings.Repeat("a", 1<<20)
	for range 70 { // what is behind is never read: a hole
		f.WriteString(chunk)
	}
	if err := f.Truncate(200 << 20); err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	if code := run(t.Context(), "gclean", []string{"-p", "-y"}, strings.NewReader(""), &out, &errs); code != exitDoubt {
		t.Errorf("exit code %d: %s", code, out.String())
	}
	// A slow machine also shows progress.
	if n := strings.Count(errs.String(), "WARNING: "); n != 1 || !strings.Contains(errs.String(), record+": the record is larger than") {
		t.Errorf("printed %q", errs.String())
	}
	if _, err := os.Lstat(c.Cache.Path("used-1.0-0")); err != nil {
		t.Error(err)
	}
	if _, err := os.Lstat(c.Cache.Path("idle-1.0-0")); err == nil {
		t.Error("idle is still there")
	}
}
