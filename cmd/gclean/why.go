package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/shellquote"
	"gclean/internal/units"
	"gclean/meta"
)

// newWhy is "gclean why".
func newWhy(a *app) *cobra.Command {
	f := new(placeFlags)
	cmd := &cobra.Command{
		Use:   "why DIST...",
		Short: "show what keeps a package, with proof",
		Example: `gclean why numpy
gclean why 'numpy-1.26*' python`,
		Annotations: common("pkgs-dir", "prefix", "all-users", "json"),
		Long: `Show what keeps packages and archives in the caches. For every environment, show
the record, the kind of link, and one file as proof. For every doubt, show whose
packages it concerns and how to resolve it. At the end, show who was asked.

DIST is name-version-build, a name alone, or a pattern: 'numpy-1.26*'.`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return usageError{cmd.CommandPath() + " needs the name of a package, e.g. 'numpy-1.26*'." + seeHelp(cmd)}
			}
			return nil
		},
		ValidArgsFunction: a.completeDist,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.why(cmd.Context(), f, args) },
	}
	f.register(cmd.Flags())
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) { registerJSON(fs, &a.json, "print one JSON document") })
	return cmd
}

// why prints what holds the entries that match patterns. It changes nothing.
func (a *app) why(ctx context.Context, f *placeFlags, patterns []string) error {
	users := a.usersToLook(f)
	defer users.Close()
	d, err := a.discover(ctx, f, users)
	if err != nil {
		return err
	}
	a.alsoJSON(d.Config.JSON)
	look := cache.Look{Discovery: d, System: a.system, NothingRuns: f.root != ""}
	answer, err := cache.Explain(ctx, look, patterns)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		return usageError{told(err)}
	}
	if a.json {
		a.stdout.WriteString(encoded(whyDocument(answer)))
	} else {
		for _, x := range answer.Entries {
			explain(a.stdout, x, a.again("restore", x.Dist))
		}
		if len(answer.Entries) > 0 {
			tellAsked(a.stdout, answer.Asked, a.now())
		}
	}
	if err := a.shown(); err != nil {
		return err
	}
	if !a.json {
		a.warnLook(ctx, look, answer.Problems, answer.Unknown)
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

// explain prints an entry, and a line for each hold. restore is the command line that puts
// it back if it is in quarantine.
func explain(out *output, x cache.Explanation, restore string) {
	fmt.Fprintf(out, "%s: %s\n", quoted(x.Entry.Path()), standing(x))
	for _, h := range x.Holds {
		if x.Unaccounted > 0 && h.Prefix == "" && h.File == x.Example {
			continue
		}
		fmt.Fprintf(out, "  %s\n", holdText(h))
		if origin := x.Entry.Origin; origin != "" {
			fmt.Fprintf(out, "    was %s; to put it back, run: %s\n", quoted(originOf(x.Entry)), restore)
		}
		if end := endingOf(h); end != "" {
			fmt.Fprintf(out, "    %s\n", end)
		}
	}
	if x.Unaccounted > 0 {
		fmt.Fprintf(out, "  %s outside of all known environments, e.g. %s\n", units.Count(x.Unaccounted, "file has links", "files have links"), quoted(x.Example))
	}
}

// standing is the state of an entry, in a word or two.
func standing(x cache.Explanation) string {
	size := units.Bytes(x.Entry.Usage.Apparent)
	switch {
	case x.Free():
		return "free, " + size
	case x.Entry.Category == cache.Quarantined:
		return "not in use, " + size
	case x.Doubt():
		return "kept for doubt, " + size
	case cache.StateOf(x.Holds) == cache.StateKept:
		return "kept, " + size
	}
	return "in use, " + size
}

// holdText says in one line what keeps an entry.
func holdText(h hold.Hold) string {
	var b strings.Builder
	says := saysAll(h.Err)
	if !says {
		b.WriteString(reasonText(h.Reason))
	}
	sep := ": "
	for _, part := range []struct{ what, path string }{
		{"environment", h.Prefix}, {"record", h.Record}, {"file", h.File},
	} {
		// The error of an entry in use names the path.
		if part.path != "" && !(h.Reason == hold.InUse && part.path == h.File) {
			b.WriteString(sep + part.what + " " + quoted(part.path))
			sep = ", "
		}
	}
	if h.Err != nil {
		message := told(h.Err)
		if h.Record != "" {
			message = strings.TrimPrefix(message, h.Record+": ") // name the path only once
		}
		if !says {
			b.WriteString(": ")
		}
		b.WriteString(printable(message))
	}
	return b.String()
}

// saysAll says whether an error explains by itself why an entry is kept.
func saysAll(err error) bool {
	return errors.As(err, new(*hold.FreshError)) || errors.As(err, new(*cache.UsedError))
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
			{"family", x.Family.Code()},
			{"apparent_size", x.Entry.Usage.Apparent},
			{"state", cache.StateOf(x.Holds).String()},
			{"quarantine", quarantineOf(x.Entry)},
			{"reasons", reasons(x.Holds)},
			{"unaccounted", object{{"files", int64(x.Unaccounted)}, {"example", example}}},
		})
	}
	return newDocument(object{
		{"success", len(answer.Unknown) == 0}, {"entries", entries}, {"not_found", stringList(answer.Unknown)},
		{"asked", askedDocument(answer.Asked)}, {"warnings", warningsDocument(answer.Problems)},
	}...)
}

// endingOf is a line that says how a doubt, or a temporary hold, can end. It is "" for a
// hold that only a change of the environment can end.
func endingOf(h hold.Hold) string {
	switch h.Reason {
	case hold.UnreadableEnv:
		if h.Prefix != "" {
			return scope(h) + "until it can be read, or you pass --gone " + shellquote.Quote(h.Prefix)
		}
		return scope(h) + "until it can be read, or you pass --ignore-unreadable"
	case hold.UnseenUsers:
		return "until you pass --ignore-unreadable, or no environment has symlinks into the cache and no configuration allows them"
	case hold.UnreadableRecord:
		return "until the record can be read, or its package is installed again"
	case hold.UnreadableEntry:
		return "until it can be read: run gclean as its owner"
	case hold.Remembered:
		return "until the environment can be read, or you pass --gone " + shellquote.Quote(h.Prefix)
	case hold.InstallerRunning, hold.Fresh:
		return endOfBusy(h.Err)
	case hold.InUse:
		return "until that process or mount ends"
	}
	return ""
}

// endOfBusy says how to end a hold that exists because somebody may be about to use the
// entry.
func endOfBusy(err error) string {
	if e := (*hold.FreshError)(nil); errors.As(err, &e) && e.Installer == nil {
		return fmt.Sprintf("wait %s, or pass --grace 0s", units.Setting(e.Left.Truncate(time.Second)+time.Second))
	}
	return "wait for that process with --lock-timeout 10m, or ignore it with --grace 0s"
}

// scope says whose packages a doubt keeps.
func scope(h hold.Hold) string {
	if len(h.Users) == 0 {
		return ""
	}
	return "keeps only what " + strings.Join(userNames(h.Users), ", ") + " can read; "
}

func userNames(users []*meta.User) []string {
	var names []string
	for _, u := range users {
		if u.Name != "" {
			names = append(names, u.Name)
		} else {
			names = append(names, strconv.Itoa(u.UID))
		}
	}
	return names
}

// tellAsked prints who was asked, and who was not.
func tellAsked(out io.Writer, a cache.Asked, now time.Time) {
	fmt.Fprintf(out, "Asked: %s", units.Count(a.Environments, "environment", "environments"))
	if len(a.Sources) > 0 {
		fmt.Fprintf(out, ". Sources: %s", strings.Join(quotedAll(a.Sources), ", "))
	}
	fmt.Fprintln(out, ".")
	if len(a.Users) > 0 {
		fmt.Fprintf(out, "Other users: %s.\n", strings.Join(quotedAll(a.Users), ", "))
	}
	if len(a.Remembered) > 0 {
		fmt.Fprintf(out, "Out of reach, remembered from earlier runs: %s.\n", strings.Join(quotedAll(a.Remembered), ", "))
	}
	for _, h := range append(a.Unread, a.Unseen...) {
		fmt.Fprintf(out, "Not asked: %s\n", holdText(h))
	}
	for _, i := range a.Installers {
		fmt.Fprintf(out, "Running: %s\n", printable(i.Describe(now)))
	}
	if a.Hidden != nil {
		fmt.Fprintf(out, "gclean cannot see all processes: %s\n", printable(told(a.Hidden)))
	}
}

// askedDocument is the same for scripts.
func askedDocument(a cache.Asked) object {
	running := list{}
	for _, i := range a.Installers {
		running = append(running, object{{"pid", int64(i.PID)}, {"name", i.Name}, {"command", known(i.Command)}})
	}
	return object{
		{"environment_count", int64(a.Environments)},
		{"sources", stringList(a.Sources)},
		{"users", stringList(a.Users)},
		{"remembered", stringList(a.Remembered)},
		{"not_asked", reasons(append(a.Unread, a.Unseen...))},
		{"installers", running},
		{"unseen_processes", message(a.Hidden)},
	}
}
