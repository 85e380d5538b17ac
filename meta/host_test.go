package meta

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestHomeWithoutHOME(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no passwd file")
	}
	passwd := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(passwd, []byte("root:x:0:0::/root:/bin/sh\nbad\nu:x:1000:1000::/home/u/:/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[int]string{1000: "/home/u", 0: "/root", 7: "", -1: ""} {
		if got := (Host{Passwd: passwd, UID: uid}).passwdHome(); got != want {
			t.Errorf("user %d: %q, want %q", uid, got, want)
		}
	}
	if got := (Host{UID: 1000}).passwdHome(); got != "" {
		t.Errorf("no passwd file: %q", got)
	}
	t.Setenv("HOME", "")
	if h := CurrentHost(); h.Home != h.passwdHome() {
		t.Errorf("home %q, want %q", h.Home, h.passwdHome())
	}
}
