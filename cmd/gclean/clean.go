package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"gclean/cache"
	"gclean/cache/metrics"
	"gclean/cache/removal"
	"gclean/internal/terminal"
	"gclean/meta"
)

// newClean is the command that cleans, called as gclean itself or as "gclean clean".
func newClean(a *app, name string) *cobra.Command {
	f := new(cleanFlags)
	cmd := &cobra.Command{
		Use:   name + " [-a] [-i] [-p] [-t] [-f] [-c [PATH ...]] [-l]",
		Short: "remove unused packages and caches, as conda clean does",
		Long: `Remove unused packages and caches, as conda clean does. gclean makes a plan,
shows it, asks once, and carries it out.`,
		Example: `gclean --all --dry-run
gclean -afy
gclean --packages --include 'numpy-1.*'
gclean --all --yes --all-users --older-than 30d --quiet`,
		Annotations: common("all", "packages", "tarballs", "older-than", "pkgs-dir", "dry-run", "yes", "verbose"),
		Args:        noArguments,
		ValidArgsFunction: func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
			if f.tempfiles.given() {
				return completeFolders(cmd, args, typed)
			}
			return nil, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(cmd *cobra.Command, _ []string) error {
			f.seeHelp, f.awaits = seeHelp(cmd), cmd.Flags().Changed("lock-timeout")
			if cmd.Flags().NFlag() == 0 && !a.json {
				fmt.Fprint(a.stderr, bareHelp(cmd))
			}
			return a.clean(cmd.Context(), f)
		},
	}
	f.register(cmd.Flags(), &a.json)
	return cmd
}

// clean makes the plan, shows it, asks once and carries it out.
func (a *app) clean(ctx context.Context, f *cleanFlags) (err error) {
	a.log = newLogger(f.logFormat, a.stderr)
	if err := f.check(a.fileSays); err != nil {
		return err
	}
	if !f.dryRun {
		a.soFar = nothingRemoved
	}
	m := &metrics.Run{Version: version(), Started: a.now()}
	if f.metrics != "" {
		page, err := a.create("metrics", string(f.metrics))
		if err != nil {
			return err
		}
		m.LastSuccess = metrics.LastSuccess(page.Before())
		err = a.cleanMeasured(ctx, f, m)
		m.Ended, m.ExitCode = a.now(), codeOf(err)
		m.Success = m.ExitCode == exitDone || m.ExitCode == exitDoubt
		if failed := page.Keep(m.Write); failed != nil {
			return outputError{failed, "removed " + count(len(m.Removed())), string(f.metrics), "metrics"}
		}
		return err
	}
	return a.cleanMeasured(ctx, f, m)
}

// cleanMeasured does the work of clean, and records the result in m.
func (a *app) cleanMeasured(ctx context.Context, f *cleanFlags, m *metrics.Run) error {
	if err := checkAsUsers(&f.placeFlags); err != nil {
		return err
	}
	users := a.users(&f.placeFlags)
	defer users.Close()
	d, err := a.discover(ctx, &f.placeFlags, users)
	if err != nil {
		return err
	}
	var more []member
	if f.sourceCache {
		d.Problems = append(d.Problems, sourceCacheProblem())
		more = append(more, sourceCacheMember())
	}
	if f.debug || f.trace {
		f.verbosity++
	}
	mode, err := a.mode(f.modeFlags, d.Config, true, "to remove")
	if err != nil {
		return err
	}
	m.DryRun = mode.dryRun
	o := planOptions(d, f)
	o.System = a.system
	plan, err := cache.Prepare(ctx, o)
	if err != nil {
		return lookError(ctx, err)
	}
	t := text{
		log:     a.log,
		image:   a.image,
		out:     a.stdout,
		err:     a.stderr,
		quiet:   mode.quiet,
		verbose: mode.verbose,
		all:     f.all,
	}
	if f.policyFlags.given() != "" {
		t.spared = "it is in use or may stay"
	}
	if f.awaits && !mode.dryRun {
		if plan, err = o.Await(ctx, plan, time.Duration(f.lockTimeout), t.awaiting); err != nil {
			return lookError(ctx, err)
		}
	}
	plan.Problems = append(plan.Problems, unmatchedPatterns(ctx, o)...)
	remove := removal.Options{Jobs: f.jobs, LockTimeout: time.Duration(f.lockTimeout), Now: a.now}
	work := planned{Plan: plan, execute: func(ctx context.Context, r removal.Options) *removal.Result {
		r.Again, r.Changed = o.Again, o.Changed
		return removal.Execute(ctx, plan, r)
	}}
	if users != nil {
		if work, err = withUsers(ctx, users, work, o, f.allUsers); err != nil {
			return lookError(ctx, err)
		}
	}
	m.Plan, t.restore = work.Plan, a.restoreAll(work.Plan)
	if a.json {
		m.Result, err = a.cleanJSON(ctx, work, remove, mode.dryRun, t, more...)
		return err
	}
	m.Result, err = a.cleanText(ctx, work, remove, mode, t)
	return err
}

// codeUnmatched is the code of a pattern of --include or --exclude that matches nothing,
// by its name or by its channel.
const codeUnmatched = "unmatched_pattern"

// unmatchedPatterns are the patterns of a policy that match nothing in the caches. The
// processes of other users check the caches of these users.
func unmatchedPatterns(ctx context.Context, o cache.Options) meta.Problems {
	if len(o.Policy.Include)+len(o.Policy.Exclude) == 0 || len(o.Discovery.OfUsers) > 0 {
		return nil
	}
	names, unmatched, err := cache.Unmatching(ctx, o.Look, o.Policy)
	if err != nil {
		return nil // the plan has said so
	}
	var list meta.Problems
	for _, p := range unmatched {
		flag, what := "--include", "nothing in the caches has that name"+nearDist(p.Pattern, names)
		if p.Exclude {
			flag = "--exclude"
		}
		switch {
		case p.Named && strings.HasSuffix(p.Pattern, "::*"):
			what = "nothing in the caches is known to come from that channel"
		case p.Named:
			what = "nothing in the caches with that name is known to come from that channel"
		}
		if p.Named {
			what += nearChannel(p)
		}
		list = append(list, meta.Problem{Code: codeUnmatched, Err: fmt.Errorf("%s %s: %s", flag, p.Pattern, what)})
	}
	return list
}

// codeSourceCache is the code of sourceCacheProblem.
const codeSourceCache = "source_cache_ignored"

// sourceCacheProblem tells users who ask for conda-build's source cache, as in -tipsy,
// that gclean does nothing about it. conda dropped this target in 4.13.
func sourceCacheProblem() meta.Problem {
	return meta.Problem{Code: codeSourceCache, Err: errors.New(
		"--source-cache does nothing now, as in conda since 4.13: 'conda build purge-all' removes the source cache of conda-build")}
}

// sourceCacheMember is what conda printed in its document for an empty source cache.
func sourceCacheMember() member {
	return member{"source_cache", object{
		{"warnings", list{}}, {"cache_dirs", object{}}, {"cache_sizes", object{}}, {"total_size", int64(0)},
	}}
}

// planned is a plan, with the function that carries it out.
type planned struct {
	*cache.Plan
	execute func(context.Context, removal.Options) *removal.Result
	// also says whether the task is done, if the plan is only a part of it; nil means that
	// it is all. The result is nil in a dry run.
	also func(*removal.Result) bool
}

// succeeded says whether everything that was asked for was done or, in a dry run, whether
// no obstacle was seen.
func (p planned) succeeded(res *removal.Result) bool {
	return succeeded(p.Plan, endOf(res)) && (p.also == nil || p.also(res))
}

// cleanText is clean for people. The result is nil if nothing was carried out.
func (a *app) cleanText(ctx context.Context, plan planned, remove removal.Options, m mode, t text) (*removal.Result, error) {
	t.plan(plan.Plan)
	if t.quiet && (!m.yes || m.dryRun) && t.log == nil && len(plan.Remove) > 0 {
		t.total(plan.Plan) // do not ask if there is nothing to remove, or in a dry run
	}
	if err := a.shown(); err != nil {
		return nil, err
	}
	t.warnings(plan.Plan)
	switch {
	case m.dryRun:
		if t.log == nil {
			fmt.Fprint(a.stderr, "\nDryRunExit: Dry run. Exiting.\n\n")
		}
		return nil, outcome(plan.Plan, nil)
	case len(plan.Remove) == 0:
		plan.execute(ctx, remove) // update the memory
		return nil, outcome(plan.Plan, nil)
	case !m.yes:
		if ok, err := a.confirm(ctx, "to remove"); !ok {
			return nil, err
		}
	}
	finish := func() {}
	above := t // messages while a progress bar is drawn
	switch {
	case t.quiet, t.log != nil:
	case t.verbose: // the lines of the log show progress
		remove.Done = func(e *cache.Entry, err error) {
			if err == nil {
				fmt.Fprintf(a.stdout, "%s %s\n", done(e), quoted(e.Path()))
				a.stdout.Flush() // commit reports the error at the end
			}
		}
	default:
		bar := newProgress(ctx, a.stderr, plan.Plan)
		above.err, finish = bar, bar.Close
		remove.Progress, remove.Done = bar.names, bar.done
	}
	if !t.quiet {
		remove.Waiting = above.waiting
	}
	res := plan.execute(ctx, remove)
	finish()
	t.result(plan.Plan, res)
	if interrupted(res.Err) && t.log == nil {
		fmt.Fprintf(a.stderr, "\nInterrupted: removed %d of %s. The next run removes the rest.\n\n", len(res.Removed), count(len(plan.Remove)))
	}
	a.soFar = "removed " + count(len(res.Removed))
	if err := a.shown(); err != nil {
		return res, err
	}
	return res, outcome(plan.Plan, endOf(res))
}

// done is the outcome of an entry that was removed.
func done(e *cache.Entry) string {
	if e.Aside() {
		return "Quarantined"
	}
	return "Removed"
}

// confirm asks whether to go on. If the user says no, or ends the input of a terminal,
// the exit code is 0, as with conda. Without a terminal, nobody can say yes: that is
// wrong usage. A build then fails, instead of shipping what it meant to remove. aim says
// what --yes would do: "to remove".
func (a *app) confirm(ctx context.Context, aim string) (bool, error) {
	person := terminal.Is(a.stdin)
	got, err := ask(ctx, a.stdin, person, a.stdout)
	switch {
	case err != nil:
		return false, err
	case got == answerYes:
		return true, nil
	case got == answerNone && !person:
		return false, usageError{fmt.Sprintf("not a terminal: pass --yes %s, or --dry-run to look", aim)}
	}
	fmt.Fprint(a.stderr, "\nCondaSystemExit: Exiting.\n\n")
	return false, nil
}

// cleanJSON is clean for scripts. Problems are only in the document, so that scripts can
// read stdout and stderr as one. More members come first.
func (a *app) cleanJSON(ctx context.Context, plan planned, remove removal.Options, dryRun bool, t text, more ...member) (*removal.Result, error) {
	if a.image != "" {
		more = append(more, member{"root", a.image})
	}
	a.stdout.WriteString(planDocument(plan.Plan, more...))
	if err := a.shown(); err != nil {
		return nil, err
	}
	var res *removal.Result
	if !dryRun {
		res = plan.execute(ctx, remove)
	}
	a.stdout.WriteString(resultDocument(plan, res))
	if res != nil {
		a.soFar = "removed " + count(len(res.Removed))
	}
	if err := a.shown(); err != nil {
		if res != nil {
			t.failures(res) // nothing else will name them: the document could not be written
		}
		return res, err
	}
	return res, outcome(plan.Plan, endOf(res))
}

// sentence is s with a capital first letter.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
