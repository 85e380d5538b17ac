package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache/hold"
	"gclean/fleet"
	"gclean/internal/units"
)

// markFlags are those of "gclean mark".
type markFlags struct {
	roundFlags
	round dir
	host  string
}

// newMark is "gclean mark".
func newMark(a *app) *cobra.Command {
	f := new(markFlags)
	cmd := &cobra.Command{
		Use:   "mark --round DIR",
		Short: "write down what this host holds of what a round has fenced",
		Long: `Write down, in the folder of a round, which of the packages that it has fenced
the environments of this host hold, and what gclean could not look at. Run it
on every host of the round, as root or as who runs the round. It removes
nothing.

It waits for installers that run when it starts: they may be older than the
fence. For root, each user's environments are read by a process of that user.`,
		Example: `gclean mark --round /shared/round
gclean mark --round /shared/round --host node1 --lock-timeout 1h`,
		Annotations: common("round", "host", "pkgs-dir", "lock-timeout", "json"),
		Args:        noArguments,
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.mark(cmd.Context(), f) },
	}
	section(cmd.Flags(), "The round", func(fs *pflag.FlagSet) {
		fs.Var(&f.round, "round", "the folder of the round")
		fs.Var(word{&f.host, "NAME"}, "host", "this host as the round calls it; unless given, its own name")
	})
	f.roundFlags.register(cmd.Flags(), "how long to wait for installers that are older than the fence")
	section(cmd.Flags(), "Output", func(fs *pflag.FlagSet) { registerJSON(fs, &a.json, "one JSON document") })
	return cmd
}

// mark is "gclean mark".
func (a *app) mark(ctx context.Context, f *markFlags) error {
	if f.round == "" {
		return usageError{"--round DIR is missing: the folder of the round."}
	}
	if err := f.check(); err != nil {
		return err
	}
	users := a.users(&f.placeFlags)
	defer users.Close()
	waiting := func(i hold.Installer) {
		if !a.json {
			fmt.Fprintf(a.stderr, "Waiting for %s, which may be older than the fence.\n", printable(i.Describe(a.now())))
		}
	}
	name, machine := a.host()
	answer, err := fleet.Mark(ctx, absolute(string(f.round)), fleet.MarkOptions{
		Host: cmp.Or(f.host, name), Machine: machine, Asking: a.asking(&f.roundFlags, users, waiting), Version: version(),
	})
	if err != nil {
		return roundError(ctx, err)
	}
	var unseen []string
	for _, i := range answer.Unseen {
		unseen = append(unseen, answer.Caches[i])
	}
	doubts := 0
	for _, holds := range answer.Holds {
		if holds[0].Reason.KeptBack() && !errors.Is(holds[0].Err, fleet.ErrAnother) {
			doubts++
		}
	}
	if a.json {
		a.stdout.WriteString(encoded(newDocument(
			member{"success", true}, member{"host", answer.Host}, member{"held_count", int64(len(answer.Holds))}, member{"doubt_count", int64(doubts)},
			member{"unseen", stringList(unseen)}, member{"warnings", warningsDocument(answer.Problems)},
		)))
		if err := a.shown(); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "%s holds %s of the round, %d of them in doubt.\n", printable(answer.Host), units.Count(len(answer.Holds), "package", "packages"), doubts)
		if err := a.commitLook(answer.Problems); err != nil {
			return err
		}
	}
	if len(answer.Unseen) > 0 && !answer.NoCache {
		t := text{err: a.stderr}
		t.warn(fmt.Sprintf("%s does not see %s of the round; if it has none, say so in the roster: %s no-cache", printable(answer.Host), units.Count(len(answer.Unseen), "cache", "caches"), printable(answer.Host)))
		return status(exitDoubt)
	}
	if doubts > 0 {
		return status(exitDoubt)
	}
	return nil
}

// readAll reads at most limit bytes; more is an error.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("it is too long")
	}
	return data, err
}
