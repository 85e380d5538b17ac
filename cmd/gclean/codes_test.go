package main

import (
	"regexp"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/meta/dist"
	"gclean/slim"
)

// Scripts go by codes: each is one word of its own, and each reason has a
// sentence for people too.
func TestCodes(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	check := func(list, code string) {
		if !word.MatchString(code) || seen[list+code] {
			t.Errorf("%s: the code %q is no word, or given twice", list, code)
		}
		seen[list+code] = true
	}
	for _, r := range []hold.Reason{
		hold.HardLinked, hold.SoftLinked, hold.SymlinkFound, hold.OnlyInfo, hold.HoldsEnvironment, hold.Fresh,
		hold.UnreadableRecord, hold.UnreadableEnv, hold.UnreadableEntry,
		cache.ListedByRecord, cache.LockHeld, cache.Needed, cache.InReadOnlyCache, cache.NotInAll,
		cache.NotIncluded, cache.Excluded, cache.UsedLately, cache.AmongLast, cache.RoomEnough,
	} {
		check("reason", string(r))
		if cache.Sentence(r) == "" || reasonText(r) == "" {
			t.Errorf("%s has no sentence", r)
		}
	}
	for c := cache.Tarballs; c <= cache.PkgsDirs; c++ {
		check("category", c.Code())
	}
	for k := dist.Missing; k <= dist.Unreadable; k++ {
		check("finding", k.Code())
	}
	for r := slim.Imported; r <= slim.Unscanned; r++ {
		check("slim", r.Code())
	}
}
