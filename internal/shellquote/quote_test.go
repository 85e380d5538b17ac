package shellquote

import (
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// oddNames are names that folders can have.
func oddNames() []string {
	return []string{
		"plain", "/srv/pkgs-1.0_x+y", "with space", " ", "it's", `say "hi"`, "''", `back\slash`, `end\`, "$HOME", "`id`", "$(id)", "a;b", "a&b|c>d<e",
		"*", "?[a-z]", "{a,b}", "~", "~root", "#no comment", "!history", "-n", "--yes", "-", "a=b", "=ls", "%s%d", "a%b",
		"new\nline", "two\n\nlines", "ends\n", "\n", "ends\n\n", "\nbegins", "tab\there", "bell\a", "\x1b[2J", "carriage\rreturn", "del\x7f",
		"数値", "ünïcode", "\u202eturned", "a\u00a0b", "broken\xff\xfe", "-\n", `%\` + "\n'", "\u200b",
	}
}

// TestShellReadsWhatWasQuoted has a shell tell how it reads each name.
func TestShellReadsWhatWasQuoted(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("there is no POSIX shell")
	}
	var script strings.Builder
	for _, name := range oddNames() {
		script.WriteString(Join("printf", `%s\0`, name) + "\n")
	}
	for _, shell := range []string{sh, "bash", "dash", "zsh", "busybox"} {
		path, err := exec.LookPath(shell)
		if err != nil {
			t.Logf("there is no %s", shell)
			continue
		}
		args := []string{"-c", script.String()}
		if shell == "busybox" {
			args = append([]string{"sh"}, args...)
		}
		out, err := exec.CommandContext(t.Context(), path, args...).Output()
		if err != nil {
			t.Fatal(shell, err)
		}
		got := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00")
		if len(got) != len(oddNames()) {
			t.Fatalf("%s: %d words, want %d: %q", shell, len(got), len(oddNames()), got)
		}
		for i, name := range oddNames() {
			if got[i] != name {
				t.Errorf("%s reads %s as %q, want %q", shell, Quote(name), got[i], name)
			}
		}
	}
}

// TestQuotedShows: nothing but a newline at the end of a name moves the cursor.
func TestQuotedShows(t *testing.T) {
	for _, name := range oddNames() {
		quoted := strings.TrimSuffix(quotePOSIX(name), single("\n"))
		for _, r := range strings.ReplaceAll(quoted, single("\n\n"), "") {
			if !strconv.IsPrint(r) {
				t.Errorf("%q: %q", name, quoted)
			}
		}
	}
	for name, want := range map[string]string{
		"/opt/conda": "/opt/conda", "": "''", "my env": "'my env'", "it's": `'it'\''s'`, "a\nb": `"$(printf 'a\012b')"`,
	} {
		if got := quotePOSIX(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{`C:\envs`: `C:\envs`, `C:\my envs`: `"C:\my envs"`, "": `""`, `C:\a&b`: `"C:\a&b"`} {
		if got := quoteWindows(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
