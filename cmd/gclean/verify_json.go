package main

import (
	"context"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/meta/dist"
)

// verifyJSON is verify for scripts. The findings are under "verify". With --remove, they
// come before clean's document; with --repair, before what was repaired.
func (a *app) verifyJSON(ctx context.Context, f *verifyFlags, v *verify.Verification, missed []string, change removal.Options, dryRun bool) error {
	found := member{"verify", verifyDocument(v, missed, f.fast)}
	broken := verdict(v, missed)
	switch {
	case f.remove && broken != nil:
		t := text{out: a.stdout, err: a.stderr}
		work := removalOf(v, f.force)
		work.also = func(res *removal.Result) bool { return removedAll(v, work, res, missed, dryRun, nil) == nil }
		res, err := a.cleanJSON(ctx, work, change, dryRun, t, newDocument(found)...)
		return removedAll(v, work, res, missed, dryRun, err)
	case f.repair && broken != nil:
		return a.repairJSON(ctx, v, missed, change, dryRun, found)
	}
	a.stdout.WriteString(encoded(newDocument(object{found, {"success", broken == nil}, {"warnings", warningsDocument(v.Problems)}}...)))
	if err := a.shown(); err != nil {
		return err
	}
	return broken
}

// findingDocument is a fault or a note. environments hard-link the file, and symlinked
// ones have it through a symlink.
func findingDocument(f *dist.Finding, message string, environments, symlinked []string) object {
	return object{
		{"code", f.Kind.Code()}, {"path", known(f.Path)}, {"expected", known(f.Want)}, {"found", known(f.Got)}, {"message", message},
		{"environments", stringList(environments)}, {"symlinked_environments", stringList(symlinked)},
	}
}

// findingsDocument are the faults of an installed package.
func findingsDocument(faults []dist.Finding) list {
	l := list{}
	for _, f := range faults {
		l = append(l, findingDocument(&f, f.String(), nil, nil))
	}
	return l
}

// notesDocument are the notes on one entry.
func notesDocument(notes []dist.Finding) list {
	l := list{}
	for _, n := range notes {
		l = append(l, findingDocument(&n, noteText(n), nil, nil))
	}
	return l
}

// The states of entries that were verified.
const (
	stateSound      = "sound"
	stateBroken     = "broken"
	stateUnreadable = "unreadable"
	stateSkipped    = "skipped"
)

// verifyDocument has the findings.
func verifyDocument(v *verify.Verification, missed []string, fast bool) object {
	entries := list{}
	var files int64
	for _, c := range v.Checks {
		kind, state := "extracted", stateSound
		if c.Entry.Category == cache.Tarballs {
			kind = "archive"
		}
		switch {
		case c.Skipped != nil:
			state = stateSkipped
		case c.Broken():
			state = stateBroken
		case len(c.Faults) > 0:
			state = stateUnreadable
		}
		faults := list{}
		for _, f := range c.Faults {
			faults = append(faults, findingDocument(&f.Finding, f.Finding.String(), f.Environments, f.Through))
		}
		files += c.Entry.Usage.Files
		entries = append(entries, object{
			{"path", c.Entry.Path()}, {"prefix", nil}, {"dist", c.Package.Dist}, {"type", kind},
			{"files", c.Entry.Usage.Files}, {"apparent_size", c.Entry.Usage.Apparent},
			{"state", state}, {"error", message(c.Skipped)}, {"held", kind == "extracted" && c.Package.Held()},
			{"findings", faults}, {"notes", notesDocument(c.Notes)},
		})
	}
	n := countChecks(v)
	return object{
		{"fast", fast},
		{"checked_count", int64(len(v.Checks))}, {"files", files}, {"apparent_size", n.bytes},
		{"broken_count", int64(n.broken)}, {"unreadable_count", int64(n.unreadable)}, {"skipped_count", int64(n.skipped)}, {"noted_count", int64(n.noted)},
		{"not_found", stringList(missed)},
		{"entries", entries},
	}
}

// repairDocument has the plan of a repair, and its outcome.
func repairDocument(dryRun bool, planned, not, done, errs list) object {
	return object{{"dry_run", dryRun}, {"planned", planned}, {"not_mendable", not}, {"repaired", done}, {"errors", errs}}
}
