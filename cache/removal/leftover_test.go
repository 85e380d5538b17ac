package removal_test

import (
	"testing"

	"gclean/cache"
)

// Every run removes what a killed run left, but nothing else in that category.
func TestLeftoversAddNoTargets(t *testing.T) {
	c := newCache(t, t.TempDir())
	must(t, c.AddFile(".gclean-trash/1-1/lib/x", "x"), c.AddFile(".trash/conda", "x"), c.AddLog("x.log"), c.AddExtracted(pkg("a")))
	p := prepare(t, options(c, cache.LogFiles))
	if got := names(p.Remove); got != ".gclean-trash/1-1 .logs/x.log" && got != ".logs/x.log .gclean-trash/1-1" {
		t.Errorf("goes: %s", got)
	}
	if !p.Has(cache.Trash) {
		t.Error("the trash is not shown")
	}
}
