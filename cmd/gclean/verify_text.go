package main

import (
	"context"
	"fmt"
	"strings"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/internal/units"
)

// verification prints what was found: a line for each fault.
func (t text) verification(v *verify.Verification) {
	for _, c := range v.Checks {
		path := quoted(c.Entry.Path())
		for _, f := range c.Faults {
			fmt.Fprintf(t.out, "%s: %s\n", path, fault(f))
		}
		switch {
		case c.Skipped != nil && !t.quiet:
			fmt.Fprintf(t.out, "Skipped %s: %s\n", path, printable(c.Skipped.Error()))
		case c.Sound() && t.verbose:
			fmt.Fprintf(t.out, "%s: sound\n", path)
		}
	}
	if !t.quiet {
		n := countChecks(v)
		fmt.Fprintf(t.out, "Checked %s and %s, %s: %s.\n",
			units.Count(n.archives, "archive", "archives"), units.Count(n.packages, "package", "packages"), units.Bytes(n.bytes), n.outcome())
	}
}

// fault is one line on what is wrong, without the path of the entry.
func fault(f verify.Fault) string {
	line := printable(f.Finding.String())
	if len(f.Environments) > 0 {
		line += "; hard-linked into " + prefixes(f.Environments)
	}
	if len(f.Through) > 0 {
		line += "; seen through symlinks by " + prefixes(f.Through)
	}
	return line
}

func prefixes(list []string) string {
	var names []string
	for _, p := range list {
		names = append(names, quoted(p))
	}
	return strings.Join(names, ", ")
}

// checkCounts are the numbers of a verification.
type checkCounts struct {
	archives, packages, broken, unreadable, skipped int
	bytes                                           int64
}

func countChecks(v *verify.Verification) checkCounts {
	var n checkCounts
	for _, c := range v.Checks {
		if c.Entry.Category == cache.Tarballs {
			n.archives++
		} else {
			n.packages++
		}
		switch {
		case c.Skipped != nil:
			n.skipped++
		case c.Broken():
			n.broken++
		case len(c.Faults) > 0:
			n.unreadable++
		}
		n.bytes += c.Entry.Usage.Apparent
	}
	return n
}

// outcome is what was found in words.
func (n checkCounts) outcome() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{n.broken, "broken"}, {n.unreadable, "unreadable"}, {n.skipped, "skipped"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	switch {
	case len(parts) > 0:
		return strings.Join(parts, ", ")
	case n.archives+n.packages == 0:
		return "nothing is there"
	}
	return "all sound"
}

const nothingRepaired = "nothing was repaired"

// repairText shows what can be mended, asks once, and mends it.
func (a *app) repairText(ctx context.Context, v *verify.Verification, missed []string, change removal.Options, m mode, t text) error {
	plan := v.RepairPlan()
	for _, u := range plan.Unmendable {
		t.warn(fmt.Sprintf("%s: not repaired: %s", u.Check.Entry.Path(), u.Err))
	}
	for _, r := range plan.Repairs {
		fmt.Fprintf(a.stdout, "Will extract %s anew from %s.\n", quoted(r.Check.Entry.Path()), quoted(r.Archive.Entry.Name))
		if envs := r.Check.Environments(); len(envs) > 0 {
			fmt.Fprintf(a.stdout, "  The damaged files stay in %s: reinstall the package there.\n", prefixes(envs))
		}
	}
	if err := a.stdout.commit(); err != nil {
		return outputError{err, nothingRepaired}
	}
	switch {
	case m.dryRun:
		fmt.Fprint(a.stderr, "\nDryRunExit: Dry run. Exiting.\n\n")
		return verdict(v, missed)
	case len(plan.Repairs) == 0:
		return verdict(v, missed)
	case !m.yes:
		if ok, err := a.confirm(ctx, nothingRepaired); !ok {
			if err == nil {
				err = verdict(v, missed)
			}
			return err
		}
	}
	if !t.quiet {
		change.Waiting = t.waiting
		change.Done = func(e *cache.Entry, err error) {
			if err == nil {
				fmt.Fprintf(a.stdout, "Repaired %s\n", quoted(e.Path()))
				a.stdout.Flush() // its error stays, and is told at the end
			}
		}
	}
	res := plan.Execute(ctx, change)
	for _, f := range res.Failures {
		t.warn("cannot repair " + f.Err.Error())
	}
	for _, err := range res.Left {
		t.warn("the old package is left in the trash: " + err.Error())
	}
	if !t.quiet {
		fmt.Fprintf(a.stdout, "Repaired %d of %s.\n", len(res.Repaired), units.Count(len(plan.Repairs), "package", "packages"))
	}
	if err := a.stdout.commit(); err != nil {
		return outputError{err, fmt.Sprintf("repaired %d", len(res.Repaired))}
	}
	return repairedAll(v, plan, res, missed)
}

// repairedAll is the exit code of --repair: 0 if nothing broken is left.
func repairedAll(v *verify.Verification, plan *verify.RepairPlan, res *verify.RepairResult, missed []string) error {
	failed := v.Problems.Failed()
	switch {
	case res.Err != nil:
		return status(exitInterrupted)
	case failed, len(missed) > 0, len(plan.Unmendable) > 0, len(res.Repaired) < len(plan.Repairs):
		return status(exitFailed)
	}
	return nil
}
