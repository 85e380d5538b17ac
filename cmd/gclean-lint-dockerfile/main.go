// Command gclean-lint-dockerfile finds where the caches of conda, mamba and pixi stay in
// the image that a Dockerfile makes.
//
//	gclean-lint-dockerfile Dockerfile
//	gclean lint-dockerfile --format sarif Dockerfile > gclean.sarif
//
// It is a program of its own, which "gclean lint-dockerfile" runs: the parser of
// Dockerfiles is a third of gclean's size. What is a mistake is decided in package
// dockerlint; here are flags, files, output (output.go, sarif.go) and exit codes.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"gclean/internal/dockerlint"
	"gclean/internal/mdoc"
	"gclean/internal/suggest"
	"gclean/internal/table"
	"gclean/internal/visible"
)

// The exit codes.
const (
	exitNone     = 0
	exitFindings = 1
	exitUnread   = 2 // wrong usage, or a file that cannot be read or understood
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// checked is what came of one file.
type checked struct {
	path string // as it was given; "-" is stdin
	dockerlint.Result
	err error // it cannot be read or understood
}

// flags are the flags of the command line.
type flags struct {
	*pflag.FlagSet
	format, target string
	ignore         []string
	json           bool
	help, version  bool
	man            bool
}

func newFlags() *flags {
	f := &flags{FlagSet: pflag.NewFlagSet("gclean-lint-dockerfile", pflag.ContinueOnError)}
	f.SortFlags = false
	f.SetOutput(io.Discard)
	f.StringVar(&f.format, "format", "text", "print the findings in this `FORMAT`: text, json or sarif (for code scanning)")
	f.BoolVar(&f.json, "json", false, "the same as --format json")
	f.StringVar(&f.target, "target", "", "check the image that the build `STAGE` makes; the default is the last stage")
	f.StringSliceVar(&f.ignore, "ignore", nil, "ignore rules by their `CODES`, separated by commas")
	f.BoolVar(&f.version, "version", false, "print the version")
	f.BoolVarP(&f.help, "help", "h", false, "-h prints a short help, --help all of it")
	f.BoolVar(&f.man, "man", false, "print the man page")
	f.MarkHidden("man")
	return f
}

// run is the program, and returns its exit code. All that it prints passes package
// visible, which takes secrets out.
func run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	safe := visible.NewWriter(stdout)
	out := bufio.NewWriter(safe)
	say := visible.Lines(stderr)
	code, err := lint(args, stdin, out, say)
	if err == nil {
		if err = errors.Join(out.Flush(), safe.Flush()); err != nil {
			err = fmt.Errorf("cannot write the output: %w", err)
		}
	}
	if err != nil {
		message := visible.String(err.Error())
		fmt.Fprintf(say, "gclean-lint-dockerfile: %s\n", message)
		if errors.As(err, new(usageError)) && asksJSON(args) {
			_ = errors.Join(writeError(out, message), out.Flush(), safe.Flush()) // the exit code is the same
		}
		return exitUnread
	}
	return code
}

// asksJSON says whether a command line, which may be wrong, asks for JSON.
func asksJSON(args []string) bool {
	asks := false
	for i, arg := range args {
		name, value, inOne := strings.Cut(arg, "=")
		switch {
		case arg == "--":
			return asks
		case name == "--json":
			yes, err := strconv.ParseBool(value)
			asks = !inOne || err == nil && yes
		case name == "--format" && (inOne || i+1 < len(args)):
			if !inOne {
				value = args[i+1]
			}
			asks = asks || value == "json"
		}
	}
	return asks
}

func lint(args []string, stdin io.Reader, out, say io.Writer) (int, error) {
	f := newFlags()
	if err := f.Parse(args); err != nil {
		text := err.Error()
		if unknown := (*pflag.NotExistError)(nil); errors.As(err, &unknown) {
			var names []string
			f.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
			text += didYouMean("--", unknown.GetSpecifiedName(), names)
		}
		return 0, usage(text)
	}
	formats := []string{"text", "json", "sarif"}
	switch {
	case f.json && f.Changed("format") && f.format != "json":
		return 0, usage("--json and --format " + f.format + ": choose one")
	case f.json:
		f.format = "json"
	}
	switch {
	case f.help && !contains(args, "--help"):
		fmt.Fprintf(out, "%s\n\n%s\n\nFlags:\n%s\n'gclean lint-dockerfile --help' shows the rules and the exit codes.\n", short, "Examples:\n  "+strings.Join(examples(), "\n  "), f.FlagUsagesWrapped(80))
		return exitNone, nil
	case f.help:
		fmt.Fprint(out, help(f))
		return exitNone, nil
	case f.man:
		fmt.Fprint(out, page(f))
		return exitNone, nil
	case f.version:
		fmt.Fprintf(out, "gclean-lint-dockerfile version %s\n", version())
		return exitNone, nil
	case f.NArg() == 0:
		return 0, usage("name a Dockerfile, or - for stdin")
	case !contains(formats, f.format):
		return 0, usage("--format " + f.format + ": text, json and sarif are known" + didYouMean("", f.format, formats))
	}
	for _, code := range f.ignore {
		if !knows(code) {
			return 0, usage("--ignore " + code + ": the codes are " + strings.Join(dockerlint.Codes(), ", ") + didYouMean("", code, dockerlint.Codes()))
		}
	}
	var files []checked
	code := exitNone
	for _, path := range f.Args() {
		c := check(path, stdin, f)
		files = append(files, c)
		switch {
		case c.err != nil || len(c.Unread) > 0:
			code = exitUnread
		case len(c.Findings) > 0:
			code = max(code, exitFindings)
		}
	}
	switch f.format {
	case "json":
		return code, writeJSON(out, files)
	case "sarif":
		for _, c := range files {
			complain(say, c)
		}
		return code, writeSARIF(out, files)
	}
	for _, c := range files {
		complain(say, c)
		writeText(out, c)
	}
	return code, nil
}

// usageError is wrong usage.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

func usage(text string) error {
	see := "; see"
	if strings.HasSuffix(text, "?") {
		see = " See"
	}
	return usageError{text + see + " gclean-lint-dockerfile --help"}
}

// didYouMean ends a message about an unknown word. It is "" if no name is similar.
func didYouMean(before, word string, names []string) string {
	if name := suggest.Nearest(word, names); name != "" {
		return ": did you mean " + strconv.Quote(before+name) + "?"
	}
	return ""
}

func knows(code string) bool {
	for _, known := range dockerlint.Codes() {
		if code == known {
			return true
		}
	}
	return false
}

// maxSize is far more than any Dockerfile has.
const maxSize = 2 << 20

// check reads a file and looks for mistakes in it.
func check(path string, stdin io.Reader, f *flags) checked {
	c := checked{path: path}
	content, err := read(path, stdin)
	if err == nil {
		var res *dockerlint.Result
		if res, err = dockerlint.Check(content, dockerlint.Options{Target: f.target}); err == nil {
			c.Result = *res
		}
	}
	c.err = err
	kept := c.Findings[:0]
	for _, finding := range c.Findings {
		if !contains(f.ignore, finding.Rule.Code()) {
			kept = append(kept, finding)
		}
	}
	c.Findings = kept
	return c
}

func contains(list []string, s string) bool {
	for _, other := range list {
		if other == s {
			return true
		}
	}
	return false
}

func read(path string, stdin io.Reader) ([]byte, error) {
	from := stdin
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return nil, errors.Unwrap(err) // what is told names the path
		}
		defer file.Close()
		from = file
	}
	content, err := io.ReadAll(io.LimitReader(from, maxSize+1))
	switch {
	case err != nil:
		if inner := errors.Unwrap(err); inner != nil {
			err = inner
		}
		return nil, err
	case len(content) > maxSize:
		return nil, fmt.Errorf("it has more than %d MB", maxSize>>20)
	}
	return content, nil
}

// version is that of the build, "devel" where it is not known.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" && info.Main.Version != "(devel)" {
		return info.Main.Version
	}
	return "devel"
}

const short = `Find where caches of conda, mamba and pixi stay in the image of a Dockerfile.`

const about = `Find where caches of conda, mamba, micromamba and pixi stay in the image that a
Dockerfile builds. The RUN that installs has to clean up: cleaning in a later RUN
frees nothing, and COPY --from copies what the other stage left. Cleaning that
asks, or that leaves some of the caches, is found, too. If FILE is -, read stdin.

To ignore a rule at an instruction, put a comment above or inside it:
# gclean: ignore=not_cleaned. Above the first instruction, the comment counts for
the whole file.`

// examples are commands for the help and the man page.
func examples() []string {
	return []string{
		"gclean-lint-dockerfile Dockerfile",
		"gclean-lint-dockerfile --json Dockerfile",
		"gclean-lint-dockerfile --target runtime Dockerfile docker/*.Dockerfile",
		"gclean-lint-dockerfile --ignore conda_clean,cleaning_misses - < Dockerfile",
		"gclean-lint-dockerfile --format sarif Dockerfile > gclean.sarif",
	}
}

func exits() []string {
	return []string{"0 nothing was found", "1 something was found", "2 wrong usage, or a file that cannot be read or understood"}
}

func help(f *flags) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nExamples:\n  %s\n\nUsage:\n  gclean-lint-dockerfile [flags] FILE...\n\nFlags:\n%s\nRules:\n",
		about, strings.Join(examples(), "\n  "), f.FlagUsagesWrapped(80))
	for _, r := range dockerlint.Rules() {
		lines := strings.ReplaceAll(strings.TrimSuffix(table.Wrap(r.Summary(), 61), "\n"), "\n", "\n"+strings.Repeat(" ", 19))
		fmt.Fprintf(&b, "  %-15s  %s\n", r.Code(), lines)
	}
	b.WriteString("\n" + table.Wrap("Exit codes: "+strings.Join(exits(), "; ")+".", 80))
	return b.String()
}

// page is the man page.
func page(f *flags) string {
	p := new(mdoc.Page)
	p.Macro("Dd", commitDate())
	p.Macro("Dt", "GCLEAN-LINT-DOCKERFILE", "1")
	p.Macro("Os")
	p.Macro("Sh", "NAME")
	p.Macro("Nm", "gclean-lint-dockerfile")
	p.Macro("Nd", "find caches of conda, mamba and pixi that stay in images")
	p.Macro("Sh", "SYNOPSIS")
	p.Macro("Nm", "gclean-lint-dockerfile")
	p.Text("[flags] FILE...")
	p.Macro("Sh", "DESCRIPTION")
	p.Text(about)
	p.Macro("Sh", "OPTIONS")
	p.Tagged(func() {
		f.VisitAll(func(flag *pflag.Flag) {
			if flag.Hidden {
				return
			}
			value, text := pflag.UnquoteUsage(flag)
			words := []string{"Fl", mdoc.Escape("-" + flag.Name)}
			if value != "" {
				words = append(words, "Ar", mdoc.Escape(value))
			}
			p.Item(words...)
			p.Text(strings.ToUpper(text[:1]) + text[1:] + ".")
		})
	})
	p.Macro("Sh", "RULES")
	p.Tagged(func() {
		for _, r := range dockerlint.Rules() {
			p.Item("Cm", r.Code())
			p.Text(r.Summary())
		}
	})
	p.Macro("Sh", "EXIT STATUS")
	p.Tagged(func() {
		for _, line := range exits() {
			code, meaning, _ := strings.Cut(line, " ")
			p.Item(code)
			p.Text(strings.ToUpper(meaning[:1]) + meaning[1:] + ".")
		}
	})
	p.Macro("Sh", "EXAMPLES")
	for _, line := range examples() {
		p.Example(line)
	}
	p.Macro("Sh", "SEE ALSO")
	p.Macro("Xr", "gclean", "1")
	return p.String()
}

// uri is a path as SARIF has it: relative to the current folder if it is below that, with
// slashes and escapes.
func uri(path string) string {
	if path == "-" {
		return "Dockerfile"
	}
	path = filepath.Clean(path)
	if filepath.IsAbs(path) {
		if cwd, err := os.Getwd(); err == nil {
			if rel, err := filepath.Rel(cwd, path); err == nil && filepath.IsLocal(rel) {
				path = rel
			}
		}
	}
	u := url.URL{Path: filepath.ToSlash(path)}
	if filepath.IsAbs(path) {
		u.Scheme, u.Path = "file", "/"+strings.TrimPrefix(u.Path, "/")
	}
	return u.String()
}
