package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/removal"
	"gclean/fleet"
	"gclean/fleet/show"
	"gclean/internal/shellquote"
	"gclean/internal/suggest"
	"gclean/internal/terminal"
	"gclean/internal/units"
	"gclean/meta"
)

// newRoundStatus is "gclean round status".
func newRoundStatus(a *app) *cobra.Command {
	format, verbosity, config := "text", 0, new(configFlags)
	cmd := &cobra.Command{
		Use:   "status DIR",
		Short: "show which hosts have answered, and what no host uses",
		Long: `Show how far the round in DIR is: which hosts have answered, and whose packages
gclean would remove after the answers so far. It changes nothing.`,
		Example: `gclean round status /shared/round
gclean round status --format html /shared/round > round.html`,
		Args: oneFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			typed := a.typed("format") // overrides a file and CONDA_JSON
			a.json = a.json && !(typed && a.fileSays("json"))
			if format == "text" && !typed {
				a.alsoJSON(a.speaksJSON(cmd.Context()))
			}
			if a.json && typed && format != "text" && format != "json" {
				return usageError{"--json and --format " + format + ": choose one."}
			}
			if a.json {
				format = "json"
			}
			s, err := fleet.ReadStatus(absolute(args[0]))
			if err != nil {
				return roundError(cmd.Context(), err)
			}
			return a.showRound(show.Of(s), format, verbosity > 0)
		},
	}
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) {
		fs.Var(choice{&format, "FORMAT", []string{"text", "json", "csv", "html"}}, "format", "print text, json, csv (one row per entry) or html")
		registerJSON(fs, &a.json, "the same as --format json")
		fs.CountVarP(&verbosity, "verbose", "v", "name what gclean keeps, too, and why")
		config.register(fs)
	})
	return cmd
}

// roundCloseFlags are those of "gclean round close".
type roundCloseFlags struct {
	roundFlags
	without wordList
	verbose int
}

func newRoundClose(a *app) *cobra.Command {
	f := &roundCloseFlags{without: wordList{name: "HOST"}}
	cmd := &cobra.Command{
		Use:   "close DIR",
		Short: "remove what no host holds, and put the rest back",
		Long: `Close the round in DIR. Every host must have a complete mark of this round. If
one is missing, gclean changes nothing. It removes what no host uses, and puts
the rest back where it was. If a run was killed, the next run finishes it.`,
		Example: `gclean round close /shared/round`,
		Args:    oneFolder,
		RunE:    func(cmd *cobra.Command, args []string) error { return a.roundClose(cmd.Context(), f, args[0]) },
	}
	section(cmd.Flags(), "The round", func(fs *pflag.FlagSet) {
		fs.Var(&f.without, "without", "do not wait for this host; gclean may remove what it uses. Repeatable")
	})
	f.roundFlags.register(cmd.Flags(), "how long to wait for locked caches, and for installers if this host is not in the round")
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) {
		registerJSON(fs, &a.json, "one JSON document")
		fs.CountVarP(&f.verbose, "verbose", "v", "name every entry, and why gclean keeps it")
	})
	return cmd
}

// roundClose is "gclean round close".
func (a *app) roundClose(ctx context.Context, f *roundCloseFlags, dir string) error {
	if err := f.check(a); err != nil {
		return err
	}
	a.alsoJSON(a.speaksJSON(ctx))
	users := a.users(&f.placeFlags)
	defer users.Close()
	name, _ := a.host()
	c, err := fleet.Close(ctx, absolute(dir), fleet.CloseOptions{
		Without: f.without.words, Host: name, Asking: a.asking(&f.roundFlags, users, nil),
		Remove: removal.Options{Jobs: f.jobs, LockTimeout: time.Duration(f.lockTimeout)}, Now: a.now,
	})
	if err != nil {
		return roundError(ctx, err)
	}
	return a.roundEnded(c, f.verbose > 0)
}

// roundEnded tells what became of a round.
func (a *app) roundEnded(c *fleet.Closed, verbose bool) error {
	v := show.OfClosed(c)
	if a.json {
		if err := a.showRound(v, "json", false); err != nil {
			return err
		}
	} else {
		if verbose {
			if err := a.showRound(v, "text", true); err != nil {
				return err
			}
		} else {
			fmt.Fprintf(a.stdout, "The round in %s is %s. %s\n", quoted(c.Dir), v.State(), v.Summary())
			a.stdout.WriteString(v.KeptText(shellquote.Join("gclean", "round", "status", "-v", c.Dir)))
		}
		t := text{err: a.stderr}
		for _, f := range c.Failures {
			t.warn(told(f.Err))
		}
		t.problems(c.Problems)
		if err := a.shown(); err != nil {
			return err
		}
	}
	switch {
	case interrupted(c.Err):
		return status(exitInterrupted)
	case len(c.Failures) > 0:
		return status(exitFailed)
	case c.Count(fleet.InDoubt) > 0:
		return status(exitDoubt)
	}
	return nil
}

func newRoundAbort(a *app) *cobra.Command {
	var lost dir
	config := new(configFlags)
	cmd := &cobra.Command{
		Use:   "abort [DIR]",
		Short: "put back everything that a round has fenced",
		Long: `Put back everything that the round in DIR has fenced, and give its caches back.
It can be run again, and ends what a killed run has left. If DIR is lost,
--cache ends the round in one cache, by what the cache itself says of it.`,
		Example: `gclean round abort /shared/round
gclean round abort --cache /shared/pkgs`,
		Args: func(cmd *cobra.Command, args []string) error {
			if lost != "" && len(args) == 0 {
				return nil
			}
			if lost != "" {
				return usageError{"DIR and --cache: choose one." + seeHelp(cmd)}
			}
			return oneFolder(cmd, args)
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			a.alsoJSON(a.speaksJSON(cmd.Context()))
			if lost == "" {
				c, err := fleet.Abort(cmd.Context(), absolute(args[0]), a.now(), nil)
				if err != nil {
					return roundError(cmd.Context(), err)
				}
				return a.roundEnded(c, false)
			}
			lease, err := fleet.AbortCache(cmd.Context(), absolute(string(lost)), nil)
			if errors.Is(err, fs.ErrNotExist) && lease == nil {
				return usageError{"--cache " + quoted(string(lost)) + ": there is no such folder."}
			}
			if err != nil {
				return roundError(cmd.Context(), err)
			}
			if a.json {
				return a.showRound(show.None(), "json", false)
			}
			fmt.Fprintf(a.stdout, "Put back what the round in %s, opened by %s on %s, had fenced in %s.\n",
				quoted(string(lease.Dir)), printable(lease.User), printable(lease.Host), quoted(string(lost)))
			return nil
		},
	}
	section(cmd.Flags(), "The round", func(fs *pflag.FlagSet) {
		fs.Var(&lost, "cache", "the cache in which to end a round whose DIR is lost")
	})
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) {
		registerJSON(fs, &a.json, "one JSON document")
		config.register(fs)
	})
	return cmd
}

// showRound prints a round in one of the formats.
func (a *app) showRound(v *show.View, format string, verbose bool) error {
	o := show.Options{Message: told, Code: errorCode, Generator: "gclean " + version(), Verbose: verbose, Width: terminal.Width(a.screen)}
	write := map[string]func() error{
		"json": func() error { return show.JSON(a.stdout, v, o) },
		"csv":  func() error { return show.CSV(a.stdout, v) },
		"html": func() error { return show.HTML(a.stdout, v, o) },
		"text": func() error { return show.Text(a.stdout, v, o) },
	}[format]
	err := write()
	if err != nil {
		return outputError{err: err}
	}
	return a.shown()
}

// maxDoubts is how many causes of doubt gclean mark prints.
const maxDoubts = 10

// doubtsOf returns warnings about the doubts of a mark that no other warning explains.
func doubtsOf(list []*fleet.Doubt) (problems meta.Problems) {
	for _, d := range list {
		if d.Told {
			continue
		}
		who, path := "is", d.Paths[0]
		if n := len(d.Paths) - 1; n > 0 {
			who = fmt.Sprintf("and %s more are", units.Count(n, "package", "packages"))
		}
		problems = append(problems, meta.Problem{
			Code: fleet.CodeInDoubt, Path: path, Doubt: true, Err: fmt.Errorf("%s %s kept, %s", quoted(path), who, holdText(d.Hold)),
		})
	}
	return problems
}

// keptError is an error after which everything is as it was, because something may be in
// use: exit code 3.
type keptError struct{ error }

func (e keptError) Unwrap() error { return e.error }

// roundError is an error of package fleet, with the exit code that it means.
func roundError(ctx context.Context, err error) error {
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, new(*fleet.IncompleteError)), errors.As(err, new(*fence.HeldError)), errors.As(err, new(*cache.RoundError)):
		return keptError{err}
	case errors.As(err, new(*fleet.FolderError)), errors.As(err, new(*fleet.HostError)):
		return usageError{strings.TrimSuffix(told(err), ".")}
	}
	return err
}

// adviceOnRound is what can be done about an error of a round, "" for others.
func adviceOnRound(err error) string {
	held, open, missing := (*fence.HeldError)(nil), (*cache.RoundError)(nil), (*fleet.IncompleteError)(nil)
	folder, host := (*fleet.FolderError)(nil), (*fleet.HostError)(nil)
	dir := "DIR"
	if errors.As(err, &folder) {
		dir = shellquote.Quote(folder.Path)
	}
	switch {
	case errors.As(err, new(*cache.OtherHostsError)):
		return "gclean round asks them first"
	case errors.As(err, &held):
		return endOfRound(string(held.Lease.Dir), held.Cache)
	case errors.As(err, &open):
		return endOfRound(string(open.Dir), open.Cache)
	case errors.As(err, &missing):
		dir = shellquote.Quote(missing.Dir)
		return "nothing was removed; run there: gclean mark --round " + dir + "; or close without them by --without HOST; to put everything back, run: gclean round abort " + dir
	case errors.Is(err, fleet.ErrFile):
		return "gclean round abort --cache PATH puts back what the round has fenced in a cache"
	case errors.As(err, &host):
		return hostsOf(host)
	case errors.Is(err, fleet.ErrNotFenced):
		return "if that was interrupted, put everything back: gclean round abort " + dir
	case errors.Is(err, fleet.ErrOpen):
		return "to end it, run: gclean round close " + dir + "; or: gclean round abort " + dir
	case errors.Is(err, fleet.ErrOpenToOthers):
		return "run as its owner, or run: chmod 700 " + dir
	case errors.Is(err, fleet.ErrNotEmpty), errors.Is(err, fleet.ErrEnded), errors.Is(err, fleet.ErrInCache):
		return "give another folder"
	}
	return ""
}

// endOfRound says how a round is ended. Who can write to the cache may have written dir.
func endOfRound(dir, cache string) string {
	dir = shellquote.Quote(dir)
	return "to end it, run there: gclean round close " + dir + "; or: gclean round abort " + dir +
		"; if that folder is lost, put its packages back: gclean round abort --cache " + shellquote.Quote(cache)
}

// hostsOf names the hosts of a round, first the one that was meant.
func hostsOf(e *fleet.HostError) string {
	const most = 8
	var names []string
	for _, h := range e.Hosts {
		names = append(names, h.Name)
	}
	if meant := suggest.Nearest(e.Name, names); meant != "" {
		return "did you mean " + strconv.Quote(meant) + "?"
	}
	return "they are " + units.List(names, most)
}

// thisHost is the name of this host, "" where it has none, and what tells it from others.
func thisHost() (name, machine string) {
	name, err := os.Hostname()
	if err != nil {
		name = ""
	}
	return name, fleet.Machine()
}

// userName is who runs this process, for people.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprint(os.Geteuid())
}

// readAll reads at most limit bytes; more is an error.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("it is too long")
	}
	return data, err
}
