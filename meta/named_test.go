package meta

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestNamed(t *testing.T) {
	top := t.TempDir()
	first, second := filepath.Join(top, "1"), filepath.Join(top, "2")
	for _, dir := range []string{filepath.Join(first, "no-env"), filepath.Join(first, "both", "conda-meta"), filepath.Join(second, "both", "conda-meta"),
		filepath.Join(second, "no-env", "conda-meta")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	c := &Config{RootPrefix: Value{Path: top}, EnvsDirs: []Value{{Path: first}, {Path: filepath.Join(top, "absent")}, {Path: second}}}
	for name, want := range map[string]string{
		"base": top, "root": top, "both": filepath.Join(first, "both"), "no-env": filepath.Join(second, "no-env"),
		"absent": "", "": "", "..": "", "../2/both": "", `a\b`: "",
	} {
		got, err := c.Named(name)
		if got != want || (want == "") != errors.Is(err, ErrNoName) {
			t.Errorf("%q: %q %v, want %q", name, got, err, want)
		}
	}
	if _, err := new(Config).Named("base"); !errors.Is(err, ErrNoName) {
		t.Errorf("base without a root prefix: %v", err)
	}
}
