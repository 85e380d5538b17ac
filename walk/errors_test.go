package walk

import (
	"errors"
	"syscall"
	"testing"
)

func TestStillOpen(t *testing.T) {
	for _, tt := range []struct {
		name string
		err  error
		want error
	}{
		{".nfs0000000000007ea700000001", syscall.EBUSY, ErrStillOpen},
		{".nfs0000000000007ea700000001", syscall.EACCES, syscall.EACCES},
		{".nfs0000000000007ea700000001", nil, nil},
		{"nfs0000000000007ea700000001", syscall.EBUSY, syscall.EBUSY},
		{".nfs-settings-of-somebody", syscall.EBUSY, syscall.EBUSY}, // for example a mount point
		{".nfs", syscall.EBUSY, syscall.EBUSY},
	} {
		if got := stillOpen(tt.name, tt.err); !errors.Is(got, tt.want) || (got == nil) != (tt.want == nil) {
			t.Errorf("%s, %v: %v, want %v", tt.name, tt.err, got, tt.want)
		}
	}
}
