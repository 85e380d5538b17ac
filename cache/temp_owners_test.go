package cache

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"gclean/meta"
)

// TestTempOwnersWithEqualIDs: gclean looks for a temp file in the records of its own
// environment, even if folders have equal IDs.
func TestTempOwnersWithEqualIDs(t *testing.T) {
	top := t.TempDir()
	var envs []meta.Environment
	for name, files := range map[string]string{"a": `"lib/x.c~"`, "b": ""} {
		dir := filepath.Join(top, name, "conda-meta")
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "p-1-0.json"), []byte(`{"files": [`+files+`]}`), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(top, "a", "lib"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		env, _ := meta.ReadEnvironment(filepath.Join(top, name))
		if len(envs) > 0 {
			env.ID = envs[0].ID
		}
		envs = append(envs, env)
	}
	e := &candidate{Entry: Entry{Category: TempFiles, Dir: top, Name: "a/lib/x.c~"}}
	holds, err := newTempOwners(envs, nil).of(context.Background(), e)
	if err != nil || len(holds) != 1 || holds[0].Prefix != envs[0].Prefix {
		t.Errorf("%+v, %v", holds, err)
	}
}
