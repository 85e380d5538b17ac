package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
)

// verdict is the exit code of what was found.
func verdict(v *verify.Verification, missed []string) error {
	if len(missed) > 0 ||
		slices.ContainsFunc(v.Checks, func(c *verify.Check) bool { return len(c.Faults) > 0 }) ||
		v.Problems.Failed() {
		return status(exitFailed)
	}
	return nil
}

// checkCounts are the numbers of a verification.
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
	case n.noted > 0:
		return fmt.Sprintf("all sound, %d with notes", n.noted)
	}
	return "all sound"
}

// removalOf is the removal of what is broken.
func removalOf(v *verify.Verification, force bool) planned {
	p := v.RemovalPlan(force)
	return planned{p.Plan, p.Execute}
}

// removedAll is the exit code of --remove: 0 if nothing broken is left.
func removedAll(v *verify.Verification, res *removal.Result, missed []string, err error) error {
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
