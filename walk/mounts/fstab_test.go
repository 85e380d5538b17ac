package mounts

import (
	"path/filepath"
	"slices"
	"testing"
)

func TestParseFstab(t *testing.T) {
	got := ParseFstab([]byte(`# /etc/fstab
UUID=1 / ext4 defaults 0 1
UUID=2 none swap sw 0 0
UUID=3 swap swap sw
/swapfile /swap swap sw
server:/x /scratch/ nfs4 noauto,user
/src	/my\040disk	none	bind
relative path ext4
/dev/sdc /short

`))
	if want := []string{"/scratch", "/my disk"}; filepath.Separator == '/' && !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
