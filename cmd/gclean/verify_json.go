package main

import (
	"context"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/meta/dist"
)

// verifyJSON is verify for scripts: what was found under "verify", in front of
// clean's document with --remove, and of what was repaired with --repair.
func (a *app) verifyJSON(ctx context.Context, f *verifyFlags, v *verify.Verification, missed []string, change removal.Options, dryRun bool) error {
	found := member{"verify", verifyDocument(v, missed, f.fast)}
	broken := verdict(v, missed)
	switch {
	case f.remove && broken != nil:
		t := text{out: a.stdout, err: a.stderr}
		res, err := a.cleanJSON(ctx, removalOf(v, f.force), change, dryRun, t, newDocument(found)...)
		return removedAll(v, res, missed, err)
	case f.repair && broken != nil:
		return a.repairJSON(ctx, v, missed, change, dryRun, found)
	}
	a.stdout.WriteString(encoded(newDocument(object{found, {"success", broken == nil}, {"warnings", warningsDocument(v.Problems)}}...)))
	if err := a.stdout.commit(); err != nil {
		return outputError{err, "nothing was changed"}
	}
	return broken
}

// notesDocument are the notes on one entry.
func notesDocument(notes []dist.Finding) list {
	l := list{}
	for _, n := range notes {
		l = append(l, object{
			{"kind", n.Kind.Code()}, {"path", known(n.Path)}, {"expected", known(n.Want)}, {"found", known(n.Got)},
			{"message", noteText(n)},
		})
	}
	return l
}

// verifyDocument is what was found.
func verifyDocument(v *verify.Verification, missed []string, fast bool) object {
	entries := list{}
	for _, c := range v.Checks {
		kind, state := "extracted", "sound"
		if c.Entry.Category == cache.Tarballs {
			kind = "archive"
		}
		var message any
		switch {
		case c.Skipped != nil:
			state, message = "skipped", told(c.Skipped)
		case c.Broken():
			state = "broken"
		case len(c.Faults) > 0:
			state = "unreadable"
		}
		faults := list{}
		for _, f := range c.Faults {
			faults = append(faults, object{
				{"kind", f.Kind.Code()}, {"path", known(f.Path)},
				{"expected", known(f.Want)}, {"found", known(f.Got)},
				{"message", f.Finding.String()},
				{"environments", stringList(f.Environments)}, {"symlinked", stringList(f.Through)},
			})
		}
		entries = append(entries, object{
			{"path", c.Entry.Path()}, {"dist", c.Package.Dist}, {"type", kind}, {"size", c.Entry.Usage.Apparent},
			{"state", state}, {"message", message}, {"held", kind == "extracted" && c.Package.Held()}, {"findings", faults}, {"notes", notesDocument(c.Notes)},
		})
	}
	n := countChecks(v)
	return object{
		{"fast", fast},
		{"checked", int64(len(v.Checks))}, {"bytes", n.bytes},
		{"broken", int64(n.broken)}, {"unreadable", int64(n.unreadable)}, {"skipped", int64(n.skipped)}, {"noted", int64(n.noted)},
		{"not_found", stringList(missed)},
		{"entries", entries},
	}
}
