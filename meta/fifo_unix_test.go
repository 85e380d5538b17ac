//go:build unix

package meta

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"
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
