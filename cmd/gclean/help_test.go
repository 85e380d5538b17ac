package main

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commands are gclean and all its commands.
func commands(t *testing.T) []*cobra.Command {
	root := newRoot(&app{name: "gclean", stdout: newOutput(new(strings.Builder))})
	list := append(root.Commands(), root)
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
			if f.Name != "help" && f.Name != "version" && (f.Usage == "" || f.Usage == noValue || len(f.Annotations[headingKey]) != 1) {
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
	root := newRoot(&app{name: calledBy("/opt/conda/bin/conda-gclean"), stdout: newOutput(new(strings.Builder))})
	if text := help(root); !strings.Contains(text, "\n  conda gclean [-a]") || !strings.Contains(text, "\n  conda gclean COMMAND [flags]\n") {
		t.Error(text)
	}
	for _, cmd := range root.Commands() {
		if text := help(cmd); !strings.Contains(text, "\n  conda gclean ") {
			t.Errorf("%s: %s", cmd.Name(), text)
		}
		if got := pageName(cmd); got != "gclean-"+cmd.Name() {
			t.Errorf("the page of %s is %s", cmd.Name(), got)
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
			if !strings.Contains(text, " Fl -"+mdocEscape(f.Name)) {
				t.Errorf("%s: --%s is not in the page", cmd.Name(), f.Name)
			}
		})
		for _, code := range exitCodes(cmd) {
			if code, _, _ := strings.Cut(code, " "); !strings.Contains(text, "\n.It "+code+"\n") {
				t.Errorf("%s: exit code %s is not in the page", cmd.Name(), code)
			}
		}
	}
}

func TestTextOfAManPageIsNoMacro(t *testing.T) {
	var p mdoc
	p.text(".Xr is none. Nor is\n'this'; \\fB too. --help")
	if got, want := p.String(), "\\&.Xr is none.\nNor is 'this'; \\efB too. \\-\\-help\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	p.Reset()
	p.macro("Nd", `"quoted" \x`)
	if got, want := p.String(), ".Nd \"\"\"quoted\"\" \\ex\"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
