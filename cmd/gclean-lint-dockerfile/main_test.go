package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif"

	"gclean/internal/dockerlint"
	"gclean/internal/fixture/jsondoc"
)

const (
	bad     = "FROM x\nRUN conda install -y numpy\nRUN conda clean -afy\n"
	good    = "FROM x\nRUN conda install -y numpy && gclean -afy\n"
	noShell = "FROM x\nRUN echo $(\nRUN pixi install\n"
)

// folder makes a folder of Dockerfiles and enters it.
func folder(t *testing.T) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{"bad": bad, "good": good, "no-shell": noShell, "empty": "", "a\x1b[31mb": bad} {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil && name[0] != 'a' { // Windows has no such names
			t.Fatal(err)
		}
	}
}

func lintOf(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	code = run(args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

func TestText(t *testing.T) {
	folder(t)
	const line = `bad:2: warning: conda install leaves its caches in this layer, and line 3 cleans in a later one, which frees nothing; ` +
		`end this RUN with "gclean -afy" or "conda clean -afy" [cleaned_later]` + "\n"
	for _, c := range []struct {
		args           []string
		stdin          string
		code           int
		stdout, stderr string // wanted: all of stdout, a part of stderr
	}{
		{[]string{"good"}, "", 0, "", ""},
		{[]string{"bad"}, "", 1, line, ""},
		{[]string{"bad", "good", "-"}, good, 1, line, ""},
		{[]string{"-"}, bad, 1, strings.Replace(line, "bad", "stdin", 1), ""},
		{[]string{"--ignore", "cleaned_later,not_cleaned", "bad"}, "", 0, "", ""},
		{[]string{"--ignore", "cleaned_late", "bad"}, "", 2, "", `conda_clean: did you mean "cleaned_later"? See`},
		{[]string{"absent", "bad"}, "", 2, line, "absent: cannot be checked: "},
		{[]string{"."}, "", 2, "", ".: cannot be checked: "},
		{[]string{"empty"}, "", 2, "", "empty: cannot be checked: "},
		{[]string{"--target", "prod", "good"}, "", 2, "", "no such stage: prod"},
		{[]string{"no-shell"}, "", 2, `no-shell:3: warning: pixi install leaves the index cache and extracted packages in this layer; ` +
			`end the RUN with "gclean -afy" or "pixi clean cache --yes" [not_cleaned]` + "\n", "no-shell:2: cannot be checked: not a shell: "},
		{nil, "", 2, "", "name a Dockerfile"},
		{[]string{"--format", "xml", "bad"}, "", 2, "", "--format xml: text, json and sarif are known; see"},
		{[]string{"--format", "sarf", "bad"}, "", 2, "", `did you mean "sarif"? See`},
		{[]string{"--formt", "json", "bad"}, "", 2, "", `unknown flag: --formt: did you mean "--format"? See`},
		{[]string{"--nonsense", "bad"}, "", 2, "", "unknown flag: --nonsense; see"},
	} {
		code, stdout, stderr := lintOf(c.stdin, c.args...)
		if code != c.code || stdout != c.stdout || !strings.Contains(stderr, c.stderr) || (stderr == "") != (c.stderr == "") {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q, want %d, %q, %q", c.args, code, stdout, stderr, c.code, c.stdout, c.stderr)
		}
	}
}

// TestNothingMovesTheCursor: names and messages are fit for a terminal, and without
// secrets.
func TestNothingMovesTheCursor(t *testing.T) {
	const hostile = "FROM x\nRUN conda install -y numpy && conda clean -iy \x1b[31mred https://joe:secret@example.org/t/tk-12345678/x\n"
	for _, format := range []string{"text", "json", "sarif"} {
		code, stdout, stderr := lintOf(hostile, "--format", format, "-")
		if code != 1 || stderr != "" || !strings.Contains(stdout, "red") {
			t.Errorf("%s: exit code %d, %q, %q", format, code, stdout, stderr)
		}
		if strings.ContainsRune(stdout, '\x1b') || strings.Contains(stdout, "secret") || strings.Contains(stdout, "tk-1234") {
			t.Errorf("%s: %q", format, stdout)
		}
	}
}

func TestJSON(t *testing.T) {
	folder(t)
	code, stdout, stderr := lintOf("", "--format", "json", "bad", "good", "absent")
	var doc struct {
		Success  bool
		Findings []struct {
			Path, Stage, Code, Level, Message string
			Line                              int
			First                             int `json:"first_line"`
			Last                              int `json:"last_line"`
			Related                           int `json:"related_line"`
		}
		Errors []struct{ Path, Message string }
	}
	if err := json.Unmarshal([]byte(stdout), &doc); err != nil || code != 2 || stderr != "" {
		t.Fatalf("exit code %d, %v, %s", code, err, stderr)
	}
	if doc.Success || len(doc.Errors) != 1 || doc.Errors[0].Path != "absent" || len(doc.Findings) != 1 {
		t.Fatalf("%+v", doc)
	}
	f := doc.Findings[0]
	if f.Path != "bad" || f.Stage != "0" || f.Code != "cleaned_later" || f.Level != "warning" || f.Line != 2 || f.First != 2 || f.Last != 2 || f.Related != 3 {
		t.Errorf("%+v", f)
	}
	set, err := jsondoc.Load()
	if err != nil {
		t.Fatal(err)
	}
	codes := []string{}
	for _, r := range dockerlint.Rules() {
		codes = append(codes, r.Code())
	}
	if got := set.Codes("lint_code"); !slices.Equal(got, codes) {
		t.Errorf("docs/schema has the codes %q, want %q", got, codes)
	}
	for _, files := range [][]string{{"good"}, {"bad", "good", "absent"}} {
		_, stdout, _ := lintOf("", append([]string{"--format", "json"}, files...)...)
		if err := set.Validate("lint-dockerfile", []byte(stdout)); err != nil {
			t.Errorf("%v in %s", err, stdout)
		}
	}
	if _, stdout, _ := lintOf("", "--format", "json", "good"); !strings.Contains(stdout, `"findings": []`) || !strings.Contains(stdout, `"success": true`) || !strings.Contains(stdout, `"schema": 1`) {
		t.Error(stdout)
	}
}

// TestSARIF checks the log by the schema of SARIF 2.1.0.
func TestSARIF(t *testing.T) {
	folder(t)
	if err := os.MkdirAll("sub", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("sub", "Dockerfile"), []byte("FROM x\nRUN gclean -a\nRUN gclean -a\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"good"}, {"bad", filepath.Join("sub", "Dockerfile")}, {"absent", "no-shell", "-"}} {
		_, stdout, _ := lintOf(bad, append([]string{"--format", "sarif"}, args...)...)
		report, err := sarif.FromString(stdout)
		if err != nil {
			t.Fatalf("%q: %v", args, err)
		}
		// What is checked is what was read: nothing may be lost by reading.
		var written, read any
		again, err := json.Marshal(report)
		if err = errors.Join(err, json.Unmarshal([]byte(stdout), &written), json.Unmarshal(again, &read)); err != nil {
			t.Fatal(err)
		}
		if lost := missing(written, read, ""); lost != "" {
			t.Errorf("%q: SARIF has no %s", args, lost)
		}
		// The library fills these in as "" and [], where the schema has defaults.
		log := report.Runs[0]
		log.Language, log.Tool.Driver.Language, log.NewlineSequences = "en-US", "en-US", []string{"\n"}
		if err := report.Validate(); err != nil {
			t.Errorf("%q: %v\n%s", args, err, stdout)
		}
		if len(report.Runs[0].Tool.Driver.Rules) != len(dockerlint.Rules()) {
			t.Errorf("%d rules", len(report.Runs[0].Tool.Driver.Rules))
		}
		prints := map[string]bool{}
		for _, r := range report.Runs[0].Results {
			location := r.Locations[0].PhysicalLocation
			if strings.Contains(*location.ArtifactLocation.URI, `\`) || *location.Region.StartLine < 1 {
				t.Errorf("%q: %+v", args, location)
			}
			print := r.PartialFingerprints["gclean/v1"]
			if print == "" || prints[print] {
				t.Errorf("%q: fingerprint %q", args, print)
			}
			prints[print] = true
		}
	}
	_, before, _ := lintOf("FROM x\nRUN gclean -a\n", "--format", "sarif", "-")
	_, after, _ := lintOf("FROM x\nENV A=b\nRUN gclean -a\n", "--format", "sarif", "-")
	if strings.ReplaceAll(after, `"startLine": 3`, `"startLine": 2`) != before {
		t.Error("a line above changes more than the line")
	}
}

// TestURI: code scanning shows only relative paths. The folder is that of the repository.
func TestURI(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"-": "Dockerfile", "Dockerfile": "Dockerfile", "./a/../b/Dockerfile": "b/Dockerfile", filepath.Join("a b", "50%#1"): "a%20b/50%25%231",
		filepath.Join(cwd, "a", "Dockerfile"): "a/Dockerfile", filepath.Join("..", "Dockerfile"): "../Dockerfile",
	} {
		if got := uri(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
	if got := uri(filepath.Join(filepath.Dir(cwd), "a b")); !strings.HasPrefix(got, "file:///") || !strings.HasSuffix(got, "/a%20b") {
		t.Errorf("a path outside: %s", got)
	}
}

// missing is what part of one document another has not, "" for nothing.
func missing(want, got any, at string) string {
	switch want := want.(type) {
	case map[string]any:
		object, _ := got.(map[string]any)
		for name, value := range want {
			if lost := missing(value, object[name], at+"/"+name); lost != "" {
				return lost
			}
		}
		return ""
	case []any:
		list, _ := got.([]any)
		if len(list) != len(want) {
			return at
		}
		for i := range want {
			if lost := missing(want[i], list[i], at); lost != "" {
				return lost
			}
		}
		return ""
	}
	if want != got {
		return at
	}
	return ""
}

// Wrong usage is a document, too, if JSON was asked for.
func TestErrorsAreJSONOnRequest(t *testing.T) {
	folder(t)
	set, err := jsondoc.Load()
	if err != nil {
		t.Fatal(err)
	}
	for line, want := range map[string]bool{
		"--json": true, "--json=1 --nonsense bad": true, "--nonsense --json bad": true, "--format json": true, "--nonsense --format=json": true,
		"--json --format sarif bad": true, "--json --ignore x bad": true, "--json --format xml bad": true,
		"--nonsense bad": false, "--json=false": false, "--format sarif": false, "--nonsense -- --json": false,
	} {
		code, stdout, stderr := lintOf("", strings.Fields(line)...)
		if code != exitUnread || stderr == "" || want != (stdout != "") {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", line, code, stdout, stderr)
		}
		if want {
			if err := set.Validate("error", []byte(stdout)); err != nil {
				t.Errorf("%s: %v", line, err)
			}
		}
	}
	_, flag, _ := lintOf("", "--json", "bad")
	if _, format, _ := lintOf("", "--format", "json", "bad"); flag != format || !strings.Contains(flag, `"cleaned_later"`) {
		t.Errorf("--json prints %s, --format json %s", flag, format)
	}
}

// -h fits a screen, and both helps have examples.
func TestShortHelp(t *testing.T) {
	_, short, _ := lintOf("", "-h")
	_, long, _ := lintOf("", "--help")
	if n := strings.Count(short, "\n"); n > 23 || strings.Count(long, "\n") <= n {
		t.Errorf("%d lines:\n%s", n, short)
	}
	for _, text := range []string{short, long} {
		if !strings.Contains(text, "\nExamples:\n  gclean-lint-dockerfile ") {
			t.Errorf("no examples in %s", text)
		}
	}
}

func TestHelp(t *testing.T) {
	for _, args := range [][]string{{"--help"}, {"--man"}} {
		code, stdout, stderr := lintOf("", args...)
		if code != 0 || stderr != "" {
			t.Errorf("%q: exit code %d, %s", args, code, stderr)
		}
		for _, word := range append(dockerlint.Codes(), "target", "format", "ignore=", "gclean-lint-dockerfile Dockerfile") {
			if !strings.Contains(strings.ReplaceAll(stdout, `\-`, "-"), word) {
				t.Errorf("%q does not tell of %s:\n%s", args, word, stdout)
			}
		}
	}
	for line := range strings.Lines(help(newFlags())) {
		if len(line) > 82 {
			t.Errorf("a long line: %s", line)
		}
	}
	if _, stdout, _ := lintOf("", "--version"); !strings.HasPrefix(stdout, "gclean-lint-dockerfile version ") {
		t.Error(stdout)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestOutputThatCannotBeWritten(t *testing.T) {
	var errs bytes.Buffer
	if code := run([]string{"-"}, strings.NewReader(bad), full{}, &errs); code != 2 || !strings.Contains(errs.String(), "cannot write the output: no space left") {
		t.Errorf("exit code %d, %s", code, &errs)
	}
	if code := run([]string{"-"}, io.LimitReader(zeros{}, 1<<40), io.Discard, &errs); code != 2 || !strings.Contains(errs.String(), "more than 2 MB") {
		t.Errorf("exit code %d, %s", code, &errs)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }
