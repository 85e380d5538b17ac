package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"gclean/internal/fixture"
)

// An immutable file cannot be removed even by root.
func TestImmutableFilesAreReported(t *testing.T) {
	dir := t.TempDir()
	c, err := fixture.NewCache(filepath.Join(dir, "pkgs"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := c.Add(scriptPackage(name)); err != nil {
			t.Fatal(err)
		}
	}
	file, archive, folder := c.Path("a-1.0-0/lib/a.so"), c.Path("b-1.0-0.conda"), c.Path("c-1.0-0")
	t.Cleanup(func() { exec.Command("chattr", "-R", "-i", dir).Run() })
	if out, err := exec.Command("chattr", "+i", file, archive, folder).CombinedOutput(); err != nil {
		t.Skipf("no immutable files here: %v: %s", err, out)
	}
	clean := func(args ...string) (int, string, string) {
		var out, errs strings.Builder
		code := run(t.Context(), "gclean", append(args, "-y", "--pkgs-dir", c.Dir), strings.NewReader(""), &out, &errs)
		return code, out.String(), errs.String()
	}
	code, _, stderr := clean("-a")
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	for _, path := range []string{c.Path("a-1.0-0"), archive, folder} {
		if !strings.Contains(stderr, "WARNING: cannot remove "+path+": ") {
			t.Errorf("stderr does not tell of %s: %s", path, stderr)
		}
	}
	if n := strings.Count(stderr, "\n"); n != 3 || strings.Count(stderr, "chattr -i") != 3 {
		t.Errorf("%d lines: %s", n, stderr)
	}
	// A package is whole or out of the way, never half there.
	if _, err := os.Lstat(c.Path("a-1.0-0")); err == nil {
		t.Error("a is still there")
	}
	if _, err := os.Lstat(filepath.Join(folder, "info/index.json")); err != nil {
		t.Error(err)
	}
	// What is left is found again, and the cache still is one.
	code, stdout, _ := clean("-f", "--json")
	if doc := decode(t, stdout); code != exitFailed || doc["success"] != false {
		t.Errorf("exit code %d, %v", code, doc)
	}
	if err := exec.Command("chattr", "-R", "-i", c.Dir).Run(); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := clean("-f"); code != exitDone || stderr != "" {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if _, err := os.Lstat(c.Dir); err == nil {
		t.Error("something is left")
	}
}
