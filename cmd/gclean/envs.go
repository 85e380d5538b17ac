package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/internal/units"
	"gclean/meta"
)

// newEnvs is "gclean envs".
func newEnvs(a *app) *cobra.Command {
	f := new(placeFlags)
	cmd := &cobra.Command{
		Use:   "envs",
		Short: "list the environments",
		Long: `List the environments that gclean finds, with the place that names each one, how
many packages it has, and whether it can be read.`,
		Example: `gclean envs
gclean envs --search /scratch
gclean envs --json`,
		Annotations: common("search", "all-users", "json"),
		Args:        noArguments,
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.listEnvs(cmd.Context(), f) },
	}
	f.register(cmd.Flags())
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) { registerJSON(fs, &a.json, "print one JSON document") })
	return cmd
}

// listEnvs prints the known environments. It changes nothing.
func (a *app) listEnvs(ctx context.Context, f *placeFlags) error {
	users := a.usersToLook(f)
	defer users.Close()
	d, err := a.discover(ctx, f, users)
	if err != nil {
		return err
	}
	a.alsoJSON(d.Config.JSON)
	if a.json {
		a.stdout.WriteString(encoded(newDocument(object{
			{"success", true},
			{"environments", envsList(d.Environments)},
			{"warnings", warningsDocument(d.Unread)},
		}...)))
	} else {
		if len(d.Environments) == 0 && len(d.Unread) == 0 {
			fmt.Fprintln(a.stdout, "There are no environments.")
		}
		for _, line := range envsLines(d.Environments) {
			fmt.Fprintln(a.stdout, line)
		}
		printUnread(a.stdout, "", d.Unread)
	}
	if err := a.shown(); err != nil {
		return err
	}
	return nil
}

// noName is the error of --name if no environment has this name.
func (a *app) noName(c *meta.Config, name string, err error) error {
	var names []string
	if c.RootPrefix.Path != "" {
		names = append(names, "base")
	}
	for _, dir := range c.EnvsDirs {
		names = append(names, environmentsIn(dir.Path)...)
	}
	next := "; to"
	if meant := didYouMean("", name, names); meant != "" {
		next = printable(meant) + " To"
	}
	return usageError{fmt.Sprintf("--name %s%s list the environments, run: %s", printable(told(err)), next, a.again("envs"))}
}

// note is a path with a remark.
func note(path string, notes ...string) string {
	return quoted(path) + " (" + printable(strings.Join(notes, "; ")) + ")"
}

// envsLines has a line for each environment: what names it, and how many packages it has
// or why it cannot be read.
func envsLines(envs []meta.Environment) []string {
	var lines []string
	for _, e := range envs {
		state := units.Count(e.Packages(), "package", "packages")
		if e.Bare {
			state = "files, but no records"
		}
		if e.Err != nil {
			state = "unreadable: " + told(e.Err)
		}
		lines = append(lines, note(e.Prefix, strings.Join(e.Sources, ", "), state))
	}
	return lines
}

// envsList is the same for scripts.
func envsList(envs []meta.Environment) list {
	all := list{}
	for _, e := range envs {
		sources := list{}
		for _, src := range e.Sources {
			sources = append(sources, src)
		}
		all = append(all, object{
			{"prefix", e.Prefix}, {"sources", sources},
			{"record_count", int64(e.Packages())}, {"bare", e.Bare}, {"error", message(e.Err)},
		})
	}
	return all
}

// printUnread prints the unreadable files that may name more environments.
func printUnread(out io.Writer, indent string, unread meta.Problems) {
	if len(unread) == 0 {
		return
	}
	fmt.Fprintf(out, "%sunreadable, so there may be more environments:\n", indent)
	for _, x := range unread {
		fmt.Fprintf(out, "%s  %s\n", indent, printable(told(x.Err)))
	}
}
