package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"gclean/meta"
)

// newEnvs is "gclean envs".
func newEnvs(a *app) *cobra.Command {
	f := new(placeFlags)
	cmd := &cobra.Command{
		Use:   "envs",
		Short: "show the environments",
		Long: `Show the environments that gclean finds, where each was learned from, how many
packages it has, and whether it can be read.`,
		Annotations: plainExits(),
		Args:        noArguments,
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.listEnvs(cmd.Context(), f) },
	}
	f.register(cmd.Flags())
	registerJSON(cmd.Flags())
	return cmd
}

// listEnvs prints the environments that are known, and changes nothing.
func (a *app) listEnvs(ctx context.Context, f *placeFlags) error {
	s, err := discover(ctx, f)
	if err != nil {
		return err
	}
	a.json = a.json || s.config.JSON
	if a.json {
		a.stdout.WriteString(encode(object{
			{"success", true},
			{"envs", envsList(s.envs)},
			{"unknown", s.unknownList()},
		}) + "\n")
	} else {
		for _, line := range envsLines(s.envs) {
			fmt.Fprintln(a.stdout, line)
		}
		s.printUnknown(a.stdout, "")
	}
	if err := a.stdout.commit(); err != nil {
		return outputError{err, nothingRemoved}
	}
	return nil
}

// note is a path and what is to be said of it.
func note(path string, notes ...string) string {
	return quoted(path) + " (" + printable(strings.Join(notes, "; ")) + ")"
}

// envsLines are a line for each environment: where it was learned from, and its
// packages or why it cannot be read.
func envsLines(envs []meta.Environment) []string {
	var lines []string
	for _, e := range envs {
		state := fmt.Sprintf("%d packages", len(e.Records))
		if len(e.Records) == 1 {
			state = "1 package"
		}
		if e.Err != nil {
			state = "unreadable: " + e.Err.Error()
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
			{"records", int64(len(e.Records))}, {"error", message(e.Err)},
		})
	}
	return all
}

// printUnknown prints what cannot be read and may tell of more environments.
func (s *surroundings) printUnknown(out io.Writer, indent string) {
	if len(s.unknown) == 0 {
		return
	}
	fmt.Fprintf(out, "%sunreadable, so that there may be more environments:\n", indent)
	for _, x := range s.unknown {
		fmt.Fprintf(out, "%s  %s\n", indent, printable(x.Err.Error()))
	}
}

func (s *surroundings) unknownList() list {
	unknown := list{}
	for _, x := range s.unknown {
		unknown = append(unknown, object{{"path", x.Path}, {"message", message(x.Err)}})
	}
	return unknown
}

// message is an error for a document; null if there is none.
func message(err error) any {
	if err == nil {
		return nil
	}
	return err.Error()
}
