package main

import (
	"fmt"
	"strings"

	"gclean/internal/table"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The help and the man pages are made of what the commands
// and their flags say. A template would do for the help, but with text/template
// in it the linker can leave out next to nothing.

// headingKey is the annotation of a flag that is the heading it is under.
const headingKey = "gclean_heading"

// helpWidth is that of a terminal where nothing else is known.
const helpWidth = 80

// distText says what the arguments of ls and verify are.
const distText = `A DIST is a distribution, such as numpy-1.26.4-py311h64a7726_0, or a pattern of
them, such as 'numpy-*'.`

// section adds to fs the flags that register makes, under a heading of the help.
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

// flagSections are the flags of cmd as they are shown, under their headings.
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
			shown.NoOptDefVal = "" // the value's type says that it can be left out
		}
		if shown.Value.Type() == "count" {
			shown.Usage = "``" + shown.Usage // pflag shows no value then
		}
		list[len(list)-1].flags.AddFlag(&shown)
	})
	return list
}

// help is the help of a command.
func help(cmd *cobra.Command) string {
	if cmd.Name() == cleanName {
		cmd = cmd.Root()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", strings.TrimSpace(cmd.Long), cmd.UseLine())
	if list := shownCommands(cmd); len(list) > 0 {
		fmt.Fprintf(&b, "  %s COMMAND [flags]\n\nCommands:\n", cmd.CommandPath())
		for _, sub := range list {
			fmt.Fprintf(&b, "  %-16s %s\n", called(sub), sub.Short)
		}
	}
	for _, s := range flagSections(cmd) {
		fmt.Fprintf(&b, "\n%s:\n%s", s.heading, s.flags.FlagUsagesWrapped(helpWidth))
	}
	if cmd.Example != "" {
		b.WriteString("\nExamples:\n")
		for line := range strings.Lines(cmd.Example) {
			b.WriteString("  " + strings.TrimSpace(line) + "\n")
		}
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

// called is the name of a command with what it takes, but for flags.
func called(cmd *cobra.Command) string {
	use, _, _ := strings.Cut(cmd.Use, " [-")
	return use
}

// shownCommands are the commands that are worth a line.
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

// describe says what cobra's own flags are in the words of the others.
func describe(cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.Flags().Lookup("help").Usage = "this text"
	cmd.InitDefaultVersionFlag()
	if f := cmd.Flags().Lookup("version"); f != nil {
		f.Usage = "the version, and what it was built of"
	}
}

// newHelp is "gclean help".
func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "show the help of a command",
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
				return usageError{"there is no help about " + quoted(strings.Join(args, " ")) + "." + seeHelp(cmd.Root())}
			}
			return about.Help()
		},
	}
}
