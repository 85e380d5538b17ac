package hold

import (
	"cmp"
	"context"
	"slices"

	"gclean/internal/order"
)

// manyRecords is the number of records with names of their own from which they are
// remembered. Reading fewer takes no noticeable time, and so a container build leaves no
// mark.
const manyRecords = 1000

// Marks returns what to remember about packages that are kept. For each cache, by path,
// these are the environments that hold some of them in ways that no hard link shows. For
// such an environment it includes every package that the environment's records name, also
// those that nobody had to ask about. So a mark never holds less than the environment does.
// now is when the look at the environments began, in seconds since 1970.
func (h *Holders) Marks(ctx context.Context, packages []*Package, now int64) (map[string][]SeenEnvironment, error) {
	type key struct{ cache, prefix string }
	held := map[key][]SeenHold{}
	told := map[key]bool{} // some hold is one that no hard link shows
	seen := map[key]int64{}
	tries := map[key]int{}
	add := func(p *Package, prefix string, r Reason) {
		k := key{p.Cache, prefix}
		held[k] = append(held[k], SeenHold{p.Name, r})
		switch r {
		case SoftLinked, SymlinkFound, Remembered, UnreadableRecord:
			told[k] = true
		}
	}
	for _, p := range packages {
		mentions := h.mentions(p)
		if p.Unlisted {
			mentions = nil
		}
		for _, m := range mentions {
			k := key{p.Cache, m.env.Prefix}
			ask := !told[k] && tries[k] < markTries && m.env.Err == nil && h.proven(p)
			if ask {
				tries[k]++
			}
			switch hold, holds, err := h.markOf(ctx, m, p, ask); {
			case ctx.Err() != nil:
				return nil, ctx.Err()
			case err != nil:
				add(p, m.env.Prefix, UnreadableRecord)
			case holds:
				add(p, m.env.Prefix, hold.Reason)
			}
		}
		for _, hold := range h.bare[p] {
			add(p, hold.Prefix, hold.Reason)
		}
		for prefix, asked := range h.memory.here(p) {
			add(p, prefix, Remembered)
			seen[key{p.Cache, prefix}] = asked
		}
	}
	marks := map[string][]SeenEnvironment{}
	for k, holds := range held {
		if told[k] {
			order.By(holds, func(a, b SeenHold) int { return cmp.Compare(a.Package, b.Package) })
			at, away := seen[k]
			switch {
			case away:
			case h.unsure[k.prefix]:
				at = 0 // it may hold more: its doubts stay
			default:
				at = now
			}
			marks[k.cache] = append(marks[k.cache], SeenEnvironment{k.prefix, at, slices.Compact(holds)})
		}
	}
	for _, list := range marks {
		order.By(list, func(a, b SeenEnvironment) int { return cmp.Compare(a.Prefix, b.Prefix) })
	}
	return marks, nil
}

// markTries is how many hard-linked packages of an environment are examined to find out
// whether it has symlinks too. An environment is linked in one way or the other, rarely in
// both.
const markTries = 24

// proven reports whether hard links hold p, so that nobody was asked.
func (h *Holders) proven(p *Package) bool { return p.Proof != nil || p.Linked }

// markOf reports whether the environment of m holds p. It examines a package that hard
// links hold anyway only if ask is true.
func (h *Holders) markOf(ctx context.Context, m mention, p *Package, ask bool) (Hold, bool, error) {
	switch {
	case m.env.Err != nil:
		return Hold{}, false, nil // its memory speaks for it
	case h.proven(p) && ask:
		whole := *p
		whole.Payload = true // it has linked files; a package with a Proof was not read
		if hold, held, err := h.by(ctx, m, &whole); err != nil || held {
			return hold, held, err
		}
		return Hold{Reason: HardLinked}, true, nil
	case h.proven(p):
		return Hold{Reason: HardLinked}, true, nil
	}
	return h.by(ctx, m, p)
}

// Records returns the records to remember, sorted by path, or none if they are few.
func (h *Holders) Records() []SeenRecord {
	if h.memory == nil || len(h.memory.fresh) < manyRecords {
		return nil
	}
	list := slices.Clone(h.memory.fresh)
	order.By(list, func(a, b SeenRecord) int { return cmp.Compare(a.Path, b.Path) })
	return slices.CompactFunc(list, func(a, b SeenRecord) bool { return a.Path == b.Path })
}
