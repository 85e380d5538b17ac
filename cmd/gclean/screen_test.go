//go:build linux

package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/mattn/go-runewidth"
	"golang.org/x/sys/unix"

	"gclean/internal/fixture"
)

// screen is a terminal that wraps lines, and wraps them anew when its width changes, as
// those of desktops do. Lines are as long as they were written; the cursor is at a place
// in one of them.
type screen struct {
	lines    [][]rune
	line, at int
	width    int
}

// write shows raw, of which it knows what gclean may send.
func (s *screen) write(t *testing.T, raw string) {
	t.Helper()
	for rs := []rune(raw); len(rs) > 0; rs = rs[1:] {
		if s.line == len(s.lines) {
			s.lines = append(s.lines, nil)
		}
		switch rs[0] {
		case '\r': // to the beginning of the row, not of the line
			s.at -= s.at % s.width
		case '\n':
			s.line, s.at = s.line+1, 0
		case '\x1b':
			if len(rs) < 3 || string(rs[:3]) != "\x1b[J" {
				t.Fatalf("unknown sequence: %q", string(rs[:min(len(rs), 10)]))
			}
			s.lines = s.lines[:s.line+1]
			s.lines[s.line] = s.lines[s.line][:min(s.at, len(s.lines[s.line]))]
			rs = rs[2:]
		default:
			for len(s.lines[s.line]) <= s.at {
				s.lines[s.line] = append(s.lines[s.line], ' ')
			}
			s.lines[s.line][s.at] = rs[0]
			s.at++
		}
	}
}

func (s *screen) text() string {
	var b strings.Builder
	for _, line := range s.lines {
		b.WriteString(strings.TrimRight(string(line), " ") + "\n")
	}
	return b.String()
}

// TestBarLeavesACleanScreen changes the width and presses Ctrl-C while a bar is drawn.
// A lock that is held makes the bar stay.
func TestBarLeavesACleanScreen(t *testing.T) {
	for _, tt := range []struct {
		name        string
		cols        uint16
		env         []string
		bar, escape bool
	}{
		{"terminal", 80, nil, true, true},
		{"wide terminal", 120, nil, true, true},
		{"locale without UTF-8", 80, []string{"LC_ALL=C"}, true, true},
		{"NO_COLOR", 80, []string{"NO_COLOR=1"}, true, false},
		{"dumb", 80, []string{"TERM=dumb"}, false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := packagesIn(t, 3)
			defer lockCache(t, c.Path("urls.txt")).Close()
			x := onTerminal(t, tt.cols, tt.env, "--all", "--yes", "--pkgs-dir", c.Dir)
			x.wait("Waiting: ")
			if tt.bar {
				// The bar changes when it begins to show the rate. A frame for the old
				// width, drawn after the width has changed, would stay on the screen.
				x.waitAfter(strings.Index(x.text(), "Waiting: "), "0/s\r")
			}
			before := len(x.text())
			if tt.escape {
				if err := pty.Setsize(x.pty, &pty.Winsize{Rows: 24, Cols: 50}); err != nil {
					t.Fatal(err)
				}
				x.waitAfter(before, "of 6 entries")
			}
			x.press("\x03")
			code, _ := x.finish()
			raw := x.text()
			s := screen{width: int(tt.cols)}
			s.write(t, raw[:before])
			if tt.bar != strings.Contains(s.text(), "0 B of ") {
				t.Errorf("a bar: want %v:\n%s", tt.bar, s.text())
			}
			if tt.escape {
				s.width = 50
			}
			s.write(t, raw[before:])
			if code != exitInterrupted || !strings.Contains(s.text(), "\nInterrupted: removed 0 of 6 entries.") {
				t.Errorf("exit code %d:\n%s", code, s.text())
			}
			if shown := s.text(); strings.Contains(shown, "0 B of ") {
				t.Errorf("the bar was left on the screen:\n%s", shown)
			}
			if got := strings.Contains(raw, "\x1b"); got != tt.escape {
				t.Errorf("escape sequences: %v, want %v: %q", got, tt.escape, raw)
			}
			if strings.ContainsFunc(raw, func(r rune) bool { return r > '~' }) {
				t.Errorf("more than ASCII: %q", raw)
			}
		})
	}
}

// lockCache locks a file as gclean does, until it is closed.
func lockCache(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", path, err))
	}
	return f
}

// TestTablesFitTheTerminal shortens paths in the middle where they do not fit, counts wide
// characters as two columns, and lets numbers end where their title does.
func TestTablesFitTheTerminal(t *testing.T) {
	top := t.TempDir()
	long := filepath.Join(top, strings.Repeat("a-folder-with-a-long-name/", 3), "パッケージ", "pkgs")
	aside := filepath.Join(filepath.Dir(long), "aside")
	for dir, name := range map[string]string{long: "数値計算ライブラリ", aside: "数値", filepath.Join(top, "pkgs"): "plain"} {
		c, err := fixture.NewCache(dir)
		if err == nil {
			err = c.Add(fixture.Package{Name: name, Version: "1.0", Build: "0", Files: []fixture.File{{Path: "lib/x.so", Content: "x"}}})
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if code := run(t.Context(), "gclean", []string{"-p", "-y", "--quarantine", "7d", "--pkgs-dir", aside}, nil, io.Discard, io.Discard); code != exitDone {
		t.Fatal(code)
	}
	for _, tt := range []struct {
		cols uint16
		env  string
		dots string
	}{
		{80, "LC_ALL=C.UTF-8", "…"}, {120, "LC_ALL=C.UTF-8", "…"}, {80, "LC_ALL=C", ".."}, {120, "TERM=dumb", ".."}, {80, "NO_COLOR=1", "…"},
	} {
		for _, command := range []string{"ls", "ls --unused --sort size", "report", "report --summary", "restore --pkgs-dir " + aside} {
			t.Run(fmt.Sprint(command, " ", tt.cols, " ", tt.env), func(t *testing.T) {
				t.Parallel()
				x := onTerminal(t, tt.cols, []string{tt.env}, append(strings.Fields(command), "--pkgs-dir", long, "--pkgs-dir", filepath.Join(top, "pkgs"))...)
				code, screen := x.finish()
				if code != exitDone {
					t.Fatalf("exit code %d:\n%s", code, screen)
				}
				screen = regexp.MustCompile(`\x1b\[\d+m`).ReplaceAllString(screen, "")
				for line := range strings.SplitSeq(screen, "\n") {
					if n := runewidth.StringWidth(line); n > int(tt.cols) && !strings.HasPrefix(line, "To remove what is free, run: ") {
						t.Errorf("%d columns: %q", n, line)
					}
				}
				if short := strings.Contains(screen, tt.dots); short == strings.Contains(command, "summary") {
					t.Errorf("something is shortened by %q: %v\n%s", tt.dots, short, screen)
				}
				if strings.HasPrefix(command, "ls") {
					numbersAlign(t, screen, "SIZE", "FREED")
				}
				if strings.HasSuffix(command, "summary") {
					numbersAlign(t, screen, "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE")
				}
				if tt.env == "LC_ALL=C" && strings.ContainsAny(screen, "…─") {
					t.Errorf("more than ASCII:\n%s", screen)
				}
			})
		}
	}
}

// numbersAlign checks that the cells under titles end where the title does.
func numbersAlign(t *testing.T, screen string, titles ...string) {
	t.Helper()
	lines := strings.Split(screen, "\n")
	for _, title := range titles {
		at := strings.Index(lines[0], title)
		if at < 0 {
			t.Errorf("no %s in %q", title, lines[0])
			continue
		}
		end := at + len(title)
		for _, line := range lines[1:] {
			if strings.HasPrefix(line, "─") || strings.Contains(line, " packages, ") || line == "" {
				continue
			}
			if cell := runewidth.Truncate(line, end, ""); runewidth.StringWidth(cell) != end || strings.HasSuffix(cell, " ") || len(cell) < len(line) && !strings.HasPrefix(line[len(cell):], " ") {
				t.Errorf("%s does not end at %d: %q", title, end, line)
			}
		}
	}
}
