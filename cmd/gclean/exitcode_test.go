package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// flagOfGclean is a flag in a sentence.
var flagOfGclean = regexp.MustCompile(`--[a-z][a-z-]*`)

// TestExitCodesInReadme compares the table in README.md with the one in the code.
func TestExitCodesInReadme(t *testing.T) {
	var want strings.Builder
	want.WriteString("| exit code | meaning | commands |\n| --- | --- | --- |\n")
	for _, c := range exitTable() {
		by := "all"
		if c.commands != "" {
			by = "`" + strings.ReplaceAll(c.commands, " ", "`, `") + "`"
		}
		fmt.Fprintf(&want, "| %d | %s | %s |\n", c.code, flagOfGclean.ReplaceAllString(c.cause, "`$0`"), by)
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "\n## Exit codes\n\n"+want.String()) {
		t.Errorf("README.md has another table than exitTable, which is:\n%s", want.String())
	}
}

// design finds the contract of the project, which is no part of the repository: DESIGN.md
// in a folder "shared" beside it.
func design(t *testing.T) string {
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for dir != filepath.Dir(dir) {
		dir = filepath.Dir(dir)
		if path := filepath.Join(dir, "shared", "DESIGN.md"); isFile(path) {
			return path
		}
	}
	t.Skip("there is no shared/DESIGN.md beside the repository")
	return ""
}

func isFile(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular()
}

// TestExitCodesInDesign compares the table with the design, cause by cause.
func TestExitCodesInDesign(t *testing.T) {
	design := design(t)
	text, err := os.ReadFile(design)
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(text), "\n## Exit codes\n")
	if !found {
		t.Fatalf("%s has no section on exit codes", design)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	section = regexp.MustCompile(` \([^)]*\)`).ReplaceAllString(strings.Join(strings.Fields(section), " "), "")
	var codes []int
	for part := range strings.SplitSeq(strings.TrimSuffix(section, "."), "; ") {
		number, meaning, _ := strings.Cut(part, " ")
		code, err := strconv.Atoi(number)
		if err != nil {
			t.Fatalf("%s: %q begins with no exit code", design, part)
		}
		codes = append(codes, code)
		for cause := range strings.SplitSeq(meaning, ", and ") {
			cause = strings.TrimPrefix(cause, "a ")
			if !slices.ContainsFunc(exitTable(), func(c exitCause) bool { return c.code == code && strings.Contains(c.cause, cause) }) {
				t.Errorf("%s says %d: %q, and exitTable does not", design, code, cause)
			}
		}
	}
	var own []int
	for _, c := range exitTable() {
		own = append(own, c.code)
	}
	if own = slices.Compact(own); !slices.Equal(own, codes) {
		t.Errorf("exit codes %d; %s has %d", own, design, codes)
	}
}

// TestExitCodesInScripts finds in the table every exit code that a script waits for.
func TestExitCodesInScripts(t *testing.T) {
	known := map[string][]int{}
	for _, cmd := range commands(t) {
		name := cmd.Name()
		if !cmd.HasParent() {
			name = cleanName
		}
		for _, line := range exitCodes(cmd) {
			number, _, _ := strings.Cut(line, " ")
			code, err := strconv.Atoi(number)
			if err != nil {
				t.Fatal(err)
			}
			known[name] = append(known[name], code)
		}
	}
	paths, err := filepath.Glob("testdata/script/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	waits, seen := regexp.MustCompile(`(?m)^(?:\[.*\] )?(?:exitcode|nobody) (\d+) gclean ?(.*)$`), 0
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range waits.FindAllStringSubmatch(string(text), -1) {
			seen++
			code, _ := strconv.Atoi(m[1])
			name, _, _ := strings.Cut(m[2], " ")
			codes := known[name]
			if codes == nil {
				codes = known[cleanName]
			}
			if !slices.Contains(codes, code) {
				t.Errorf("%s: gclean %s ends with %d, and the table has %d", path, m[2], code, codes)
			}
		}
	}
	if seen < 100 {
		t.Errorf("%d exit codes in all scripts", seen)
	}
}
