package main

import (
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"gclean/internal/mdoc"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commands are gclean and all its commands.
func commands(t *testing.T) []*cobra.Command {
	root := newRoot(&app{name: "gclean", stdout: newOutput(new(strings.Builder))}, nil)
	list := allCommands(root)
	if len(list) < 10 {
		t.Fatalf("%d commands", len(list))
	}
	return list
}

func TestEveryFlagIsInTheHelp(t *testing.T) {
	for _, cmd := range commands(t) {
		text := help(cmd)
		if cmd.Short == "" || cmd.Long == "" {
			t.Errorf("%s: nothing says what it does", cmd.Name())
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !strings.Contains(text, " --"+f.Name+" ") {
				t.Errorf("%s: --%s is not in the help", cmd.Name(), f.Name)
			}
			if f.Shorthand != "" && !strings.Contains(text, " -"+f.Shorthand+", --"+f.Name+" ") {
				t.Errorf("%s: -%s is not in the help", cmd.Name(), f.Shorthand)
			}
			if f.Name != "help" && f.Name != "version" && (f.Usage == "" || len(f.Annotations[headingKey]) != 1) {
				t.Errorf("%s: --%s has no help, or no heading", cmd.Name(), f.Name)
			}
		})
	}
}

// A heading that comes twice would be two parts of the help.
func TestHelpIsInOrder(t *testing.T) {
	for _, cmd := range commands(t) {
		seen := map[string]bool{}
		for _, s := range flagSections(cmd) {
			if seen[s.heading] {
				t.Errorf("%s: %q comes twice", cmd.Name(), s.heading)
			}
			seen[s.heading] = true
		}
		for line := range strings.Lines(help(cmd)) {
			if len(strings.TrimSuffix(line, "\n")) > helpWidth || strings.Contains(line, "\x00") {
				t.Errorf("%s: %q", cmd.Name(), line)
			}
		}
	}
}

// TestShortHelpFitsAScreen: -h shows examples first, and leaves a line for the prompt.
func TestShortHelpFitsAScreen(t *testing.T) {
	for _, cmd := range append(commands(t), newHelp()) {
		text := shortHelp(cmd)
		if n := strings.Count(text, "\n"); n >= screenLines || n < 7 {
			t.Errorf("%s: %d lines:\n%s", cmd.Name(), n, text)
		}
		for line := range strings.Lines(text) {
			if len(strings.TrimSuffix(line, "\n")) > helpWidth {
				t.Errorf("%s: %q", cmd.Name(), line)
			}
		}
		for _, name := range strings.Fields(cmd.Annotations[commonKey]) {
			if cmd.Flags().Lookup(name) == nil {
				t.Errorf("%s: -h is to show --%s, which is not there", cmd.Name(), name)
			}
		}
		if cmd.Flags().Lookup("yes") != nil && !strings.Contains(text, "--yes ") {
			t.Errorf("%s: -h does not show --yes:\n%s", cmd.Name(), text)
		}
		for _, text := range []string{text, help(cmd)} {
			if examples, usage := strings.Index(text, "\nExamples:\n"), strings.Index(text, "\nUsage:"); examples < 0 || examples > usage {
				t.Errorf("%s: examples do not come first:\n%s", cmd.Name(), text)
			}
		}
	}
}

// TestExamplesAreRight reads the flags and arguments of every example.
func TestExamplesAreRight(t *testing.T) {
	read := 0
	for _, cmd := range append(commands(t), newHelp()) {
		for line := range strings.Lines(cmd.Example) {
			line, _, _ = strings.Cut(strings.NewReplacer("'", "", "source <(", "", ")", "").Replace(strings.TrimSpace(line)), " >")
			line, _, _ = strings.Cut(line, " |")
			words := strings.Fields(line)
			if len(words) < 2 || words[0] != "gclean" {
				t.Errorf("%s: %q", cmd.Name(), line)
				continue
			}
			a := newApp("gclean", nil, io.Discard, io.Discard)
			root, ran := newRoot(a, nil), false
			root.PersistentPreRunE = nil
			for _, sub := range allCommands(root) {
				sub.RunE = func(sub *cobra.Command, _ []string) error {
					ran = sub.Name() == cmd.Name() || cmd.Name() == cleanName || cmd.HasParent() && (cmd.Name() == "round" || cmd.Parent().Name() == "round")
					return nil
				}
			}
			root.SetArgs(words[1:])
			if err := root.ExecuteContext(t.Context()); err != nil || !ran && cmd.Name() != "help" {
				t.Errorf("%s: %q: %v", cmd.Name(), line, err)
			}
			read++
		}
	}
	if read < 20 {
		t.Errorf("%d examples", read)
	}
}

func TestHelpOfASubcommandOfConda(t *testing.T) {
	root := newRoot(&app{name: calledBy("/opt/conda/bin/conda-gclean"), stdout: newOutput(new(strings.Builder))}, nil)
	if text := help(root); !strings.Contains(text, "\n  conda gclean [-a]") || !strings.Contains(text, "\n  conda gclean COMMAND [flags]\n") {
		t.Error(text)
	}
	for _, cmd := range root.Commands() {
		if text := help(cmd); !strings.Contains(text, "\n  conda gclean ") {
			t.Errorf("%s: %s", cmd.Name(), text)
		}
	}
	for path, want := range map[string]string{"gclean": "gclean", "/x/gclean-dev": "gclean", "conda-gclean.exe": "conda gclean"} {
		if got := calledBy(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestEveryFlagIsInTheManPage(t *testing.T) {
	for _, cmd := range commands(t) {
		text := page(cmd, "November 25, 2026")
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			_, item, ok := strings.Cut(strings.ReplaceAll(text, "\n", " \n"), " Fl "+mdoc.Escape("-"+f.Name)+" ")
			if !ok {
				t.Errorf("%s: --%s is not in the page", cmd.Name(), f.Name)
			}
			item, _, _ = strings.Cut(item, ".It")
			if f.DefValue != "" && strings.Contains(help(cmd), "(default "+f.DefValue+")") != strings.Contains(item, "The default is "+f.DefValue+".") {
				t.Errorf("%s: --%s has another default, or none", cmd.Name(), f.Name)
			}
		})
		if want := "\n.Nm \"" + cmd.CommandPath() + "\"\n" + mdoc.Escape(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath()+" ")) + "\n"; !strings.Contains(text, want) {
			t.Errorf("%s: no synopsis %q", cmd.Name(), want)
		}
		if first, _, _ := strings.Cut(cmd.Long, "\n"); !strings.Contains(strings.Join(strings.Fields(text), " "), mdoc.Escape(first)) {
			t.Errorf("%s: no description", cmd.Name())
		}
		if len(exitCodes(cmd)) < 2 {
			t.Errorf("%s has no exit codes", cmd.Name())
		}
		for _, code := range exitCodes(cmd) {
			if code, _, _ := strings.Cut(code, " "); !strings.Contains(text, "\n.It "+code+"\n") {
				t.Errorf("%s: exit code %s is not in the page", cmd.Name(), code)
			}
		}
	}
}

func TestDateOfAManPage(t *testing.T) {
	committed := time.Date(2026, 11, 25, 23, 0, 0, 0, time.FixedZone("", -2*3600))
	for _, tt := range []struct {
		epoch     string
		committed time.Time
		want      string
	}{
		{"", committed, "November 26, 2026"},
		{"", time.Time{}, "November 27, 2026"},
		{"0", committed, "January 1, 1970"},
		{"-1", committed, "error"},
		{"9223372036854775807", committed, "error"},
		{"now", committed, "error"},
	} {
		if tt.epoch != "" {
			t.Setenv("SOURCE_DATE_EPOCH", tt.epoch)
		}
		got, err := pageDate(tt.committed, time.Date(2026, 11, 27, 0, 0, 0, 0, time.UTC))
		if tt.want == "error" != (err != nil) || err == nil && got != tt.want {
			t.Errorf("%q: %s, %v; want %s", tt.epoch, got, err, tt.want)
		}
	}
}

// Whoever looks at caches or environments can be interrupted while it does.
func TestExitCodesShowInterruption(t *testing.T) {
	for _, cmd := range commands(t) {
		looks := cmd.Flags().Lookup("pkgs-dir") != nil || cmd.Name() == "slim" || strings.HasPrefix(cmd.CommandPath(), "gclean round")
		tells := slices.ContainsFunc(exitCodes(cmd), func(code string) bool { return strings.HasPrefix(code, "130 ") })
		if looks != tells {
			t.Errorf("%s: %q", cmd.Name(), exitCodes(cmd))
		}
	}
}

// What shells show beside flags and commands is the text as it stands.
func TestCompletionIsPlain(t *testing.T) {
	for _, cmd := range commands(t) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if strings.ContainsAny(f.Usage, "`\n") {
				t.Errorf("%s: --%s: %q", cmd.Name(), f.Name, f.Usage)
			}
			_, completed := cmd.GetFlagCompletionFunc(f.Name)
			if _, isChoice := f.Value.(choice); isChoice && !completed {
				t.Errorf("%s: --%s completes nothing", cmd.Name(), f.Name)
			}
		})
	}
}

// docs/usage.md and the pages that it links have every flag.
func TestEveryFlagIsInTheDocumentation(t *testing.T) {
	var docs strings.Builder
	for _, name := range []string{"usage", "images", "servers", "slim", "fleet"} {
		text, err := os.ReadFile("../../docs/" + name + ".md")
		if err != nil {
			t.Fatal(err)
		}
		docs.Write(text)
	}
	for _, cmd := range commands(t) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !regexp.MustCompile("[ `]--" + f.Name + "[^a-z-]").MatchString(docs.String()) {
				t.Errorf("%s: --%s is in no docs/*.md", cmd.Name(), f.Name)
			}
		})
	}
}
