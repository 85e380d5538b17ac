package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestCommandLinesParse reads every command line of gclean in the documentation and in
// what runs gclean: commands and flags are known, and values are valid.
func TestCommandLinesParse(t *testing.T) {
	top := filepath.Join("..", "..")
	files := []string{"action.yml", "Dockerfile", ".pre-commit-hooks.yaml"}
	for _, pattern := range []string{"*.md", "docs/*.md"} {
		found, err := filepath.Glob(filepath.Join(top, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range found {
			files = append(files, strings.TrimPrefix(filepath.ToSlash(file), "../../"))
		}
	}
	for _, dir := range []string{"contrib", "examples"} {
		err := fs.WalkDir(os.DirFS(top), dir, func(file string, d fs.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				files = append(files, file)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(top, file))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := commandLines(file, string(text))
		if err != nil {
			t.Errorf("%s: %v", file, err)
		}
		for _, line := range lines {
			if err := line.parse(t); err != nil {
				t.Errorf("%s: %s: %v", file, line, err)
			}
			dir, _, _ := strings.Cut(path.Dir(file), "/")
			read[dir]++
		}
	}
	for dir, least := range map[string]int{".": 30, "docs": 60, "contrib": 5, "examples": 7} {
		if read[dir] < least {
			t.Errorf("%s: %d command lines were found, at least %d are there", dir, read[dir], least)
		}
	}
}

// TestWrongCommandLinesAreFound shows that TestCommandLinesParse sees what is wrong.
func TestWrongCommandLinesAreFound(t *testing.T) {
	for file, text := range map[string]string{
		"a command.md":                  "run `gclean tidy`",
		"a flag.md":                     "run `gclean --al`",
		"a span that wraps.md":          "run `gclean --all\n--older 3d`",
		"a table.md":                    "| `gclean report --format sheet\\|json` | |",
		"only a flag.md":                "with `--olden 30d`",
		"a value.md":                    "```sh\nset -e; x=$(sudo gclean -a --older-than=soon | wc -l)\n```",
		"a session.md":                  "```console\n$ gclean ls --frre\n```",
		"a pixi task.md":                "```toml\nclean = \"gclean --all -y\"\n```",
		"python.md":                     "```python\nrun([\"gclean\", \"--all\", \"--jason\"])\n```",
		"exec/Dockerfile":               "RUN --mount=type=bind,from=gclean,source=/gclean,target=/gclean \\\n    [\"/gclean\", \"-afx\"]",
		"run/Dockerfile":                "RUN --mount=type=cache,target=/x conda install -y numpy && \\\n    /bin/gclean -afx",
		"contrib/cron/x":                "30 3 * * * root nice -n 19 gclean --all --max-size much",
		"contrib/x.service":             "ExecStart=/usr/bin/gclean --al",
		"contrib/pod.yaml":              "spec: {containers: [{image: gclean:latest, args: [--root=/node, --al]}]}",
		"contrib/steps.yml":             "- run: |\n    set -e\n    gclean report --al",
		"contrib/script":                "#!/bin/sh\nexec timeout 5 gclean --al \\\n  --yes",
		"contrib/variable":              "#!/bin/bash\n\"$GCLEAN\" report --formt x ${dirs[@]+\"${dirs[@]}\"}",
		"contrib/packages/gclean.yaml":  "# Text.\n#older-then: 30d",
		"contrib/packages2/gclean.yaml": "keep-last: all",
	} {
		lines, err := commandLines(file, text)
		for _, line := range lines {
			err = errors.Join(err, line.parse(t))
		}
		if err == nil {
			t.Errorf("%s: nothing is wrong with %q, read as %q", file, text, lines)
		}
	}
}

// commandLine is what stands behind gclean.
type commandLine struct {
	args []string
	// mention says that it stands between words: `gclean slim`, or `--grace` alone. What a
	// person has to add may be missing.
	mention bool
}

func (l commandLine) String() string { return "gclean " + strings.Join(l.args, " ") }

// parse reads a command line without running it. A flag alone is of any command.
func (l commandLine) parse(t *testing.T) error {
	root := idle(l.args)
	if !l.mention {
		return execute(t, root, l.args)
	}
	err := read(root, l.args)
	if !strings.HasPrefix(l.args[0], "-") {
		return err
	}
	for _, sub := range root.Commands() {
		if err == nil || read(idle(l.args), append([]string{sub.Name()}, l.args...)) == nil {
			return nil
		}
	}
	return err
}

// idle is gclean, of which nothing runs.
func idle(args []string) *cobra.Command {
	root := newRoot(newApp("gclean", nil, io.Discard, io.Discard), args)
	root.PersistentPreRunE = nil
	for _, sub := range append(root.Commands(), root) {
		sub.RunE = func(*cobra.Command, []string) error { return nil }
		if sub.DisableFlagParsing {
			sub.RunE = func(_ *cobra.Command, args []string) error { return lintFlagsAreKnown(args) }
		}
	}
	return root
}

// execute reads all of a command line.
func execute(t *testing.T, root *cobra.Command, args []string) error {
	args = withValues(root, args)
	root.SetArgs(spreadPaths(args, root.Flags()))
	return root.ExecuteContext(t.Context())
}

// read reads what is there of a command line.
func read(root *cobra.Command, args []string) error {
	args = withValues(root, args)
	cmd, rest, err := root.Find(spreadPaths(args, root.Flags()))
	switch {
	case err != nil:
		return err
	case cmd.DisableFlagParsing:
		return lintFlagsAreKnown(rest)
	}
	err = cmd.ParseFlags(rest)
	if missing := (*pflag.ValueRequiredError)(nil); err != nil && !errors.As(err, &missing) {
		return err
	}
	if cmd.Flags().NArg() == 0 || cmd.Args == nil {
		return nil
	}
	return cmd.Args(cmd, cmd.Flags().Args())
}

// lintFlagsAreKnown looks into the source of the other program, which cannot be imported.
func lintFlagsAreKnown(args []string) error {
	source, err := os.ReadFile("../gclean-lint-dockerfile/main.go")
	for _, arg := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "=")
		if strings.HasPrefix(arg, "--") && !strings.Contains(string(source), fmt.Sprintf("VarP(&f.%s, %q,", name, name)) && !strings.Contains(string(source), fmt.Sprintf("Var(&f.%s, %q,", name, name)) {
			err = errors.Join(err, fmt.Errorf("%s has no flag %s", linter, arg))
		}
	}
	return err
}

// placeholder is what a reader is to replace.
var placeholder = regexp.MustCompile(`^([A-Z][A-Z_]*|\$.*)$`)

// withValues puts values where a flag takes no word and a placeholder stands.
func withValues(root *cobra.Command, args []string) []string {
	samples := map[string]string{"N": "1", "SIZE": "1G", "DURATION": "1d", "SPAN": "1d", "NAME": "classic", "FORMAT": "json"}
	args = slices.Clone(args)
	if len(args) > 0 && args[0] == "COMMAND" {
		args[0] = cleanName
	}
	for i := range args {
		before, value, inOne := strings.Cut(args[i], "=")
		if !inOne && i > 0 {
			before, value = args[i-1], args[i]
		}
		if !placeholder.MatchString(value) || !strings.HasPrefix(before, "--") {
			continue
		}
		for _, cmd := range append(root.Commands(), root) {
			f := cmd.Flags().Lookup(before[2:])
			if f == nil || samples[f.Value.Type()] == "" {
				continue
			}
			if args[i] = samples[f.Value.Type()]; inOne {
				args[i] = before + "=" + args[i]
			}
			break
		}
	}
	return args
}
