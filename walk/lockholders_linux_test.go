package walk

import (
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func TestParseLocks(t *testing.T) {
	const text = `1: FLOCK  ADVISORY  WRITE 1234 00:2a:567 0 EOF
1: -> FLOCK  ADVISORY  WRITE 99 00:2a:567 0 EOF
2: POSIX  ADVISORY  READ 12 fe:01:568 21 21
3: OFDLCK ADVISORY  WRITE -1 fe:01:567 0 EOF
4: LEASE  ACTIVE    READ 7 fe:01:5670 0 EOF
broken
`
	want := []heldLock{{"FLOCK", 1234}, {"OFDLCK", -1}}
	if got := parseLocks([]byte(text), 567); !slices.Equal(got, want) {
		t.Errorf("%+v", got)
	}
}

func TestMayWrite(t *testing.T) {
	dir := unix.Stat_t{Uid: 1000, Gid: 100, Mode: unix.S_IFDIR | 0o755}
	shared, open := dir, dir
	shared.Mode, open.Mode = unix.S_IFDIR|0o775, unix.S_IFDIR|0o757
	for _, c := range []struct {
		name   string
		status string
		st     unix.Stat_t
		want   bool
	}{
		{"the owner", "1000 1000 1000 1000", dir, true},
		{"root", "0 0 0 0", dir, true},
		{"a process that can become the owner again", "1001 1001 1000 1001", dir, true},
		{"a stranger", "1001 1001 1001 1001", dir, false},
		{"a member who can only read", "1001 1001 1001 1001\nGroups:\t100", dir, false},
		{"a member", "1001 1001 1001 1001\nGroups:\t100", shared, true},
		{"a stranger to the group", "1001 1001 1001 1001", shared, false},
		{"anybody", "1001 1001 1001 1001", open, true},
		{"a process with capabilities", "1001 1001 1001 1001\nCapPrm:\t0000000000000002", dir, true},
	} {
		text := "Name:\tx\nUid:\t" + c.status + "\nGid:\t1001 1001 1001 1001\nGroups:\t\nCapPrm:\t0\nCapEff:\t0\n"
		got, err := parseCredentials([]byte(text))
		if err != nil || got.mayWrite(&c.st) != c.want {
			t.Errorf("%s: %+v, %v, want %v", c.name, got, err, c.want)
		}
	}
}

// Incomplete credentials of a process prove nothing.
func TestIncompleteCredentials(t *testing.T) {
	for _, text := range []string{"", "Uid:\t1 1 1 1\n", "Uid:\tx\nGid:\t1\nGroups:\t\nCapPrm:\t0\nCapEff:\t0\n", "Uid:\t\nGid:\t1\nGroups:\t\nCapPrm:\t0\nCapEff:\t0\n"} {
		if c, err := parseCredentials([]byte(text)); err == nil {
			t.Errorf("%q: %+v", text, c)
		}
	}
}

func TestIsFull(t *testing.T) {
	for err, want := range map[error]bool{
		unix.ENOSPC: true, unix.EDQUOT: true, unix.EMLINK: true, unix.EACCES: false, unix.EROFS: false, nil: false,
	} {
		if got := IsFull(err); got != want {
			t.Errorf("%v: %v", err, got)
		}
	}
}
