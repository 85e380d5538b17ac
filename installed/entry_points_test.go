package installed_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"testing"

	"gclean/installed"
	"gclean/internal/fixture"
)

// A script that an installer made is looked at, as far as the record tells, and never
// made anew: no package has it, and each installer has its own text.
func TestEntryPoints(t *testing.T) {
	const script = "#!/env/bin/python\nimport sys\n"
	sum := fmt.Sprintf("%x", sha256.Sum256([]byte(script)))
	for name, c := range map[string]struct {
		record, content string
		want            string
	}{
		"conda, there":     {`"path_type": "unix_python_entry_point"`, script, ""},
		"conda, changed":   {`"path_type": "unix_python_entry_point"`, "x", ""},
		"conda, cut":       {`"path_type": "unix_python_entry_point"`, "", "bin/tool: wrong_size"},
		"conda, gone":      {`"path_type": "unix_python_entry_point"`, "-", "bin/tool: missing"},
		"rattler, there":   {`"path_type": "unix_python_entry_point", "sha256_in_prefix": "` + sum + `"`, script, ""},
		"rattler, changed": {`"path_type": "unix_python_entry_point", "sha256_in_prefix": "` + sum + `"`, "x", "bin/tool: wrong_hash"},
		"Windows, gone":    {`"path_type": "windows_python_entry_point_exe"`, "-", "bin/tool: missing"},
	} {
		w := newWorld(t, fixture.Link{})
		must(t, w.env.AddFile("conda-meta/tool-1-0.json", `{"name": "tool", "version": "1", "build": "0", "noarch": "python",
			"paths_data": {"paths": [{"_path": "bin/tool", `+c.record+`}]}}`))
		if c.content != "-" {
			must(t, os.MkdirAll(w.env.Path("bin"), 0o755), os.WriteFile(w.env.Path("bin/tool"), []byte(c.content), 0o755))
		}
		v := w.verify(t)
		if faults, _ := found(v); faults != c.want {
			t.Errorf("%s: %q, want %q", name, faults, c.want)
		}
		p := w.plan(t, v)
		if c.want != "" && (len(p.Files) > 0 || len(p.Unmendable) != 1 || !errors.Is(p.Unmendable[0].Err, installed.ErrMade)) {
			t.Errorf("%s: %+v, %+v", name, p.Files, p.Unmendable)
		}
	}
}
