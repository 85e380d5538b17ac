package main

import (
	"context"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
)

// verifyFlags are the flags of "gclean verify".
type verifyFlags struct {
	lookFlags
	fast, remove, repair, force bool
	modeFlags
	lockTimeout span
	grace       optionalSpan
	name        string
	ofEnv       bool // check environments instead of caches
}

// newVerify is "gclean verify".
func newVerify(a *app) *cobra.Command {
	f := new(verifyFlags)
	cmd := &cobra.Command{
		Use:   "verify [DIST...]",
		Short: "check that packages in the caches are complete and unchanged",
		Example: `gclean verify
gclean verify --fast 'numpy-*'
gclean verify --repair --dry-run
gclean verify -n base`,
		Annotations: common("fast", "remove", "repair", "prefix", "name", "dry-run", "yes"),
		Long: `Check that packages in the caches are complete and unchanged.

gclean reads each archive to its end. repodata_record.json and urls.txt have the
size and hash that it should have. paths.json lists the files that an extracted
package should have. With --prefix or --name, gclean compares the files of an
environment with its records, and --repair puts them back from the caches.
` + distText,
		ValidArgsFunction: a.completeDist,
		RunE:              func(cmd *cobra.Command, dists []string) error { return a.verify(cmd.Context(), f, dists) },
	}
	f.register(cmd.Flags(), &a.json)
	return cmd
}

func (f *verifyFlags) register(fs *pflag.FlagSet, json *bool) {
	section(fs, "What to do", func(fs *pflag.FlagSet) {
		fs.BoolVar(&f.fast, "fast", false, "check only presence, types and sizes of files")
		fs.BoolVar(&f.remove, "remove", false, "remove what is broken and not in use")
		fs.BoolVar(&f.force, "force", false, "with --remove, also remove what is in use")
		fs.BoolVar(&f.repair, "repair", false, "extract broken packages again from their archives; with --prefix, put files back from the caches")
	})
	f.placeFlags.register(fs)
	fs.Lookup("prefix").Usage = "compare the environment DIR with its records, instead of the caches; repeatable"
	section(fs, placeHeading, func(fs *pflag.FlagSet) {
		fs.StringVarP(&f.name, "name", "n", "", "like --prefix, for the environment of this name")
	})
	section(fs, "Output and prompt", func(fs *pflag.FlagSet) {
		f.modeFlags.register(fs, json, modeUsage{
			dryRun:  "show what would be removed or repaired",
			json:    "print one JSON document; with --remove or --repair it needs --yes or --dry-run",
			quiet:   "print only what is broken",
			verbose: "name every entry that is checked",
		})
		registerIgnoreUnreadable(fs, &f.ignoreUnreadable)
		fs.Var(&f.grace, "grace", "skip what is broken and changed within DURATION. The default is 10m, but only while an installer runs or may run unseen. 0s ignores installers")
		registerLockTimeout(fs, &f.lockTimeout)
		registerJobs(fs, &f.jobs, "read up to N files at a time")
	})
}

// check refuses flags that make no sense together.
func (f *verifyFlags) check() error {
	switch {
	case f.repair && f.allUsers:
		return usageError{"--repair never writes into the caches of other users: leave out --all-users, or let them repair their own."}
	case f.remove && f.allUsers:
		return usageError{"--remove never changes the caches of other users: leave out --all-users, or let them clean their own."}
	case f.remove && f.repair:
		return usageError{"--repair and --remove: choose one. First repair what can be repaired, then remove the rest."}
	case f.remove && f.ofEnv:
		return usageError{"--remove works on caches: for an environment, --repair puts back what is missing or changed."}
	case f.force && !f.remove:
		return usageError{"--force removes what --remove would keep: pass both."}
	}
	return nil
}

// verify checks archives and packages, and prints what is broken. On request, it removes
// or repairs it.
func (a *app) verify(ctx context.Context, f *verifyFlags, dists []string) error {
	f.ofEnv = f.name != "" || len(f.prefixes) > 0 && !a.fileSays("prefix")
	if err := f.check(); err != nil {
		return err
	}
	switch {
	case f.dryRun:
	case f.remove:
		a.soFar = nothingRemoved
	case f.repair:
		a.soFar = nothingRepaired
	}
	users := a.usersToLook(&f.placeFlags)
	defer users.Close()
	d, err := a.discover(ctx, &f.placeFlags, users)
	if err != nil {
		return err
	}
	m, err := a.mode(f.modeFlags, d.Config, f.remove || f.repair, "to go on")
	if err != nil {
		return err
	}
	if f.ofEnv {
		return a.verifyInstalled(ctx, f, d, m, dists)
	}
	t := text{
		out:     a.stdout,
		err:     a.stderr,
		quiet:   m.quiet,
		verbose: m.verbose,
		spared:  "it is in use or sound",
	}
	look := verify.Options{ListOptions: cache.ListOptions{Look: f.look(d), Dists: dists}, Fast: f.fast}
	look.Grace, look.System = f.grace.span, a.system
	var bar *readProgress
	if !a.json && !t.quiet {
		bar = newReadProgress(ctx, a.stderr, "Verifying")
		look.Begin, look.Progress, look.Done = bar.start, bar.read, bar.done
	}
	defer limitMemory()()
	v, err := verify.Verify(ctx, look)
	bar.close()
	if err != nil {
		return lookError(ctx, err)
	}
	missed := unmatched(dists, v.Packages)
	change := removal.Options{Jobs: f.jobs, LockTimeout: time.Duration(f.lockTimeout), Now: a.now}
	if a.json {
		return a.verifyJSON(ctx, f, v, missed, change, m.dryRun)
	}
	t.verification(v)
	if err := a.shown(); err != nil {
		return err
	}
	broken := verdict(v, missed)
	switch {
	case f.remove && broken != nil:
		a.warnLook(ctx, look.Look, nil, missed)
		p := removalOf(v, f.force)
		res, err := a.cleanText(ctx, p, change, m, t)
		return removedAll(v, p, res, missed, m.dryRun, err)
	case f.repair && broken != nil:
		a.warnLook(ctx, look.Look, v.Problems, missed)
		return a.repairText(ctx, v, missed, change, m, t)
	}
	a.warnLook(ctx, look.Look, v.Problems, missed)
	return broken
}

// verifyMemory limits the memory that verify reads in; see dist.Memory. Near the limit,
// the garbage collector runs more often. Otherwise, garbage could take as much again.
const verifyMemory = 256 << 20

// limitMemory sets verifyMemory as the collector's limit, unless GOMEMLIMIT is lower. It
// returns a function that undoes this.
func limitMemory() func() {
	before := debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(before, verifyMemory))
	return func() { debug.SetMemoryLimit(before) }
}
