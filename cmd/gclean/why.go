package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/internal/pyjson"
	"gclean/internal/units"
)

// newWhy is "gclean why".
func newWhy(a *app) *cobra.Command {
	f := new(placeFlags)
	cmd := &cobra.Command{
		Use:   "why DIST...",
		Short: "show what holds a package, with proof",
		Long: `Show what holds packages and archives in the caches: every environment, by which
record and link, with one file as proof. Of a doubt, it shows whose packages it
concerns and what would end it. Last, it shows who was asked.

DIST is name-version-build, a name alone, or a pattern: 'numpy-1.26*'.`,
		Annotations: exits(
			"0 done",
			"1 a DIST is in no cache, or the output could not be written",
			"2 wrong usage",
			"130 interrupted"),
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{cmd.CommandPath() + " needs the name of a package, e.g. 'numpy-1.26*'." + seeHelp(cmd)}
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error { return a.why(cmd.Context(), f, args) },
	}
	f.register(cmd.Flags())
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) { registerJSON(fs, &a.json, "one JSON document") })
	return cmd
}

// why prints what holds the entries that patterns match, and changes nothing.
func (a *app) why(ctx context.Context, f *placeFlags, patterns []string) error {
	users := a.usersToLook(f)
	defer users.Close()
	d, err := a.discover(ctx, f, users)
	if err != nil {
		return err
	}
	a.json = a.json || d.Config.JSON
	look := cache.Look{Discovery: d, System: a.system, NothingRuns: f.root != ""}
	answer, err := cache.Explain(ctx, look, patterns)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return usageError{told(err)}
	}
	if a.json {
		a.stdout.WriteString(pyjson.Encode(whyDocument(answer)) + "\n")
	} else {
		for _, x := range answer.Entries {
			explain(a.stdout, x)
		}
		if len(answer.Entries) > 0 {
			tellAsked(a.stdout, answer.Asked, a.now())
		}
	}
	if err := a.stdout.commit(); err != nil {
		return outputError{err, nothingRemoved}
	}
	if !a.json {
		a.warnLook(answer.Problems, answer.Unknown)
	}
	if len(answer.Unknown) > 0 {
		return status(exitFailed)
	}
	return nil
}

func quotedAll(names []string) []string {
	var list []string
	for _, name := range names {
		list = append(list, quoted(name))
	}
	return list
}

// explain prints an entry and a line for each that holds it.
func explain(out *output, x cache.Explanation) {
	fmt.Fprintf(out, "%s: %s\n", quoted(x.Entry.Path()), standing(x))
	for _, h := range x.Holds {
		if x.Unaccounted > 0 && h.Prefix == "" && h.File == x.Example {
			continue
		}
		fmt.Fprintf(out, "  %s\n", holdText(h))
		if end := endingOf(h); end != "" {
			fmt.Fprintf(out, "    %s\n", end)
		}
	}
	if x.Unaccounted > 0 {
		fmt.Fprintf(out, "  %s that no known environment accounts for, e.g. %s\n", units.Count(x.Unaccounted, "file has links", "files have links"), quoted(x.Example))
	}
}

// standing is what becomes of an entry, in a word or two.
func standing(x cache.Explanation) string {
	size := units.Bytes(x.Entry.Usage.Apparent)
	switch {
	case x.Free():
		return "free, " + size
	case x.Doubt():
		return "kept for doubt, " + size
	}
	return "in use, " + size
}

// whyDocument is the same for scripts.
func whyDocument(answer *cache.Answer) object {
	entries := list{}
	for _, x := range answer.Entries {
		var example any
		if x.Unaccounted > 0 {
			example = x.Example
		}
		entries = append(entries, object{
			{"path", x.Entry.Path()},
			{"category", x.Entry.Category.Code()},
			{"dist", x.Dist},
			{"family", x.Family.String()},
			{"size", x.Entry.Usage.Apparent},
			{"free", x.Free()},
			{"doubt", x.Doubt()},
			{"reasons", explainedReasons(x.Holds)},
			{"unaccounted", object{{"files", int64(x.Unaccounted)}, {"example", example}}},
		})
	}
	return object{
		{"success", len(answer.Unknown) == 0}, {"entries", entries}, {"not_found", stringList(answer.Unknown)},
		{"asked", askedDocument(answer.Asked)}, {"warnings", warningsDocument(answer.Problems)},
	}
}
