package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/spf13/cobra"

	"gclean/cache"
)

// newInfo is "gclean info".
func newInfo(a *app) *cobra.Command {
	f := new(placeFlags)
	cmd := &cobra.Command{
		Use:  "info",
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.info(cmd.Context(), f) },
	}
	f.register(cmd.Flags())
	cmd.Flags().Bool("json", false, "") // read by asksJSON
	cmd.SetHelpTemplate(infoHelp)
	return cmd
}

// info prints where gclean looks and what it knows, and changes nothing.
func (a *app) info(ctx context.Context, f *placeFlags) error {
	s, err := discover(ctx, f)
	if err != nil {
		return err
	}
	a.json = a.json || s.config.JSON
	if a.json {
		a.stdout.WriteString(encode(s.document()) + "\n")
	} else {
		s.print(a.stdout)
	}
	if err := a.stdout.commit(); err != nil {
		return outputError{err, nothingRemoved}
	}
	return nil
}

// state is what cache.Inspect says of a cache, in a word.
func state(err error) string {
	switch {
	case err == nil:
		return "cache"
	case errors.Is(err, fs.ErrNotExist):
		return "absent"
	case errors.Is(err, cache.ErrNotCache):
		return "no cache"
	case errors.Is(err, cache.ErrRefused):
		return "refused"
	case errors.Is(err, cache.ErrReadOnly):
		return "read-only"
	}
	return "unreadable"
}

func (s *surroundings) print(out *output) {
	// One line per finding; notes follow in parentheses.
	section := func(title string, lines []string) {
		fmt.Fprintf(out, "%s:\n", title)
		if len(lines) == 0 {
			lines = []string{"none"}
		}
		for _, l := range lines {
			fmt.Fprintf(out, "  %s\n", l)
		}
	}
	note := func(path string, notes ...string) string {
		return quoted(path) + " (" + printable(strings.Join(notes, "; ")) + ")"
	}

	fmt.Fprintf(out, "gclean %s\n", version())
	fmt.Fprintf(out, "user: %d, home %s\n", s.host.UID, quoted(s.host.Home))
	var lines []string
	if root := s.config.RootPrefix; root.Path != "" {
		lines = append(lines, note(root.Path, root.Source))
	}
	section("root prefix", lines)

	lines = nil
	for _, f := range s.config.Files {
		if f.Err != nil {
			lines = append(lines, note(f.Path, f.Err.Error()))
		} else {
			lines = append(lines, quoted(f.Path))
		}
	}
	section("configuration files", lines)

	lines = nil
	for _, c := range s.candidates() {
		err := cache.Inspect(c.Path, s.host.Homes())
		notes := []string{c.Source, state(err)}
		if state(err) == "unreadable" || state(err) == "refused" {
			notes = append(notes, err.Error())
		}
		lines = append(lines, note(c.Path, notes...))
	}
	section("package caches", lines)

	lines = nil
	for _, d := range s.config.EnvsDirs {
		lines = append(lines, note(d.Path, d.Source))
	}
	section("folders of environments", lines)

	lines = nil
	for _, e := range s.envs {
		notes := []string{strings.Join(e.Sources, ", "), fmt.Sprintf("%d packages", len(e.Records))}
		if e.Err != nil {
			notes[1] = "unreadable: " + e.Err.Error()
		}
		lines = append(lines, note(e.Prefix, notes...))
	}
	section("environments", lines)

	if len(s.unknown) > 0 {
		lines = nil
		for _, x := range s.unknown {
			lines = append(lines, printable(x.Err.Error()))
		}
		section("unreadable, so that there may be more environments", lines)
	}
}

// document is the same for scripts; keys that conda info has are named as there.
func (s *surroundings) document() object {
	message := func(err error) any {
		if err == nil {
			return nil
		}
		return err.Error()
	}
	files, caches, dirs, envs, unknown := list{}, list{}, list{}, list{}, list{}
	for _, f := range s.config.Files {
		files = append(files, object{{"path", f.Path}, {"error", message(f.Err)}})
	}
	for _, c := range s.candidates() {
		err := cache.Inspect(c.Path, s.host.Homes())
		caches = append(caches, object{{"path", c.Path}, {"source", c.Source}, {"state", state(err)}, {"error", message(err)}})
	}
	for _, d := range s.config.EnvsDirs {
		dirs = append(dirs, object{{"path", d.Path}, {"source", d.Source}})
	}
	for _, e := range s.envs {
		sources := list{}
		for _, src := range e.Sources {
			sources = append(sources, src)
		}
		envs = append(envs, object{
			{"prefix", e.Prefix}, {"sources", sources},
			{"records", int64(len(e.Records))}, {"error", message(e.Err)},
		})
	}
	for _, x := range s.unknown {
		unknown = append(unknown, object{{"path", x.Path}, {"message", message(x.Err)}})
	}
	return object{
		{"success", true},
		{"version", version()},
		{"uid", int64(s.host.UID)},
		{"home", s.host.Home},
		{"root_prefix", s.config.RootPrefix.Path},
		{"root_prefix_source", s.config.RootPrefix.Source},
		{"config_files", files},
		{"pkgs_dirs", caches},
		{"envs_dirs", dirs},
		{"envs", envs},
		{"unknown", unknown},
	}
}
