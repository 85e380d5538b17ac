package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/internal/units"
	"gclean/meta/dist"
)

// verification prints the findings: a line for each fault, and one for each kind of note.
func (t text) verification(v *verify.Verification) {
	for _, c := range v.Checks {
		path := quoted(c.Entry.Path())
		for _, f := range c.Faults {
			fmt.Fprintf(t.out, "%s: %s\n", path, fault(f))
		}
		if !t.quiet && c.Skipped == nil {
			t.notes(path, c.Notes)
		}
		switch {
		case c.Skipped != nil && !t.quiet:
			fmt.Fprintf(t.out, "Skipped %s: %s\n", path, printable(told(c.Skipped)))
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

// notes prints the notes on one entry: the first of each kind, or all with --verbose.
// Notes go to stderr, so that every line on stdout is about a fault.
func (t text) notes(path string, notes []dist.Finding) {
	told := make(map[dist.FindingKind]int)
	for _, n := range notes {
		told[n.Kind]++
	}
	for _, n := range notes {
		more := told[n.Kind] - 1
		switch {
		case more < 0:
			continue // the first one of its kind was printed
		case more == 0 || t.verbose:
			fmt.Fprintf(t.err, "note: %s: %s\n", path, printable(noteText(n)))
		default:
			fmt.Fprintf(t.err, "note: %s: %s, and %d more like it\n", path, printable(noteText(n)), more)
			told[n.Kind] = 0
		}
	}
}

// noteText is a note in words: what it is, and why it does no harm.
func noteText(n dist.Finding) string {
	at := ""
	if n.Path != "" {
		at = n.Path + " "
	}
	switch n.Kind {
	case dist.LeadsOut:
		return fmt.Sprintf("%sis a symlink out of the package, to %s", at, n.Got)
	case dist.AddedByTool:
		return at + "was added by a tool; it is in no environment"
	case dist.NoSymlink:
		return at + "is a file where the list has a symlink, as in packages made on Windows"
	case dist.Renamed:
		return fmt.Sprintf("it is named %s, and index.json says %s", n.Got, n.Want)
	case dist.OtherURL:
		return fmt.Sprintf("%snames %s, another address than %s", at, n.Got, n.Want)
	case dist.Unlisted:
		return at + "is in the archive, and not in its list; no environment gets it"
	case dist.Slimmed:
		return fmt.Sprintf("%swas taken by gclean slim --%s", at, n.Got)
	case dist.LeadsNowhere:
		return fmt.Sprintf("%sis a symlink to nothing, as in the package: %s", at, n.Got)
	case dist.Twice:
		return at + "is in the archive more than once; the last one counts"
	case dist.LeftOut:
		return fmt.Sprintf("%sis a symlink that conda leaves out: %s", at, n.Got)
	case dist.OddMetadata:
		return fmt.Sprintf("%shas %s; every tool extracts the archive", at, n.Got)
	case dist.ReplacedByPip:
		return fmt.Sprintf("pip has put %s in the place of this package", n.Got)
	case dist.Patched:
		return fmt.Sprintf("%shas %s, patched by the channel", at, n.Got)
	}
	return n.String()
}

// fault says in one line what is wrong, without the path of the entry.
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

// verdict is the exit code for the findings.
func verdict(v *verify.Verification, missed []string) error {
	if len(missed) > 0 ||
		slices.ContainsFunc(v.Checks, func(c *verify.Check) bool { return len(c.Faults) > 0 }) ||
		v.Problems.Failed() {
		return status(exitFailed)
	}
	return nil
}

// checkCounts are the totals of a verification.
type checkCounts struct {
	archives, packages, broken, unreadable, skipped, noted int
	bytes                                                  int64
}

func countChecks(v *verify.Verification) checkCounts {
	var n checkCounts
	for _, c := range v.Checks {
		if c.Entry.Category == cache.Tarballs {
			n.archives++
		} else {
			n.packages++
		}
		if len(c.Notes) > 0 && c.Sound() {
			n.noted++
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

// outcome is the totals in words.
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
	case n.noted > 0:
		return fmt.Sprintf("all sound, %d with notes", n.noted)
	}
	return "all sound"
}

// removalOf removes what is broken.
func removalOf(v *verify.Verification, force bool) planned {
	p := v.RemovalPlan(force)
	return planned{Plan: p.Plan, execute: p.Execute}
}

// removedAll is the exit code of --remove: 0 if nothing broken is left, or would be after a
// dry run.
func removedAll(v *verify.Verification, p planned, res *removal.Result, missed []string, dryRun bool, err error) error {
	if dryRun && res == nil {
		res = &removal.Result{Removed: p.Remove}
	}
	if err != nil || res == nil {
		return cmp.Or(err, verdict(v, missed))
	}
	gone := append(slices.Clone(res.Removed), res.Gone...)
	for _, c := range v.Checks {
		if len(c.Faults) > 0 && !slices.Contains(gone, c.Entry) {
			return status(exitFailed)
		}
	}
	if len(missed) > 0 {
		return status(exitFailed)
	}
	return nil
}
