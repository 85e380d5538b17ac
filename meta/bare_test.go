package meta

import (
	"strings"
	"testing"
)

func TestIsBare(t *testing.T) {
	for _, test := range []struct {
		names              string
		named, child, near bool
	}{
		{"", false, false, false},
		{"bin lib share", true, true, false},
		{"Scripts Library python.exe", true, true, false},
		{"lib", true, true, false},
		{"data notes.txt", true, false, false},
		{".hidden", true, false, false},
		{"conda-meta", false, false, false},
		{"conda-meta bin", true, true, false},
		{"envs pkgs", false, false, false},
		{"envs pkgs .condarc environments.txt", false, false, false},
		{"envs pkgs bin condabin", true, true, false},
		{"urls.txt urls a-1-0 a-1-0.conda", false, false, false},
		{".cache.lock a-1-0", false, false, false},
		{"urls bin lib", true, true, false},
	} {
		names := strings.Fields(test.names)
		for c, want := range map[claim]bool{claimNamed: test.named, claimChild: test.child, claimBeside: test.near} {
			if got := isBare(names, c); got != want {
				t.Errorf("%q, claim %d: %v", test.names, c, got)
			}
		}
	}
}
