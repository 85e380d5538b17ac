package mounts

import (
	"path/filepath"
	"strings"
	"testing"
)

func FuzzMounts(f *testing.F) {
	for _, seed := range []string{`30 27 0:30 / /home rw master:2 propagate_from:1 - autofs systemd-1 rw,fd=30`, "a /b c", `1 2 3 / /\04 x - y`, `x /\777 z`, "- - - - - - - -\n", `\`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, _ := Parse([]byte(text))
		list.Topmost()
		list.At("/a/b")
		if len(list) > strings.Count(text, "\n")+1 {
			t.Errorf("%d mounts", len(list))
		}
		for _, point := range ParseFstab([]byte(text)) {
			if !filepath.IsAbs(point) || point == filepath.Dir(point) {
				t.Errorf("mount point %q", point)
			}
		}
	})
}
