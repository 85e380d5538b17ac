package main

import (
	"cmp"
	"slices"

	"gclean/cache/removal"
	"gclean/cache/verify"
)

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
