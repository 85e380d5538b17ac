package hold

import (
	"context"
	"slices"

	"gclean/internal/order"
	"gclean/meta"
)

// Inquiry is the kind of a Question.
type Inquiry int

// The inquiries.
const (
	// Quick asks for one hard link of each package, as Holders.Probe does.
	Quick Inquiry = iota + 1
	// First asks for the first hold of each package, or for doubts if nothing holds it, as
	// Holders.Of does.
	First
	// Every asks for all environments that hold each package.
	Every
	// Remembering asks for the content of each cache's mark, as Holders.Marks returns it.
	Remembering
)

// Question asks a witness which packages its environments hold, with what proof, and what
// it could not look at.
type Question struct {
	Inquiry Inquiry
	// Packages are asked about. The witness uses all their fields except Err, Environments
	// and Proof, which concern only the asker.
	Packages []*Package
	// Force and KeepInstalled are as in Holders.
	Force, KeepInstalled bool
	// Now is for Remembering, as in Holders.Marks.
	Now int64
}

// Testimony is a witness's answer to a Question.
type Testimony struct {
	// Holds maps the index of a package in the question to what holds it. A doubt among
	// them concerns that package only.
	Holds map[int][]Hold
	// Marks is what to remember about each cache, by its path.
	Marks map[string][]SeenEnvironment
}

// Witness can see some environments, and says what they hold.
type Witness interface {
	// Ask puts a question. It returns an error only for a cancelled ctx: what a witness
	// cannot answer is a doubt in its testimony.
	Ask(ctx context.Context, q Question) (Testimony, error)
}

// Local is this process as a witness: it looks at environments itself.
type Local struct {
	Environments []meta.Environment
	// Records remembers records that were read for earlier questions; nil for none.
	Records *Memory
}

// Ask implements Witness.
func (l Local) Ask(ctx context.Context, q Question) (Testimony, error) {
	packages := make([]*Package, len(q.Packages))
	for i, p := range q.Packages {
		alone := *p
		alone.Environments, alone.Err, alone.Proof = nil, nil, nil
		packages[i] = &alone
	}
	h := NewHolders(l.Environments, packages, l.Records)
	t, err := h.testify(ctx, q, packages)
	if err != nil || q.Inquiry == Remembering {
		return t, err
	}
	above, _ := PrefixesAbove(l.Environments) // environments that cannot be looked at were reported before
	for i, p := range packages {
		if prefix, ok := above[p.ID]; ok {
			t.Holds[i] = append([]Hold{{Reason: HoldsEnvironment, Prefix: prefix}}, t.Holds[i]...)
		}
	}
	return t, nil
}

// testify answers q about packages, which are copies that it may change.
func (h *Holders) testify(ctx context.Context, q Question, packages []*Package) (Testimony, error) {
	h.Force, h.KeepInstalled, h.Doubts = q.Force, q.KeepInstalled, &Doubts{reads: map[readKey]bool{}}
	t := Testimony{Holds: map[int][]Hold{}}
	if q.Inquiry == Quick {
		for i, p := range packages {
			if h.Probe(p); p.Proof != nil {
				t.Holds[i] = []Hold{*p.Proof}
			}
			if err := ctx.Err(); err != nil {
				return t, err
			}
		}
		return t, nil
	}
	if err := h.Resolve(ctx, packages); err != nil {
		return t, err
	}
	if q.Inquiry == Remembering {
		var err error
		t.Marks, err = h.Marks(ctx, packages, q.Now)
		return t, err
	}
	for i, p := range packages {
		// The asker's hard links prove nothing about this witness's environments.
		p.Linked = false
		ask := h.Of
		if q.Inquiry == Every {
			ask = h.every
		}
		holds, err := ask(ctx, p)
		if err != nil {
			return t, err
		}
		if len(holds) > 0 {
			t.Holds[i] = holds
		}
	}
	return t, nil
}

// every returns one hold of p for each environment that has one, followed by the doubts.
func (h *Holders) every(ctx context.Context, p *Package) ([]Hold, error) {
	var holds, doubts []Hold
	for _, m := range h.mentions(p) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if m.env.Err != nil {
			continue
		}
		if file := h.evidence.sharedFile(m.env, m.record, p); file != "" {
			holds = append(holds, Hold{Reason: HardLinked, Prefix: m.env.Prefix, Record: m.path(), File: file})
			continue
		}
		switch hold, held, err := h.by(ctx, m, p); {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			doubts = append(doubts, Hold{Reason: UnreadableRecord, Prefix: m.env.Prefix, Record: m.path(), Err: err})
		case held:
			holds = append(holds, hold)
		}
	}
	holds = append(holds, h.bare[p]...)
	return slices.Concat(holds, doubts, h.doubtsOf(p)), nil
}

// AskOthers asks the witness w about packages, which must have been resolved, and adds its
// answer to what h knows. If w is nil, it does nothing.
func (h *Holders) AskOthers(ctx context.Context, w Witness, inquiry Inquiry, packages []*Package) error {
	if w == nil || len(packages) == 0 {
		return nil
	}
	said, err := w.Ask(ctx, Question{Inquiry: inquiry, Packages: packages, Force: h.Force, KeepInstalled: h.KeepInstalled})
	if err != nil {
		return err
	}
	if h.others == nil {
		h.others = map[*Package][]Hold{}
	}
	for i, holds := range said.Holds {
		p := packages[i]
		if inquiry != Quick {
			h.others[p] = holds
		} else if p.Proof == nil && len(holds) > 0 {
			p.Proof = &holds[0]
		}
	}
	return nil
}

// othersHold returns the first hold of p that other witnesses are sure of.
func (h *Holders) othersHold(p *Package) (Hold, bool) {
	i := slices.IndexFunc(h.others[p], func(x Hold) bool { return !x.Reason.Doubt() })
	if i < 0 {
		return Hold{}, false
	}
	return h.others[p][i], true
}

// othersDoubt returns the doubts of other witnesses about p. Doubts about environments are
// dropped if h.Doubts is nil, because the user ignores what is unreadable; otherwise only
// those that concern p's cache count.
func (h *Holders) othersDoubt(p *Package) []Hold {
	var doubts []Hold
	for _, x := range h.others[p] {
		switch {
		case !x.Reason.Doubt():
		case x.Reason != UnreadableEnv:
			doubts = append(doubts, x)
		case h.Doubts != nil:
			doubts = append(doubts, h.Doubts.Of([]Doubt{x}, p.Cache)...)
		}
	}
	return doubts
}

// OthersLink reports whether environments seen by other witnesses hard-link p.
func (h *Holders) OthersLink(p *Package) bool {
	return slices.ContainsFunc(h.others[p], func(x Hold) bool { return x.Reason == HardLinked })
}

// MarksOfOthers asks a witness what to remember about packages, and adds it to marks.
func (h *Holders) MarksOfOthers(ctx context.Context, w Witness, packages []*Package, now int64, marks map[string][]SeenEnvironment) error {
	if w == nil || len(packages) == 0 {
		return nil
	}
	said, err := w.Ask(ctx, Question{Inquiry: Remembering, Packages: packages, Force: h.Force, KeepInstalled: h.KeepInstalled, Now: now})
	if err != nil {
		return err
	}
	for cache, seen := range said.Marks {
		for _, env := range seen {
			if !slices.ContainsFunc(marks[cache], func(e SeenEnvironment) bool { return e.Prefix == env.Prefix }) {
				marks[cache] = append(marks[cache], env)
			}
		}
		order.By(marks[cache], func(a, b SeenEnvironment) int {
			if a.Prefix < b.Prefix {
				return -1
			}
			return 1
		})
	}
	return nil
}
