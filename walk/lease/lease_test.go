//go:build unix

package lease

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gclean/walk"
)

const name = ".gclean.lease"

func open(t *testing.T) *walk.Dir {
	t.Helper()
	dir, err := walk.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { dir.Close() })
	return dir
}

// of returns the holder of a lease, as it was given to Take.
func of(e *HeldError) Holder {
	h := e.Holder
	h.Nonce = ""
	return h
}

// files returns the names in a folder.
func files(t *testing.T, dir *walk.Dir) []string {
	t.Helper()
	items, err := dir.ReadDir()
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, it := range items {
		list = append(list, it.Name)
	}
	return list
}

func TestLeaseIsExclusive(t *testing.T) {
	dir := open(t)
	self := Holder{Host: "a", Boot: "1", PID: 7, Since: time.Date(2026, 11, 27, 4, 5, 6, 0, time.UTC)}
	l, err := Take(dir, name, self, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Take(dir, name, Holder{Host: "b", Boot: "2", PID: 7}, nil)
	held := (*HeldError)(nil)
	if !errors.As(err, &held) || !errors.Is(err, walk.ErrLocked) || of(held) != self {
		t.Fatalf("%+v", err)
	}
	if want := filepath.Join(dir.Path(), name) + ": held by gclean on a (pid 7) since 2026-11-27 04:05:06 UTC"; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
	if h, err := HolderOf(filepath.Join(dir.Path(), name)); err != nil || h != held.Holder {
		t.Errorf("%+v, %v", h, err)
	}
	if got := files(t, dir); !slices.Equal(got, []string{name}) {
		t.Errorf("%q", got)
	}
	if err := l.Unlock(); err != nil || len(files(t, dir)) > 0 {
		t.Errorf("%v, %q", err, files(t, dir))
	}
}

// TestLeaseIsExclusiveAmongMany: whoever is told to hold the lease is the only holder.
func TestLeaseIsExclusiveAmongMany(t *testing.T) {
	dir := open(t)
	var mu sync.Mutex
	var got []string
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			host := fmt.Sprint("host", i)
			switch _, err := Take(dir, name, Holder{Host: host, PID: i}, nil); {
			case err == nil:
				mu.Lock()
				got = append(got, host)
				mu.Unlock()
			case !errors.Is(err, walk.ErrLocked):
				t.Error(err)
			}
		})
	}
	wg.Wait()
	_, err := Take(dir, name, Holder{Host: "late"}, nil)
	held := (*HeldError)(nil)
	if len(got) != 1 || !errors.As(err, &held) || held.Holder.Host != got[0] || len(files(t, dir)) != 1 {
		t.Errorf("%q, %v, %q", got, err, files(t, dir))
	}
}

func TestGone(t *testing.T) {
	self := Holder{Host: "a", Boot: "boot", PIDs: "pid:[1]", PID: 99, Started: "900"}
	with := func(change func(*Holder)) Holder {
		h := self
		h.PID, h.Started = 7, "500"
		change(&h)
		return h
	}
	for what, c := range map[string]struct {
		h       Holder
		when    string
		runs    bool
		expired bool
	}{
		"the process runs":              {with(func(*Holder) {}), "500", true, false},
		"the process ended":             {with(func(*Holder) {}), "", false, true},
		"another process has its PID":   {with(func(*Holder) {}), "800", true, true},
		"its start is hidden":           {with(func(*Holder) {}), "", true, false},
		"its start was not written":     {with(func(h *Holder) { h.Started = "" }), "500", true, false},
		"another host":                  {with(func(h *Holder) { h.Host = "b" }), "", false, false},
		"before a restart":              {with(func(h *Holder) { h.Boot = "old" }), "", false, false},
		"another container":             {with(func(h *Holder) { h.PIDs = "pid:[2]" }), "", false, false},
		"an old time, before a restart": {with(func(h *Holder) { h.Since, h.Boot = time.Unix(0, 0), "old" }), "", false, false},
		"a system that has no boot ID":  {Holder{Host: "a", PID: 7}, "", false, false},
	} {
		s := self
		if c.h.Boot == "" {
			s.Boot = ""
		}
		if got := c.h.gone(s, func(pid int) (string, bool) { return c.when, c.runs && pid == 7 }); got != c.expired {
			t.Errorf("%s: %v", what, got)
		}
	}
}

// TestLeaseOfKilledProcess: the next run on this host breaks the lease, and removes
// temporary files of taking it.
func TestLeaseOfKilledProcess(t *testing.T) {
	self := Self(time.Now())
	if self.Boot == "" {
		t.Skip("only Linux tells which boot this is")
	}
	dir := open(t)
	killed := self
	killed.PID = 1 << 30
	data, _ := json.Marshal(killed)
	if err := os.WriteFile(filepath.Join(dir.Path(), name), data, 0o644); err != nil {
		t.Fatal(err)
	}
	l, err := Take(dir, name, self, nil)
	if err != nil {
		t.Fatal(err)
	}
	held := (*HeldError)(nil)
	if _, err := Take(dir, name, self, nil); !errors.As(err, &held) || of(held) != self {
		t.Errorf("%v", err)
	}
	if err := l.Unlock(); err != nil {
		t.Error(err)
	}
}

func TestUnlockKeepsLeaseOfOthers(t *testing.T) {
	dir := open(t)
	l, err := Take(dir, name, Holder{Host: "a"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := dir.Unlink(name); err != nil { // by somebody who believed that a was dead
		t.Fatal(err)
	}
	if _, err := Take(dir, name, Holder{Host: "b"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := l.Unlock(); err != nil || len(files(t, dir)) != 1 {
		t.Errorf("%v, %q", err, files(t, dir))
	}
}

// TestDamagedLease: its holder may still be running, so people must decide.
func TestDamagedLease(t *testing.T) {
	for _, content := range []string{"", "{", "[]", strings.Repeat(" ", 70<<10) + "{}"} {
		dir := open(t)
		path := filepath.Join(dir.Path(), name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := Take(dir, name, Holder{}, nil); !errors.Is(err, walk.ErrLocked) || !strings.Contains(err.Error(), path+": held by a gclean that cannot be told") {
			t.Errorf("%.10q: %v", content, err)
		}
	}
}

// TestFaultsLeaveNoLease: whichever step fails, nobody is locked out, and at most a file
// remains that IsLeftover recognizes.
func TestFaultsLeaveNoLease(t *testing.T) {
	fault := errors.New("fault")
	for _, op := range []string{"create", "link", "unlink"} {
		dir := open(t)
		l, err := Take(dir, name, Holder{Host: "a"}, func(o, _ string) error {
			if o == op {
				return fault
			}
			return nil
		})
		if op == "unlink" {
			if err != nil {
				t.Fatal(err)
			}
			if err := l.Unlock(); err != nil {
				t.Error(err)
			}
		} else if !errors.Is(err, fault) {
			t.Errorf("%s: %v", op, err)
		}
		for _, file := range files(t, dir) {
			if op != "unlink" || !IsLeftover(file, name) {
				t.Errorf("%s: %s stays", op, file)
			}
		}
	}
	if IsLeftover(name, name) || IsLeftover(name+".old", name) {
		t.Error("too much is a leftover")
	}
}
