package asuser

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"reflect"
	"testing"
	"time"
)

// What a child is to be is checked by itself: here nobody has made it that.
func TestConfineRefuses(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	me := Account{Name: "me", UID: uint32(os.Getuid()), GID: uint32(os.Getgid()), Home: "/home/me"}
	other := me
	other.UID += 7
	as := "uids and gids are"
	if os.Geteuid() == 0 {
		as = "no_new_privs is not set" // it has become the other, and nothing else
	}
	for _, c := range []struct {
		name string
		env  []string
		want string
	}{
		{"by hand", nil, ErrNotStarted.Error()},
		{"nonsense", []string{asked + "=1 2 x"}, ErrNotStarted.Error()},
		{"as another", environ(other, Limits{}), as},
		{"as root", environ(Account{Name: "root", Home: "/root"}, Limits{}), "user root: is root"},
		{"with what it had", environ(me, Limits{}), "user me: "}, // is root, has groups, or may get more rights
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), exe, childMode, "echo")
			cmd.Env = c.env
			if c.env == nil {
				cmd.Env = []string{"PATH=/bin"}
			}
			out, err := cmd.CombinedOutput()
			if err == nil || !bytes.Contains(out, []byte(c.want)) {
				t.Errorf("%q, error %v, want %q", out, err, c.want)
			}
		})
	}
}

func TestAskedRoundTrip(t *testing.T) {
	a := Account{UID: noID - 1, GID: 5, Groups: []uint32{noID - 1, 0, 7}}
	l := Limits{Memory: 5 << 40, Files: 9, CPU: 90 * time.Hour, FileSize: 1 << 40}
	t.Setenv(asked, "")
	text := environ(a, l)[5][len(asked)+1:]
	gotA, gotL, err := parseAsked(text)
	if err != nil || !reflect.DeepEqual(gotA, a) || gotL != l {
		t.Errorf("%q is %+v %+v, error %v", text, gotA, gotL, err)
	}
	for _, bad := range []string{"", "1", "1 2 3 4 5", "-1 2 3 4 5 6", "4294967296 2 3 4 5 6", "1 2 3 4 5 6 4294967296", "1 2 3 4 5 6 x", "99999999999999999999 1 1 1 1 1"} {
		if _, _, err := parseAsked(bad); !errors.Is(err, ErrNotStarted) {
			t.Errorf("%q: error %v", bad, err)
		}
	}
}
