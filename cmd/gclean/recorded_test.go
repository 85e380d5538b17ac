package main

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gclean/internal/fixture"
)

// TestRecordedCases runs every recorded command of conda on the same tree. The
// differences that the README lists are taken out first.
func TestRecordedCases(t *testing.T) {
	cases, err := filepath.Glob(filepath.Join(recordings, "*.args"))
	if err != nil {
		t.Fatal(err)
	}
	if len(cases) == 0 {
		t.Skip("shared is absent: no recordings in ", recordings)
	}
	for _, file := range cases {
		name := strings.TrimSuffix(filepath.Base(file), ".args")
		t.Run(name, func(t *testing.T) {
			c := newCase(t)
			args, stdin := recordedArgs(t, c, recorded(t, name+".args"))
			var out, err strings.Builder
			code := run(t.Context(), "gclean", args, strings.NewReader(stdin), &out, &err)

			if want := strings.TrimSpace(recorded(t, name+".rc")); strconv.Itoa(code) != want {
				t.Errorf("exit code %d, want %s", code, want)
			}
			stderr := strings.ReplaceAll(c.Masked(err.String()), "'gclean --help'", "'conda clean --help'")
			if name == "none" { // gclean says first what it is
				_, rest, _ := strings.Cut(stderr, "\n\n")
				_, stderr, _ = strings.Cut(rest, "\n\n")
				stderr = "\n" + stderr
			}
			if want := recorded(t, name+".stderr"); stderr != want {
				t.Errorf("stderr %q, want %q", stderr, want)
			}
			stdout, want := c.Masked(out.String()), recorded(t, name+".stdout")
			if strings.HasPrefix(want, "{") {
				got := decode(t, stdout)
				delete(got, "gclean")
				delete(got, "trash")
				if want := decode(t, want); !reflect.DeepEqual(sortLists(got), sortLists(want)) {
					t.Errorf("got  %v\nwant %v", got, want)
				}
				return
			}
			if got, want := condasText(stdout), condasText(want); name == "all-answer-n" {
				// conda asks about the first category before it looks at the next.
				if !strings.HasSuffix(got, question+"\n") || !strings.HasPrefix(got, strings.TrimSuffix(want, question+"\n")) {
					t.Errorf("printed\n%s\nconda\n%s", got, want)
				}
			} else if got != want {
				t.Errorf("printed\n%s\nconda\n%s", got, want)
			}
		})
	}
}

// newCase builds the recorded tree and points the environment variables at it.
func newCase(t *testing.T) fixture.Case {
	t.Helper()
	dir := t.TempDir()
	c, err := fixture.CondaCase(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range os.Environ() {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "CONDA") || strings.HasPrefix(name, "MAMBA") {
			t.Setenv(name, value) // puts it back afterwards
			os.Unsetenv(name)
		}
	}
	t.Setenv("HOME", filepath.Join(dir, "home"))
	t.Setenv("CONDA_ROOT", c.Root)
	t.Setenv("CONDA_PKGS_DIRS", c.Cache.Dir)
	return c
}

// recordedArgs reads a line as "conda clean -a --json   # stdin='n\n'".
func recordedArgs(t *testing.T, c fixture.Case, line string) (args []string, stdin string) {
	t.Helper()
	command, input, ok := strings.Cut(strings.TrimSpace(line), "# stdin=")
	if !ok || !strings.HasPrefix(command, "conda clean") {
		t.Fatalf("not a recorded command: %q", line)
	}
	for _, arg := range strings.Fields(command)[2:] {
		arg = strings.ReplaceAll(arg, "/CASE", c.Dir)
		args = append(args, strings.ReplaceAll(arg, "/ROOT", c.Root))
	}
	input = strings.Trim(strings.TrimPrefix(input, "$"), "'")
	return args, strings.ReplaceAll(input, `\n`, "\n")
}

var (
	// The line below a cache's path is as long as the path was.
	underline = regexp.MustCompile(`(?m)^  -+$`)
	additions = regexp.MustCompile(`(?m)^(Will keep \d.*|In total: \d+ entries.*|Removed \d.*)\n`)
	// Verbose, what is kept is a list that ends with an empty line.
	keptList = regexp.MustCompile(`(?m)^Will keep the following(.*\n)+?\n`)
)

// condasText is what conda would have printed, entries sorted: conda's order is
// that of the folder.
func condasText(s string) string {
	s = additions.ReplaceAllString(keptList.ReplaceAllString(s, ""), "")
	lines := strings.Split(underline.ReplaceAllString(s, "  --"), "\n")
	for i := 0; i < len(lines); i++ {
		j := i
		for j < len(lines) && strings.HasPrefix(lines[j], "  - ") {
			j++
		}
		slices.Sort(lines[i:j])
		i = max(i, j-1)
	}
	return strings.Join(lines, "\n")
}

// sortLists sorts every list of strings in a document.
func sortLists(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key := range v {
			v[key] = sortLists(v[key])
		}
	case []any:
		slices.SortFunc(v, func(a, b any) int { return strings.Compare(a.(string), b.(string)) })
	}
	return v
}

func TestNothingIsRemovedIfThePlanCannotBeWritten(t *testing.T) {
	for _, args := range [][]string{{"-a", "-y"}, {"-a", "-y", "--json"}, {"-a", "-y", "-v"}} {
		c := newCase(t)
		var err strings.Builder
		if code := run(t.Context(), "gclean", args, strings.NewReader(""), fullDisk{}, &err); code != exitFailed {
			t.Errorf("%q: exit code %d, want %d", args, code, exitFailed)
		}
		if want := "nothing was removed"; !strings.Contains(err.String(), want) {
			t.Errorf("%q: stderr %q does not say %q", args, err.String(), want)
		}
		for _, name := range []string{"half-1.0-0.conda.partial", "cache", "idle-one-0.9-0/info/index.json"} {
			if _, err := os.Lstat(c.Cache.Path(name)); err != nil {
				t.Errorf("%q: %v", args, err)
			}
		}
	}
}
