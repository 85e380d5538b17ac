package main

import (
	"context"
	"fmt"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/internal/units"
)

const nothingRepaired = "nothing was repaired"

// repairText shows what gclean can repair, asks once, and repairs it.
func (a *app) repairText(ctx context.Context, v *verify.Verification, missed []string, change removal.Options, m mode, t text) error {
	plan, err := v.RepairPlan(ctx)
	if err != nil {
		return err
	}
	for _, u := range plan.Unmendable {
		t.warn(fmt.Sprintf("%s: not repaired: %s", u.Check.Entry.Path(), a.toldOfRepair(u.Check.Entry, u.Err)))
	}
	for _, r := range plan.Repairs {
		fmt.Fprintf(a.stdout, "Will extract %s again from %s.\n", quoted(r.Check.Entry.Path()), quoted(r.Archive.Entry.Name))
		if envs := r.Check.Environments(); len(envs) > 0 {
			fmt.Fprintf(a.stdout, "  The damaged files stay in %s: reinstall the package there.\n", prefixes(envs))
		}
	}
	if err := a.shown(); err != nil {
		return err
	}
	switch {
	case m.dryRun:
		fmt.Fprint(a.stderr, "\nDryRunExit: Dry run. Exiting.\n\n")
		return repairedAll(v, plan, &verify.RepairResult{Repaired: plan.Repairs}, missed)
	case len(plan.Repairs) == 0:
		return verdict(v, missed)
	case !m.yes:
		if ok, err := a.confirm(ctx, "to repair"); !ok {
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
				a.stdout.Flush() // commit reports the error at the end
			}
		}
	}
	res := plan.Execute(ctx, change)
	for _, f := range res.Failures {
		t.warn("cannot repair " + a.toldOfRepair(f.Repair.Check.Entry, f.Err))
	}
	for _, err := range res.Left {
		t.warn("the old package is left in the trash: " + told(err))
	}
	if !t.quiet {
		fmt.Fprintf(a.stdout, "Repaired %d of %s.\n", len(res.Repaired), units.Count(len(plan.Repairs), "package", "packages"))
	}
	a.soFar = fmt.Sprintf("repaired %d", len(res.Repaired))
	if err := a.shown(); err != nil {
		return err
	}
	return repairedAll(v, plan, res, missed)
}

// repairedAll is the exit code of --repair: 0 if nothing broken is left. res is that of a
// dry run if everything is repaired that can be.
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

// repairJSON repairs what it can.
func (a *app) repairJSON(ctx context.Context, v *verify.Verification, missed []string, change removal.Options, dryRun bool, found member) error {
	plan, err := v.RepairPlan(ctx)
	if err != nil {
		return err
	}
	repairs, unmendable, errs := list{}, list{}, list{}
	for _, m := range plan.Repairs {
		repairs = append(repairs, object{
			{"path", m.Check.Entry.Path()}, {"dist", m.Check.Package.Dist}, {"code", nil}, {"source", m.Archive.Entry.Path()},
			{"environments", stringList(m.Check.Environments())},
		})
	}
	for _, u := range plan.Unmendable {
		unmendable = append(unmendable, unmendableDocument(u.Check.Entry.Path(), u.Check.Package.Dist, u.Err))
	}
	done, res := list{}, &verify.RepairResult{Repaired: plan.Repairs}
	if !dryRun {
		res = plan.Execute(ctx, change)
		for _, m := range res.Repaired {
			done = append(done, m.Check.Entry.Path())
		}
		for _, f := range res.Failures {
			errs = append(errs, failureDocument(f.Repair.Check.Entry.Path(), f.Err))
		}
		for _, err := range res.Left {
			errs = append(errs, failureDocument("", fmt.Errorf("the old package is left in the trash: %w", err)))
		}
	}
	code := repairedAll(v, plan, res, missed)
	a.stdout.WriteString(encoded(newDocument(object{
		found,
		{"repair", repairDocument(dryRun, repairs, unmendable, done, errs)},
		{"success", code == nil},
		{"warnings", warningsDocument(v.Problems)},
	}...)))
	if a.soFar != "" {
		a.soFar = fmt.Sprintf("repaired %d", len(done))
	}
	if err := a.shown(); err != nil {
		return err
	}
	return code
}

// unmendableDocument lists what a repair cannot change.
func unmendableDocument(path, dist string, err error) object {
	return object{{"code", errorCode(err)}, {"path", path}, {"dist", dist}, {"message", told(err)}}
}
