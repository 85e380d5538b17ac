package meta

import (
	"strings"
	"testing"
)

func TestCondarcAddsUpLists(t *testing.T) {
	for name, c := range map[string]struct{ text, want, says string }{
		"a key twice":             {"envs_dirs: [/a]\nenvs_dirs: [/b]\n", "/a /b", "envs_dirs is set more than once"},
		"a key and its old name":  {"envs_path: [/a]\nenvs_dirs: [/b]\n", "/a /b", "envs_dirs is set more than once"},
		"two documents":           {"---\nchannels: [x]\n---\nenvs_dirs: [/a]\n", "/a", ""},
		"both documents have it":  {"envs_dirs: [/a]\n---\nenvs_dirs: [/b]\n", "/a /b", "envs_dirs is set more than once"},
		"an empty document first": {"---\n---\nenvs_dirs: [/a]\n", "/a", ""},
		"a merge key":             {"x: &x {envs_dirs: [/a]}\n<<: *x\n", "/a", ""},
		"merged in two steps":     {"x: &x {envs_dirs: [/a]}\ny: &y {<<: *x}\n<<: [*y]\n", "/a", ""},
		"its own key wins":        {"x: &x {envs_dirs: [/a]}\n<<: *x\nenvs_dirs: [/b]\n", "/b", ""},
		"it merges itself":        {"x: &x {envs_dirs: [/a], <<: *x}\n<<: *x\n", "/a", ""},
		"spaces":                  {"envs_dirs: [' /a ', \"/b\\n\"]\n", "/a /b", ""},
		"a scalar twice":          {"dry_run: false\ndry_run: true\n", "", "dry_run is set more than once, and the last value counts"},
		"an empty item":           {"envs_dirs: [/a, ' ']\n", "/a", "an item of envs_dirs is empty"},
		"too many in two lists":   {"envs_dirs: [" + strings.Repeat("/a,", maxNamed) + "]\n---\nenvs_dirs: [/b]\n", "/a", "more than 1000 items"},
	} {
		rc, err := parseCondarc([]byte(c.text), "file")
		var got []string
		for _, v := range merge([]setting{rc["envs_dirs"]}) {
			got = append(got, v.Path)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: envs_dirs %q, want %q", name, got, c.want)
		}
		if c.says == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want %q", name, err, c.says)
		}
	}
	for text, want := range map[string]string{
		"dry_run: true\n---\ndry_run: false\n": "true", // mamba reads the first document
		"dry_run: true\ndry_run: false\n":      "false",
	} {
		if rc, err := parseCondarc([]byte(text), "file"); rc["dry_run"].scalar != want || err == nil {
			t.Errorf("%q: dry_run is %q, error %v", text, rc["dry_run"].scalar, err)
		}
	}
	if rc, err := parseCondarc([]byte("envs_dirs: [/a]\n---\n{"), "file"); rc != nil || err == nil {
		t.Errorf("a broken document: %v, %v; the file must count as unreadable", rc, err)
	}
}
