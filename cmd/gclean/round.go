package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/peruser"
	"gclean/cache/removal"
	"gclean/fleet"
	"gclean/fleet/show"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/walk"
	"gclean/walk/open"
)

// newRound is "gclean round".
func newRound(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "round",
		Short: "clean a cache that several hosts share",
		Long: `Clean a cache that several hosts share. A round asks each of them first.

"gclean round open" hides from installers what this host does not use.
"gclean mark" runs on every host, and writes down what that host uses.
"gclean round close" removes what no host uses, and puts the rest back.
"gclean round abort" puts everything back.

DIR is the folder of the round, which every host can read. It belongs to the
user who runs the round, and has mode 0700.`,
		Example: `gclean round open --hosts hosts /shared/round
gclean mark --round /shared/round
gclean round close /shared/round`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError{"say what: open, status, close or abort." + seeHelp(cmd)}
		},
	}
	cmd.AddCommand(newRoundOpen(a), newRoundStatus(a), newRoundClose(a), newRoundAbort(a))
	return cmd
}

// oneFolder wants the folder of a round.
func oneFolder(cmd *cobra.Command, args []string) error {
	if len(args) != 1 || args[0] == "" {
		return usageError{cmd.CommandPath() + " needs DIR, the folder of the round." + seeHelp(cmd)}
	}
	return nil
}

// roundFlags say how a host is asked.
type roundFlags struct {
	placeFlags
	ignoreUnreadable bool
	jobs             int
	lockTimeout      span
	grace            optionalSpan
}

func (f *roundFlags) register(fs *pflag.FlagSet, waits string) {
	f.placeFlags.register(fs)
	section(fs, "How the host is asked", func(fs *pflag.FlagSet) {
		registerIgnoreUnreadable(fs, &f.ignoreUnreadable)
		fs.Var(&f.grace, "grace", "0s ignores installers that run")
		registerLockTimeout(fs, &f.lockTimeout)
		fs.Lookup("lock-timeout").Usage = waits
		registerJobs(fs, &f.jobs, "folders read or removed at a time")
	})
}

// check refuses what a round cannot be about. A configuration file may ask for the caches
// of all users: that is about other commands.
func (f *roundFlags) check(a *app) error {
	if a.fileSays("all-users") {
		f.allUsers = false
	}
	switch {
	case f.allUsers:
		return usageError{"--all-users is about caches of this host: a round is about caches that hosts share. Name them with --pkgs-dir."}
	case f.root != "":
		return usageError{"--root is about an image: no other host uses it."}
	}
	return nil
}

// speaksJSON says whether conda's configuration asks for JSON.
func (a *app) speaksJSON(ctx context.Context) bool {
	return a.machine().AsksJSON(ctx, meta.Options{})
}

// look is where and how the library looks.
func (f *roundFlags) look(a *app, d *meta.Discovery) cache.Look {
	return cache.Look{Discovery: d, IgnoreUnreadable: f.ignoreUnreadable, Grace: f.grace.span, Jobs: f.jobs, System: a.system}
}

// asking is how this host is asked by a round. users are asked in their own names.
func (a *app) asking(f *roundFlags, users *peruser.Users, waiting func(hold.Installer)) fleet.Asking {
	asking := fleet.Asking{System: a.system, Timeout: time.Duration(f.lockTimeout), Waiting: waiting}
	if f.grace.span != nil && *f.grace.span == 0 {
		asking.Timeout = 0
	}
	var d *meta.Discovery
	asking.Find = func(ctx context.Context) (caches []string, err error) {
		if d == nil {
			d, err = a.discover(ctx, &f.placeFlags, users)
		} else {
			d, err = d.Again(ctx)
		}
		if err != nil {
			return nil, err
		}
		for _, c := range d.Caches {
			caches = append(caches, c.Path)
		}
		return caches, nil
	}
	asking.Plan = func(ctx context.Context, r *cache.Round, caches []meta.Value, keepInstalled bool) (*cache.Plan, error) {
		o := cache.Options{Look: f.look(a, d.In(caches)), Targets: []cache.Category{cache.Packages}, KeepInstalled: keepInstalled, Round: r}
		return cache.Prepare(ctx, o)
	}
	return asking
}

// roundOpenFlags are those of "gclean round open".
type roundOpenFlags struct {
	roundFlags
	policyFlags
	packages, tarballs        bool
	keepInstalled, keepNeeded bool
	hosts                     file
	without                   wordList
}

func newRoundOpen(a *app) *cobra.Command {
	f := &roundOpenFlags{without: wordList{name: "HOST"}}
	cmd := &cobra.Command{
		Use:   "open DIR",
		Short: "hide what this host does not use from installers",
		Long: `Open a round in DIR. gclean creates DIR if it does not exist, leases the caches,
and makes a plan as "gclean clean" does. It fences what the plan would remove.
Installers that start later download that again. Environments that are linked
to it keep working.

Then run "gclean mark" on every host of FILE, and "gclean round close" here.

FILE has one host per line. "no-cache" after a host says that it has none of
the caches.`,
		Example: `gclean round open --hosts hosts --older-than 30d /shared/round
gclean round status /shared/round`,
		Annotations: common("hosts", "without", "packages", "tarballs", "older-than", "pkgs-dir", "json"),
		Args:        oneFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.roundOpen(cmd.Context(), f, args[0], policyText(cmd.Flags()))
		},
	}
	fs := cmd.Flags()
	section(fs, "The round", func(fs *pflag.FlagSet) {
		fs.Var(&f.hosts, "hosts", "the hosts to ask, one per line; - is stdin")
		fs.Var(&f.without, "without", "do not wait for this host of FILE; gclean may remove what it uses. Repeatable")
	})
	section(fs, "Removal targets", func(fs *pflag.FlagSet) {
		fs.BoolVarP(&f.packages, "packages", "p", false, "extracted packages; without -p and -t, both")
		fs.BoolVarP(&f.tarballs, "tarballs", "t", false, "package archives")
		fs.BoolVar(&f.keepNeeded, "keep-needed", false, "keep archives whose extracted package is missing, broken, or removed by the same plan")
		fs.BoolVar(&f.keepInstalled, "keep-installed", false, "keep packages that an environment has installed, copies too")
	})
	section(fs, "Policies, limiting what gclean removes", f.policyFlags.register)
	f.roundFlags.register(fs, "how long to wait for locked caches")
	section(fs, "Output", func(fs *pflag.FlagSet) { registerJSON(fs, &a.json, "one JSON document") })
	return cmd
}

// policyText are the targets and policies that were given, for people.
func policyText(fs *pflag.FlagSet) string {
	var list []string
	fs.Visit(func(f *pflag.Flag) {
		heading := f.Annotations[headingKey]
		if len(heading) == 0 || !strings.HasPrefix(heading[0], "Policies") && heading[0] != "Removal targets" {
			return
		}
		text := "--" + f.Name
		if f.Value.Type() != "bool" {
			text += " " + f.Value.String()
		}
		list = append(list, text)
	})
	return strings.Join(list, " ")
}

// readHosts reads a list of hosts.
func (a *app) readHosts(path file) ([]fleet.Host, error) {
	const most = 16 << 20
	var text []byte
	var err error
	switch path {
	case "":
		return nil, usageError{"--hosts FILE is missing: the hosts that are asked, one a line."}
	case "-":
		text, err = readAll(a.stdin, most)
	default:
		text, _, err = open.ReadRegular(string(path), most)
	}
	if err != nil {
		return nil, usageError{fmt.Sprintf("--hosts %s: %s.", quoted(string(path)), printable(walk.Cause(err).Error()))}
	}
	hosts, err := fleet.ParseHosts(text)
	if err != nil {
		return nil, usageError{fmt.Sprintf("--hosts %s: %v.", quoted(string(path)), err)}
	}
	return hosts, nil
}

// roundOpen is "gclean round open".
func (a *app) roundOpen(ctx context.Context, f *roundOpenFlags, dir, policy string) error {
	if err := f.check(a); err != nil {
		return err
	}
	hosts, err := a.readHosts(f.hosts)
	if err != nil {
		return err
	}
	users := a.users(&f.placeFlags)
	defer users.Close()
	d, err := a.discover(ctx, &f.placeFlags, users)
	if err != nil {
		return err
	}
	if !f.packages && !f.tarballs {
		f.packages, f.tarballs = true, true
	}
	clean := &cleanFlags{packages: f.packages, tarballs: f.tarballs}
	o := cache.Options{Look: f.look(a, d), Targets: clean.targets(), KeepInstalled: f.keepInstalled, KeepNeeded: f.keepNeeded, Policy: f.policy()}
	var problems meta.Problems
	planning := func(ctx context.Context) (*cache.Plan, error) {
		plan, err := cache.Prepare(ctx, o)
		if err != nil {
			return nil, err
		}
		problems = slices.DeleteFunc(slices.Clone(plan.Problems), func(x meta.Problem) bool { return x.Code == cache.CodeOtherHosts })
		for _, x := range problems {
			if e := (*cache.RoundError)(nil); errors.As(x.Err, &e) {
				return nil, e
			}
		}
		return plan, nil
	}
	name, _ := a.host()
	r, err := fleet.Open(ctx, absolute(dir), fleet.OpenOptions{
		Plan: planning, Hosts: hosts, Without: f.without.words, Policy: policy, KeepInstalled: f.keepInstalled, Host: name, User: userName(),
		Owner: func(uid uint32) string { return d.User(int(uid)).String() },
		Lock:  removal.Waiting{Timeout: time.Duration(f.lockTimeout)}, Now: a.now,
	})
	a.alsoJSON(d.Config.JSON)
	if errors.Is(err, fleet.ErrNothing) {
		if a.json {
			return a.showRound(&show.View{Round: show.None().Round, Problems: problems}, "json", false)
		}
		fmt.Fprintln(a.stdout, "There is nothing to remove. No host needs to be asked, and no round is open.")
		return a.commitLook(problems)
	}
	if err != nil {
		return roundError(ctx, err)
	}
	s, err := fleet.ReadStatus(r.Dir)
	if err != nil {
		return err
	}
	if a.json {
		v := show.Of(s)
		v.Problems = problems
		return a.showRound(v, "json", false)
	}
	fmt.Fprintf(a.stdout, "Opened a round in %s. %s\n", quoted(r.Dir), show.Of(s).Summary())
	if without := strings.Join(r.Without, ", "); without != "" {
		fmt.Fprintf(a.stdout, "Not waiting for %s: gclean may remove what they use.\n", printable(without))
	}
	// Another host sees the caches of the round by their leases, wherever they are there.
	fmt.Fprintf(a.stdout, "Now run on every host: %s\nThen run here: %s\n", a.againBut("pkgs-dir", "mark", "--round", r.Dir), a.againBut("pkgs-dir", "round close", r.Dir))
	return a.commitLook(problems)
}

// commitLook ends a command that tells what could not be looked at.
func (a *app) commitLook(problems meta.Problems) error {
	if err := a.shown(); err != nil {
		return err
	}
	text{err: a.stderr}.problems(problems)
	return nil
}

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
		Short: "write down which fenced packages of a round this host uses",
		Long: `Write down which fenced packages of a round the environments of this host use,
and what gclean could not look at. Run it on every host of the round, as root or
as the user who runs the round. It removes nothing.

It waits for installers that run when it starts, because they may be older than
the fence. For root, a process of each user reads the environments of that user.`,
		Example: `gclean mark --round /shared/round
gclean mark --round /shared/round --host node1 --lock-timeout 1h`,
		Annotations: common("round", "host", "pkgs-dir", "lock-timeout", "json"),
		Args:        noArguments,
		RunE:        func(cmd *cobra.Command, _ []string) error { return a.mark(cmd.Context(), f) },
	}
	section(cmd.Flags(), "The round", func(fs *pflag.FlagSet) {
		fs.Var(&f.round, "round", "the folder of the round")
		fs.Var(word{&f.host, "NAME"}, "host", "the name of this host in the round; by default its own name")
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
	if err := f.check(a); err != nil {
		return err
	}
	a.alsoJSON(a.speaksJSON(ctx))
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
	if errors.As(err, new(*fleet.HostError)) {
		text, next := told(err), "; say"
		if strings.HasSuffix(text, "?") {
			next = " Say"
		}
		return usageError{text + next + " with --host which of them this is."}
	}
	if err != nil {
		return roundError(ctx, err)
	}
	var unseen []string
	for _, i := range answer.Unseen {
		unseen = append(unseen, answer.Caches[i])
	}
	causes, doubts := answer.Doubts()
	inDoubt := doubtsOf(causes)
	if a.json {
		a.stdout.WriteString(encoded(newDocument(
			member{"success", true}, member{"host", answer.Host}, member{"held_count", int64(len(answer.Holds))}, member{"doubt_count", int64(doubts)},
			member{"unseen", stringList(unseen)}, member{"warnings", warningsDocument(slices.Concat(answer.Problems, inDoubt))},
		)))
		if err := a.shown(); err != nil {
			return err
		}
	} else {
		fmt.Fprintf(a.stdout, "%s holds %s of the round, %d of them in doubt.\n", printable(answer.Host), units.Count(len(answer.Holds), "package", "packages"), doubts)
		more := max(len(inDoubt)-maxDoubts, 0)
		if err := a.commitLook(slices.Concat(answer.Problems, inDoubt[:len(inDoubt)-more])); err != nil {
			return err
		}
		if more > 0 {
			text{err: a.stderr}.warn(fmt.Sprintf("and %d more; --json names them all", more))
		}
	}
	if len(answer.Unseen) > 0 && !answer.NoCache {
		t := text{err: a.stderr}
		t.warn(fmt.Sprintf("%s does not see %s of the round; if it has none, say so in the list of hosts: %s no-cache", printable(answer.Host), units.Count(len(answer.Unseen), "cache", "caches"), printable(answer.Host)))
		return status(exitDoubt)
	}
	if doubts > 0 {
		return status(exitDoubt)
	}
	return nil
}
