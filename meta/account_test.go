package meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gclean/internal/asuser"
)

func TestAccount(t *testing.T) {
	onUnix(t)
	const passwd = "ann:x:1000:100::/home/ann:/bin/sh\nbob:x:1001:x::/home/bob:/bin/sh\n"
	const group = "users:x:100:ann\ngpu:x:7:ann,bob\ndocker:x:9:bob\n"
	down := errors.New("is down")
	for _, c := range []struct {
		name, nsswitch string
		more           []uint32
		err            error
		want           string
	}{
		{"files", "passwd: files\n", []uint32{5}, nil, "{ann 1000 100 [7] /home/ann}"},
		{"directory service", "passwd: files\ngroup: files sss\n", []uint32{100, 7, 4_000_000_000}, nil, "{ann 1000 100 [7 4000000000] /home/ann}"},
		{"initgroups", "passwd: files\ninitgroups: ldap\n", []uint32{5}, nil, "{ann 1000 100 [7 5] /home/ann}"},
		{"that is down", "passwd: files\ngroup: files sss\n", nil, down, "{ann 1000 100 [7] /home/ann}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			h := Host{Passwd: filepath.Join(dir, "passwd"), Group: filepath.Join(dir, "group"), NSSwitch: filepath.Join(dir, "nsswitch.conf")}
			must(t, os.WriteFile(h.Passwd, []byte(passwd), 0o644))
			must(t, os.WriteFile(h.Group, []byte(group), 0o644))
			must(t, os.WriteFile(h.NSSwitch, []byte(c.nsswitch), 0o644))
			users, problems := h.accounts(t.Context())
			if len(users) != 2 || len(problems) > 0 {
				t.Fatalf("%v, %v", users, problems)
			}
			ask := func(_ context.Context, name string) ([]uint32, error) {
				if name != "ann" || users[0].GIDs != nil {
					t.Errorf("asked for %s", name)
				}
				return c.more, c.err
			}
			a, incomplete, err := users[0].account(t.Context(), ask)
			if fmt.Sprint(a) != c.want || incomplete != c.err || err != nil {
				t.Errorf("%v, %v, error %v; want %s, %v", a, incomplete, err, c.want, c.err)
			}
			// Without a primary group, no process can run as the user.
			of := (*asuser.AccountError)(nil)
			if _, _, err := users[1].account(t.Context(), ask); !errors.As(err, &of) || of.Name != "bob" {
				t.Errorf("of bob: %v", err)
			}
		})
	}
}
