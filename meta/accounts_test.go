package meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestNSSwitch(t *testing.T) {
	for _, c := range []struct {
		text string
		more bool // a "+" line in the passwd file
		want string
	}{
		{"", false, ""},
		{"passwd: files\n", false, ""},
		{"passwd:\tfiles systemd\ngroup: files sss\n", false, ""},
		{"passwd: files sss # sss\n", false, "sss"},
		{"# passwd: sss\npasswd: files altfiles extrausers\n", false, ""},
		{" passwd : sss files systemd\n", false, "sss"},
		{"passwd: files [NOTFOUND=return] ldap [ !UNAVAIL = return ] winbind\n", false, "ldap winbind"},
		{"passwd: files [success", false, ""},
		{"passwd: compat\n", false, ""},
		{"passwd: compat\n", true, "nis"},
		{"passwd: compat\npasswd_compat: ldap\n", true, "ldap"},
		{"passwd: files\n", true, ""},
	} {
		if got := strings.Join(parseNSSwitch([]byte(c.text)).ofUsers(c.more), " "); got != c.want {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

// names returns the users with their UIDs.
func names(users []*User) string {
	var list []string
	for _, u := range users {
		list = append(list, fmt.Sprintf("%s:%d:%v", u.Name, u.UID, u.GIDs))
	}
	return strings.Join(list, " ")
}

func TestAccounts(t *testing.T) {
	onUnix(t)
	const passwd = "root:x:0:0::/root:/bin/sh\nann:x:1000:100::/home/ann:/bin/sh\n"
	failed := errors.New("it failed")
	lists := func(text string, err error) func(context.Context) ([]byte, error) {
		return func(context.Context) ([]byte, error) { return []byte(text), err }
	}
	for _, c := range []struct {
		name     string
		nsswitch string
		getent   func(context.Context) ([]byte, error)
		want     string // users besides root and ann
		unseen   error  // nil if all are seen
	}{
		{"no directory service", "passwd: files\n", func(context.Context) ([]byte, error) { panic("getent is run") }, "", nil},
		{"no nsswitch.conf", "", nil, "", nil},
		{"all are listed", "passwd: files sss\n", lists(passwd+"bob:*:70001:70001::/home/bob:/bin/sh\n", nil), "bob:70001:[70001]", nil},
		{"nobody is listed", "passwd: files sss\n", lists(passwd, nil), "", errOnlyLocal},
		{"only systemd's are", "passwd: files sss systemd\n", lists(passwd+"dyn:x:61200:61200::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n", nil), "dyn:61200:[61200] nobody:65534:[65534]", errOnlyLocal},
		{"some are listed", "passwd: files ldap\n", lists("bob:*:70001:1::/home/bob:/bin/sh\neve:*:7000", failed), "bob:70001:[1]", failed},
		{"no getent", "passwd: files winbind\n", nil, "", errNoGetent},
	} {
		h, top := host(t, map[string]string{"passwd": passwd, "group": "x:x:7:ann,eve\nusers:x:100:\n"}, nil)
		h.Passwd, h.Group, h.Getent, h.NSSwitch = filepath.Join(top, "passwd"), filepath.Join(top, "group"), c.getent, filepath.Join(top, "nsswitch.conf")
		if c.nsswitch != "" {
			must(t, os.WriteFile(h.NSSwitch, []byte(c.nsswitch), 0o644))
		}
		users, problems := h.accounts(t.Context())
		if got, want := names(users), strings.TrimSpace("root:0:[0] ann:1000:[100 7] "+c.want); got != want {
			t.Errorf("%s: users %s, want %s", c.name, got, want)
		}
		var e *UnseenError
		switch {
		case c.unseen == nil:
			if len(problems) > 0 {
				t.Errorf("%s: problems %v", c.name, problems)
			}
		case len(problems) != 1 || !problems[0].Unseen || problems[0].Hides || problems[0].Path != h.NSSwitch ||
			!errors.Is(problems[0].Err, c.unseen) || !errors.As(problems[0].Err, &e) || len(e.Services) != 1:
			t.Errorf("%s: problems %+v", c.name, problems)
		}
	}
}

// onUnix skips a test on Windows, which has no passwd file.
func onUnix(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no passwd file")
	}
}

func TestUnreadableTables(t *testing.T) {
	onUnix(t)
	h, top := host(t, map[string]string{"folder/": "", "passwd": "ann:x:1000:100::/home/ann:/bin/sh\n"}, nil)
	folder := filepath.Join(top, "folder")
	h.Passwd = filepath.Join(top, "passwd")
	for _, c := range []struct {
		name   string
		change func(*Host)
		says   string // path of the problem
	}{
		{"passwd", func(h *Host) { h.Passwd = folder }, folder},
		{"nsswitch.conf", func(h *Host) { h.NSSwitch = folder }, folder},
		{"no passwd: a scratch image", func(h *Host) { h.Passwd = filepath.Join(top, "missing") }, ""},
		{"group: the groups are not known", func(h *Host) { h.Group = folder }, ""},
	} {
		h := h
		c.change(&h)
		users, problems := h.accounts(t.Context())
		if c.says == "" && len(problems) > 0 || c.says != "" && (len(problems) != 1 || !problems[0].Unseen || problems[0].Path != c.says) {
			t.Errorf("%s: %+v", c.name, problems)
		}
		for _, u := range users {
			if u.GIDs != nil {
				t.Errorf("%s: groups %v", c.name, u.GIDs)
			}
		}
	}
}

// TestGroupsOfDirectoryService: only the directory service knows who is in which group.
func TestGroupsOfDirectoryService(t *testing.T) {
	onUnix(t)
	h, top := host(t, map[string]string{"passwd": "ann:x:1000:100::/home/ann:/bin/sh\n", "group": "x:x:7:ann\n", "nsswitch.conf": "passwd: files\ngroup: files sss\n"}, nil)
	h.Passwd, h.Group, h.NSSwitch = filepath.Join(top, "passwd"), filepath.Join(top, "group"), filepath.Join(top, "nsswitch.conf")
	if users, _ := h.accounts(t.Context()); names(users) != "ann:1000:[]" {
		t.Errorf("users %s", names(users))
	}
}

func TestGetent(t *testing.T) {
	onUnix(t)
	top := t.TempDir()
	script := func(name, text string) string {
		path := filepath.Join(top, name)
		must(t, os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o755))
		return path
	}
	t.Setenv("SECRET", "1")
	good := script("good", `echo "$*:$SECRET:$HOME"`)
	for _, c := range []struct {
		name     string
		programs []string
		timeout  time.Duration
		want     string // part of the output; "" if there is no output
		says     string // part of the error
	}{
		{"the first there is, without our variables", []string{filepath.Join(top, "missing"), good}, time.Minute, "passwd::\n", ""},
		{"none", []string{filepath.Join(top, "missing")}, time.Minute, "", "not there"},
		{"a failure keeps what came before", []string{script("bad", "echo a\nexit 2")}, time.Minute, "a\n", "exit status 2"},
		{"one that does not end", []string{script("slow", "echo a\nexec tail -f /dev/null")}, 100 * time.Millisecond, "", "too long"},
	} {
		out, err := getent(t.Context(), c.programs, c.timeout)
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: error %v, want %q", c.name, err, c.says)
		}
		if c.want != "" && string(out) != c.want {
			t.Errorf("%s: %q, want %q", c.name, out, c.want)
		}
	}
	if out, err := getent(t.Context(), []string{script("endless", "exec yes")}, time.Minute); err == nil || !strings.Contains(err.Error(), "more than 8192 KiB") || len(out) > maxGetent {
		t.Errorf("%d bytes, error %v", len(out), err)
	}
}

func TestOneOfEachHome(t *testing.T) {
	list := oneOfEachHome([]*User{
		{Name: "b", Home: "/b", UID: 2}, {Name: "a", Home: "/a", UID: 1}, {Name: "a", Home: "/a", UID: -1}, {Name: "c", Home: "/b", UID: 3}, {Name: "d", Home: "/d", UID: -1},
	})
	if got := names(list); got != "a:1:[] b:2:[] d:-1:[]" {
		t.Errorf("users %s", got)
	}
	if shared := slices.IndexFunc(list, func(u *User) bool { return u.shared }); shared != 1 {
		t.Errorf("shared is %d", shared)
	}
}
