//go:build unix

package meta

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gclean/walk/open"
)

func TestFIFOs(t *testing.T) {
	h, top := host(t, map[string]string{"home/u/.conda/": ""}, nil)
	for _, name := range []string{"home/u/.condarc", "home/u/.conda/environments.txt"} {
		if err := syscall.Mkfifo(filepath.Join(top, name), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if p := problems(configure(t, h, Options{})); len(p) != 1 || !strings.Contains(p[0].Error(), "not a regular file") {
		t.Errorf("problems %v", p)
	}
	if _, p := environments(t, h, Options{}); len(p) != 1 || !strings.Contains(p[0].Err.Error(), "not a regular file") {
		t.Errorf("problems %v", p)
	}
}

// TestFIFOInEnvironment: meta opens neither a FIFO named conda-meta nor a symlink to a
// device, and waits for no record that is a FIFO.
func TestFIFOInEnvironment(t *testing.T) {
	h, top := host(t, map[string]string{
		"home/u/.conda/environments.txt": "TOP/fifo\nTOP/files\nTOP/device\nTOP/record\n",
		"fifo/":                          "",
		"files/lib/x":                    "",
		"device/":                        "",
		"record/conda-meta/a-1-0.json":   "{}",
	}, nil)
	for _, name := range []string{"fifo/conda-meta", "files/conda-meta", "record/conda-meta/b-1-0.json"} {
		must(t, syscall.Mkfifo(filepath.Join(top, name), 0o644))
	}
	must(t, os.Symlink("/dev/tty", filepath.Join(top, "device/conda-meta")))
	envs, problems := environments(t, h, Options{})
	if got := prefixes(envs, top); got != "/files /record" || !envs[0].Bare || len(problems) > 0 {
		t.Fatalf("%s, problems %v", got, problems)
	}
	if f, err := envs[1].OpenRecord("b-1-0.json"); !errors.Is(err, open.ErrNotRegular) {
		t.Errorf("%v, error %v", f, err)
	}
}
