package meta

import (
	"os"
	"path/filepath"
	"testing"
)

// TestOpenFoldersAreNoEnvironments: /proc/self/fd leads to the folders that this process
// has open, some of which are environments.
func TestOpenFoldersAreNoEnvironments(t *testing.T) {
	prefix := filepath.Join(t.TempDir(), "env")
	makeEnv(t, prefix)
	dir, err := os.Open(prefix)
	must(t, err)
	defer dir.Close()
	found, problems := below("/proc/self/fd", "envs_dirs")
	if len(found) > 0 || len(problems) > 0 {
		t.Errorf("found %v, problems %v", found, problems)
	}
}
