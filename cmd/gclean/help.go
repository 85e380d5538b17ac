package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gclean/internal/table"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The help and the man pages are made from what the commands and their flags say.
// Templates are not used: with text/template in the binary, the linker removes almost no
// unused code.

// Annotations. headingKey of a flag is its heading. commonKey of a command lists the
// flags that -h shows, separated by spaces.
const (
	headingKey = "gclean_heading"
	commonKey  = "gclean_common"
)

// common lists the flags of a command that most people need.
func common(flags ...string) map[string]string {
	return map[string]string{commonKey: strings.Join(flags, " ")}
}

// helpWidth is the width if the terminal's is unknown.
const helpWidth = 80

// distText explains DIST, the argument of ls and verify.
const distText = `DIST is a distribution, such as numpy-1.26.4-py311h64a7726_0, a name alone, or a
pattern, such as 'numpy-1.26*'.`

// section adds the flags that register makes to fs, under a heading of the help.
func section(fs *pflag.FlagSet, heading string, register func(*pflag.FlagSet)) {
	part := pflag.NewFlagSet(heading, pflag.ContinueOnError)
	part.SortFlags, fs.SortFlags = false, false
	register(part)
	part.VisitAll(func(f *pflag.Flag) { f.Annotations = map[string][]string{headingKey: {heading}} })
	fs.AddFlagSet(part)
}

// flagSection is a part of the help.
type flagSection struct {
	heading string
	flags   *pflag.FlagSet
}

// flagSections are the flags of cmd, by heading, as the help shows them.
func flagSections(cmd *cobra.Command) []flagSection {
	var list []flagSection
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		heading := "Other"
		if noted := f.Annotations[headingKey]; len(noted) > 0 {
			heading = noted[0]
		}
		if len(list) == 0 || list[len(list)-1].heading != heading {
			part := pflag.NewFlagSet(heading, pflag.ContinueOnError)
			part.SortFlags = false
			list = append(list, flagSection{heading, part})
		}
		shown := *f
		if shown.NoOptDefVal == noPath {
			shown.NoOptDefVal = "" // the type of the value shows that it is optional
		}
		if shown.Value.Type() == "count" {
			shown.Usage = "``" + shown.Usage // the empty name stops pflag from showing a value
		}
		list[len(list)-1].flags.AddFlag(&shown)
	})
	return list
}

// examples are the examples of a command, one in each line, with the name by which gclean
// was called.
func examples(cmd *cobra.Command) []string {
	var list []string
	for line := range strings.Lines(cmd.Example) {
		line = strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(line, "gclean "); ok {
			line = cmd.Root().CommandPath() + " " + rest
		}
		list = append(list, line)
	}
	return list
}

// head is the beginning of the help of a command.
func head(about string, cmd *cobra.Command) string {
	text := about + "\n"
	if list := examples(cmd); len(list) > 0 {
		text += "\nExamples:\n  " + strings.Join(list, "\n  ") + "\n"
	}
	return text
}

// screenLines is the height of a small terminal.
const screenLines = 24

// shortHelp fits a screen: examples, commands, and the flags that most people need.
func shortHelp(cmd *cobra.Command) string {
	if cmd.Name() == cleanName {
		cmd = cmd.Root()
	}
	top := head(sentence(cmd.Short)+".", cmd) + "\nUsage: " + cmd.UseLine() + "\n"
	if list := shownCommands(cmd); len(list) > 0 {
		var names []string
		for _, sub := range list {
			names = append(names, sub.Name())
		}
		top += table.Wrap("Commands: "+strings.Join(names, ", "), helpWidth)
	}
	end := fmt.Sprintf("\n'%s --help' shows all flags and the exit codes.\n", cmd.CommandPath())
	flags := commonFlags(cmd)
	for {
		part := pflag.NewFlagSet("", pflag.ContinueOnError)
		part.SortFlags = false
		for _, f := range flags {
			part.AddFlag(f)
		}
		middle := ""
		if len(flags) > 0 {
			middle = "\nFlags:\n" + part.FlagUsagesWrapped(helpWidth)
		}
		if text := top + middle + end; len(flags) == 0 || strings.Count(text, "\n") < screenLines { // the prompt needs a line
			return text
		}
		flags = flags[:len(flags)-1]
	}
}

// commonFlags are the flags that -h shows if there is room: the common flags of the
// command, or else all its own flags. Each has only the first part of its usage.
func commonFlags(cmd *cobra.Command) []*pflag.Flag {
	noted := strings.Fields(cmd.Annotations[commonKey])
	var list []*pflag.Flag
	for _, s := range flagSections(cmd) {
		s.flags.VisitAll(func(f *pflag.Flag) {
			if noted != nil && !slices.Contains(noted, f.Name) || noted == nil && (s.heading == placeHeading || f.Name == "help") {
				return
			}
			for _, end := range []string{"; ", ". "} {
				f.Usage, _, _ = strings.Cut(f.Usage, end)
			}
			list = append(list, f)
		})
	}
	return list
}

// bareHelp is for "gclean" alone: what it is, and what most people need. conda's line
// about the missing target comes after it.
func bareHelp(cmd *cobra.Command) string {
	name := cmd.Root().CommandPath()
	rows := [][2]string{
		{"--all --dry-run", "show what would be removed, and how much space that frees"},
		{"--all", "show it, ask once, and remove it"},
		{"-afy", "remove it without asking: end each RUN that installs with this"},
		{"report", "show who uses what"},
		{"why numpy", "show what keeps a package"},
	}
	var b strings.Builder
	b.WriteString(sentence(cmd.Root().Short) + ".\n\n")
	for _, r := range rows {
		fmt.Fprintf(&b, "  %-*s  %s\n", len(name)+16, name+" "+r[0], r[1])
	}
	return b.String()
}

// help is the help of a command.
func help(cmd *cobra.Command) string {
	if cmd.Name() == cleanName {
		cmd = cmd.Root()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\nUsage:\n  %s\n", head(strings.TrimSpace(cmd.Long), cmd), cmd.UseLine())
	if list := shownCommands(cmd); len(list) > 0 {
		fmt.Fprintf(&b, "  %s COMMAND [flags]\n\nCommands:\n", cmd.CommandPath())
		for _, sub := range list {
			fmt.Fprintf(&b, "  %-16s %s\n", called(sub, 16), sub.Short)
		}
	}
	for _, s := range flagSections(cmd) {
		fmt.Fprintf(&b, "\n%s:\n%s", s.heading, s.flags.FlagUsagesWrapped(helpWidth))
	}
	b.WriteString("\nExit codes:\n")
	for _, line := range exitCodes(cmd) {
		code, meaning, _ := strings.Cut(line, " ")
		const indent = "       "
		text := strings.ReplaceAll(strings.TrimSpace(table.Wrap(meaning, helpWidth-len(indent))), "\n", "\n"+indent)
		fmt.Fprintf(&b, "  %-5s%s\n", code, text)
	}
	return b.String()
}

// called is the name of a command with its arguments but without flags, if that fits in
// width.
func called(cmd *cobra.Command, width int) string {
	use, _, _ := strings.Cut(cmd.Use, " [-")
	if len(use) > width {
		return cmd.Name()
	}
	return use
}

// shownCommands are the commands that are not hidden.
func shownCommands(cmd *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() {
			list = append(list, sub)
		}
	}
	return list
}

// seeHelp ends a message about wrong usage of cmd.
func seeHelp(cmd *cobra.Command) string {
	if cmd.Name() == cleanName {
		cmd = cmd.Root()
	}
	return fmt.Sprintf(" See '%s --help'.", cmd.CommandPath())
}

// describe gives cobra's own flags a usage in the style of the others.
func describe(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Usage = "-h prints a short help, --help all of it"
	cmd.InitDefaultVersionFlag()
	if f := cmd.Flags().Lookup("version"); f != nil {
		f.Usage = "print the version, and what gclean was built from"
	}
}

// newHelp is "gclean help".
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND]",
		Short:   "show the help of a command",
		Long:    "Show the help of a command, with all flags.",
		Example: "gclean help report",
		ValidArgsFunction: func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var names []string
			if len(args) == 0 {
				for _, sub := range shownCommands(cmd.Root()) {
					names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				var names []string
				for _, sub := range allCommands(cmd.Root()) {
					names = append(names, strings.TrimPrefix(sub.CommandPath(), cmd.Root().CommandPath()+" "))
				}
				word := strings.Join(args, " ")
				return usageError{"no help for " + quoted(word) + cmp.Or(didYouMean("", word, names), ".") + seeHelp(cmd.Root())}
			}
			fmt.Fprint(about.OutOrStdout(), help(about))
			return nil
		},
	}
}
