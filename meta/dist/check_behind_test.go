package dist

import (
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/fixture"
)

// Files listed below a symlink are looked for behind it, but only inside the package.
func TestCheckBehindSymlinks(t *testing.T) {
	fixture.NeedSymlinks(t)
	const sumX = "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881" // of "x"
	for name, c := range map[string]struct {
		target, content, want string
	}{
		"there":   {"lib", "x", ""},
		"changed": {"lib", "y", "d/b: wrong hash: a1fce4363854ff888cff4b8e7875d600c2682390412a8cf79b37d0b11148b0fa, expected " + sumX},
		"longer":  {"lib", "xx", "d/b: wrong size: 2, expected 1"},
		"gone":    {"lib", "", "d/b: missing"},
		"outside": {"../lib", "x", "d: leads out: ../lib\nd/b: missing\nlib/b: added"},
	} {
		t.Run(name, func(t *testing.T) {
			top := filepath.Join(t.TempDir(), "a-1-0")
			write := func(at, text string) {
				must(t, os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(text), 0o644))
			}
			write(top+"/info/index.json", `{"name": "a", "version": "1", "build": "0"}`)
			write(top+"/info/paths.json", `{"paths": [{"_path": "d", "path_type": "softlink"},
				{"_path": "d/b", "path_type": "hardlink", "sha256": "`+sumX+`", "size_in_bytes": 1}]}`)
			must(t, os.MkdirAll(top+"/lib", 0o755), os.Symlink(c.target, top+"/d"))
			write(filepath.Dir(top)+"/lib/b", "x")
			if c.content != "" {
				write(top+"/lib/b", c.content)
			}
			if got := check(t, top, CheckOptions{}); got != c.want {
				t.Errorf("%s\nwant\n%s", got, c.want)
			}
		})
	}
}
