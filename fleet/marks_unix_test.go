//go:build unix

package fleet_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/fleet"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
	"gclean/meta"
)

// Marks that do not count end a close: nothing is removed, and nothing put back.
func TestMarksThatDoNotCount(t *testing.T) {
	first := newSite(t, t.TempDir())
	_, err := first.open(nil)
	fixture.Must(t, err)
	first.markAll()
	foreign, err := os.ReadFile(filepath.Join(first.round, "marks", "b"))
	fixture.Must(t, err)

	for name, forge := range map[string]func(s *site, path string, text []byte) error{
		"missing":             func(_ *site, path string, _ []byte) error { return os.Remove(path) },
		"empty":               func(_ *site, path string, _ []byte) error { return os.WriteFile(path, nil, 0o600) },
		"of another round":    func(_ *site, path string, _ []byte) error { return os.WriteFile(path, foreign, 0o600) },
		"half":                func(_ *site, path string, text []byte) error { return os.WriteFile(path, text[:len(text)/2], 0o600) },
		"without its end":     func(_ *site, path string, text []byte) error { return os.WriteFile(path, withoutLast(text), 0o600) },
		"without its end's ↵": func(_ *site, path string, text []byte) error { return os.WriteFile(path, text[:len(text)-1], 0o600) },
		"without a hold": func(_ *site, path string, text []byte) error {
			return os.WriteFile(path, without(text, `"hold"`), 0o600)
		},
		"without its head": func(_ *site, path string, text []byte) error {
			return os.WriteFile(path, without(text, `"head"`), 0o600)
		},
		"with more": func(_ *site, path string, text []byte) error { return os.WriteFile(path, append(text, text...), 0o600) },
		"of another host": func(s *site, path string, _ []byte) error {
			text, err := os.ReadFile(filepath.Join(s.round, "marks", "a"))
			return errors.Join(err, os.WriteFile(path, text, 0o600))
		},
		"another host's, renamed": func(s *site, path string, _ []byte) error {
			text, err := os.ReadFile(filepath.Join(s.round, "marks", "a"))
			return errors.Join(err, os.WriteFile(path, bytes.ReplaceAll(text, []byte(`"host":"a"`), []byte(`"host":"b"`)), 0o600))
		},
		"with the nonce of the round": func(s *site, path string, text []byte) error {
			st, err := fleet.ReadStatus(s.round)
			if err != nil {
				return err
			}
			_, nonce, _ := strings.Cut(string(text), `"nonce":"`)
			nonce, _, _ = strings.Cut(nonce, `"`)
			return os.WriteFile(path, bytes.ReplaceAll(text, []byte(nonce), []byte(st.Nonce)), 0o600)
		},
		"of an entry that is not there": func(_ *site, path string, text []byte) error {
			return os.WriteFile(path, bytes.ReplaceAll(text, []byte(`"number":`), []byte(`"number":99`)), 0o600)
		},
		"with a reason that is none": func(_ *site, path string, text []byte) error {
			return os.WriteFile(path, bytes.ReplaceAll(text, []byte(`"soft_linked"`), []byte(`"no_reason"`)), 0o600)
		},
		"a FIFO": func(_ *site, path string, _ []byte) error {
			return errors.Join(os.Remove(path), syscall.Mkfifo(path, 0o600))
		},
		"a folder": func(_ *site, path string, _ []byte) error { return errors.Join(os.Remove(path), os.Mkdir(path, 0o700)) },
		"a symlink": func(s *site, path string, text []byte) error {
			other := filepath.Join(s.top, "mark")
			return errors.Join(os.WriteFile(other, text, 0o600), os.Remove(path), os.Symlink(other, path))
		},
		"that others can write": func(_ *site, path string, _ []byte) error { return os.Chmod(path, 0o666) },
		"oversized": func(_ *site, path string, text []byte) error {
			return errors.Join(os.WriteFile(path, withoutLast(text), 0o600), os.Truncate(path, 1<<40))
		},
		"a folder of marks that is a symlink": func(s *site, path string, _ []byte) error {
			marks, other := filepath.Dir(path), filepath.Join(s.top, "marks")
			return errors.Join(os.Rename(marks, other), os.Symlink(other, marks))
		},
		"of another user": func(_ *site, path string, _ []byte) error {
			if os.Geteuid() != 0 {
				return os.Remove(path)
			}
			return os.Chown(path, 12345, 12345)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t, t.TempDir())
			_, err := s.open(nil)
			fixture.Must(t, err)
			s.markAll()
			path := filepath.Join(s.round, "marks", "b")
			text, err := os.ReadFile(path)
			fixture.Must(t, err, forge(s, path, text))
			before := s.tree()
			c, err := s.close(nil)
			incomplete := (*fleet.IncompleteError)(nil)
			if !errors.As(err, &incomplete) || !strings.Contains(err.Error(), "b (") {
				t.Fatalf("%v, %v", c, err)
			}
			s.checkSame("refused", before)
			fixture.Must(t, os.RemoveAll(filepath.Join(s.round, "marks")), os.Mkdir(filepath.Join(s.round, "marks"), 0o700))
			s.markAll()
			_, err = s.close(nil)
			fixture.Must(t, err)
			s.checkClosed("closed")
		})
	}
}

// withoutLast is a text without its last line.
func withoutLast(text []byte) []byte {
	return text[:bytes.LastIndexByte(text[:len(text)-1], '\n')+1]
}

// without is a text without the lines that have a part.
func without(text []byte, part string) []byte {
	var b bytes.Buffer
	for line := range bytes.Lines(text) {
		if !bytes.Contains(line, []byte(part)) {
			b.Write(line)
		}
	}
	return b.Bytes()
}

// A mark that says that a host holds nothing, made by who owns the folder, removes only
// what no other host holds, and nothing that this host sees to be in use.
func TestMarksOnlyKeep(t *testing.T) {
	s := newSite(t, t.TempDir())
	s.link("b", "c") // two hosts hold it
	_, err := s.open(nil)
	fixture.Must(t, err)
	s.markAll()
	path := filepath.Join(s.round, "marks", "c")
	text, err := os.ReadFile(path)
	fixture.Must(t, err)
	forged := bytes.ReplaceAll(without(text, `"hold":`), []byte(`"holds":1`), []byte(`"holds":0`))
	fixture.Must(t, os.WriteFile(path, forged, 0o600))
	_, err = s.close(nil)
	fixture.Must(t, err)
	s.checkClosed("closed")
}

// The newest mark of a host counts.
func TestMarkAgain(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	s.markAll()
	s.link("c", "idle")
	_, err = s.mark("c")
	fixture.Must(t, err)
	_, err = s.close(nil)
	fixture.Must(t, err)
	s.checkWhole("closed", "idle")
	s.checkEnvironments("closed")
}

func TestHostsThatAreLeftOut(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	for _, host := range []string{"a", "b"} {
		_, err := s.mark(host)
		fixture.Must(t, err)
	}
	if _, err := s.close(nil); !errors.As(err, new(*fleet.IncompleteError)) {
		t.Fatal(err)
	}
	if _, err := s.close(nil, "d"); !errors.As(err, new(*fleet.HostError)) {
		t.Fatal(err)
	}
	c, err := s.close(nil, "c")
	fixture.Must(t, err)
	if s.isThere("c") || !s.isThere("b") || c.End.Without[0] != "c" {
		t.Errorf("%+v", c.End)
	}
	st, err := fleet.ReadStatus(s.round)
	fixture.Must(t, err)
	if len(st.End.Without) != 1 || st.End.States[0] != fleet.Removed {
		t.Errorf("%+v", st.End)
	}
}

// A host that does not see the cache ends a close, unless the list of hosts says that it has
// none.
func TestHostsThatDoNotSeeTheCache(t *testing.T) {
	for _, noCache := range []bool{false, true} {
		s := newSite(t, t.TempDir())
		_, err := s.open(func(o *fleet.OpenOptions) { o.Hosts = append(o.Hosts, fleet.Host{Name: "login", NoCache: noCache}) })
		fixture.Must(t, err)
		s.markAll()
		away := s.pkgs + ".away"
		fixture.Must(t, os.Rename(s.pkgs, away))
		a, err := s.mark("login")
		fixture.Must(t, err, os.Rename(away, s.pkgs))
		if len(a.Unseen) != 1 {
			t.Errorf("%+v", a)
		}
		switch _, err := s.close(nil); {
		case noCache:
			fixture.Must(t, err)
			s.checkClosed("closed")
		case err == nil || !strings.Contains(err.Error(), "login (blind: login does not see the cache "+s.pkgs):
			t.Error(err)
		}
	}
}

// The cache is known by its lease: another host may have it elsewhere.
func TestMarkFindsTheCacheElsewhere(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	elsewhere := filepath.Join(s.top, "mnt")
	fixture.Must(t, os.Rename(s.pkgs, elsewhere))
	var asked []meta.Value
	asking := s.asking("b")
	plan := asking.Plan
	asking.Find = func(context.Context) ([]string, error) { return []string{s.top, elsewhere}, nil }
	asking.Plan = func(ctx context.Context, r *cache.Round, caches []meta.Value, keep bool) (*cache.Plan, error) {
		asked = caches
		return plan(ctx, r, caches, keep)
	}
	a, err := fleet.Mark(t.Context(), s.round, fleet.MarkOptions{Host: "b", Machine: "b", Asking: asking})
	fixture.Must(t, err)
	if len(asked) != 1 || asked[0].Path != elsewhere || len(a.Unseen) > 0 {
		t.Errorf("%v, %+v", asked, a)
	}
}

// A loop that marks all hosts on one of them is found out.
func TestMarksOfOneMachine(t *testing.T) {
	s := newSite(t, t.TempDir())
	_, err := s.open(nil)
	fixture.Must(t, err)
	for _, host := range s.hosts {
		_, err := fleet.Mark(t.Context(), s.round, fleet.MarkOptions{Host: host, Machine: "a", Asking: s.asking("a")})
		fixture.Must(t, err)
	}
	if _, err := s.close(nil); err == nil || !strings.Contains(err.Error(), "same machine as that of a") {
		t.Error(err)
	}
}

// What a host says of an entry becomes a verdict, the strongest of all.
func TestManyHolds(t *testing.T) {
	s := newSite(t, t.TempDir())
	for i := range 10 {
		fixture.Must(t, os.Symlink(filepath.Join(s.at.Extracted(cachetest.Pkg("idle")), "lib", "idle.so"), filepath.Join(s.envs["b"].Prefix, "lib", fmt.Sprint(i))))
	}
	s.link("b", "idle")
	_, err := s.open(nil)
	fixture.Must(t, err)
	s.markAll()
	st, err := fleet.ReadStatus(s.round)
	fixture.Must(t, err)
	for i := range st.Entries {
		if st.Entries[i].Name == "idle-1.0-0" && (st.Verdicts[i].State != fleet.Held || st.Verdicts[i].Holds[0].Reason != hold.SoftLinked || st.Verdicts[i].Holds[0].Host != "b") {
			t.Errorf("%+v", st.Verdicts[i])
		}
	}
}
