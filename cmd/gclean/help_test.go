package main

import (
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
func TestExitCodesTellOfInterruption(t *testing.T) {
	for _, cmd := range commands(t) {
		looks := cmd.Flags().Lookup("pkgs-dir") != nil || cmd.Name() == "slim"
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
