package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"gclean/internal/fixture"
)

var updateDocs = flag.Bool("update-docs", false, "write what the examples in README.md and docs print into them")

// inRoot names the folder that becomes the root of gclean's process in examples.
const inRoot = "GCLEAN_TEST_ROOT"

// enterExample makes the folder that inRoot names the root of this process.
func enterExample() {
	root := os.Getenv(inRoot)
	if root == "" {
		return
	}
	if err := syscall.Chroot(root); err != nil {
		panic(err)
	}
	if err := os.Chdir("/"); err != nil {
		panic(err)
	}
}

// exampleBlocks are the fenced blocks of a Markdown file whose language is console.
var exampleBlocks = regexp.MustCompile("(?ms)^```console\n(.*?)^```$")

// TestExamplesInDocs runs every example of the documentation, in order, on a machine of
// its own for each file, and compares what it prints with what stands there. Figures may
// differ, and how wide columns are.
func TestExamplesInDocs(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can enter the machine of the examples")
	}
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		blocks := exampleBlocks.FindAllSubmatchIndex(text, -1)
		examples += len(blocks)
		if len(blocks) == 0 {
			continue
		}
		t.Run(filepath.Base(file), func(t *testing.T) {
			root := t.TempDir()
			if err := fixture.Machine(root); err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			end := 0
			for _, at := range blocks {
				b.Write(text[end:at[2]])
				b.WriteString(runExample(t, root, string(text[at[2]:at[3]])))
				end = at[3]
			}
			b.Write(text[end:])
			if *updateDocs {
				if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	if examples == 0 {
		t.Error("the documentation has no example")
	}
}

// runExample runs the commands of a block and returns the block with what they print.
func runExample(t *testing.T, root, block string) string {
	t.Helper()
	var b strings.Builder
	for _, part := range regexp.MustCompile(`(?m)^\$ `).Split(block, -1)[1:] {
		line, want, _ := strings.Cut(part, "\n")
		got := runLine(t, root, line)
		if !*updateDocs && withoutFigures(got) != withoutFigures(want) {
			t.Errorf("$ %s\nprints\n%s\nand the documentation has\n%s\nTo write it there, run: go test -run ExamplesInDocs ./cmd/gclean -update-docs", line, got, want)
		}
		fmt.Fprintf(&b, "$ %s\n%s", line, got)
	}
	return b.String()
}

// exampleCommand is a shell that runs a line on the machine in root.
func exampleCommand(t *testing.T, root, line string, env ...string) *exec.Cmd {
	t.Helper()
	return shellCommand(t, root, line, append(env, "HOME=/root", "LC_ALL=C.UTF-8", "TZ=UTC", inRoot+"="+root)...)
}

// runLine runs a line as a person in a shell on the machine in root.
func runLine(t *testing.T, root, line string) string {
	t.Helper()
	out, err := exampleCommand(t, root, line).CombinedOutput()
	text := string(out)
	if exit, ok := err.(*exec.ExitError); ok {
		text += fmt.Sprintf("exit code %d\n", exit.ExitCode())
	} else if err != nil {
		t.Fatal(err)
	}
	return text
}

// withoutFigures is a text without its figures, and with one space for many.
func withoutFigures(s string) string {
	s = regexp.MustCompile(`\d[\d.,]*( ?([KMG]?B|%)|[smhdw])?\b`).ReplaceAllString(s, "#")
	s = regexp.MustCompile(`[-=]{3,}`).ReplaceAllString(s, "-")
	return regexp.MustCompile(`[ \t]+`).ReplaceAllString(s, " ")
}
