package hold

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"sync/atomic"

	"gclean/internal/parallel"
	"gclean/meta"
	"gclean/meta/dist"
)

// Holders knows which environments may hold which packages, and finds out which do.
type Holders struct {
	// Doubts keep packages that nothing else holds; nil for none.
	Doubts *Doubts
	// Force ignores hard links: a hard-linked file survives without its package. Only
	// symlinks and doubts hold then.
	Force bool
	// KeepInstalled makes every record hold the package that it names, linked or not.
	KeepInstalled bool

	evidence  evidence
	envs      []meta.Environment
	named     map[string][]mention   // by name of a package: the records with that name
	unmatched []mention              // records whose names match no package
	origins   map[*Package][]mention // records that name the package by another name; see Resolve
	bare      map[*Package][]Hold    // environments without records that hold it; see Resolve
	others    map[*Package][]Hold    // what other witnesses say; see AskOthers
	memory    *Memory
	doubtful  []Hold          // unreadable records; they may name any package with an odd name
	unsure    map[string]bool // prefixes of environments that were only partly read
	parsed    atomic.Int64    // how many records were opened
}

// mention is a record that may name a package.
type mention struct {
	env    *meta.Environment
	record string // file name in conda-meta
}

func (m mention) path() string { return filepath.Join(m.env.Prefix, meta.CondaMeta, m.record) }

// NewHolders returns the Holders for packages and the environments envs. It reads only the
// names of records. Resolve opens records whose names match no package, if any must be
// opened. memory is what earlier runs saw, or nil.
func NewHolders(envs []meta.Environment, packages []*Package, memory *Memory) *Holders {
	return newHolders(envs, packages, memory, newDiskEvidence())
}

func newHolders(envs []meta.Environment, packages []*Package, memory *Memory, ev evidence) *Holders {
	h := &Holders{evidence: ev, envs: envs, memory: memory, named: make(map[string][]mention, len(packages))}
	for _, p := range packages {
		h.named[p.Dist] = nil
		h.named[p.Folder()] = nil
		for _, alias := range p.Aliases {
			h.named[alias] = nil
		}
	}
	for i := range envs {
		if envs[i].Elsewhere != nil {
			continue // its own witness is asked
		}
		for _, record := range envs[i].Records {
			m := mention{&envs[i], record}
			name, _ := meta.RecordName(record)
			if list, ok := h.named[name]; ok {
				h.named[name] = append(list, m)
			} else {
				h.unmatched = append(h.unmatched, m)
			}
		}
	}
	return h
}

// Clone returns a copy of h for another goroutine.
func (h *Holders) Clone() *Holders {
	return &Holders{
		Doubts: h.Doubts, Force: h.Force, KeepInstalled: h.KeepInstalled, evidence: newDiskEvidence(),
		envs: h.envs, named: h.named, origins: h.origins, bare: h.bare, others: h.others, memory: h.memory, doubtful: h.doubtful,
	}
}

// With returns the environments that have a record with that name.
func (h *Holders) With(distribution string) []*meta.Environment {
	var list []*meta.Environment
	for _, m := range h.named[distribution] {
		list = append(list, m.env)
	}
	return list
}

// mentions returns the records that may name p.
func (h *Holders) mentions(p *Package) []mention {
	list := h.named[p.Dist]
	for _, name := range append([]string{p.Index, p.Folder()}, p.Aliases...) {
		if name != "" && name != p.Dist {
			list = append(slices.Clip(list), h.named[name]...)
		}
	}
	return append(slices.Clip(list), h.origins[p]...)
}

// Resolve finds the records that name packages by another name than their files', and the
// packages that environments without records reach. packages are those that nothing is
// known to hold so far; their Index must be set.
//
// A record whose name matches no package is opened unless memory knows what it says. One
// that cannot be read may name any package whose own name is odd. It cannot name the
// others, because all tools name record and folder alike.
func (h *Holders) Resolve(ctx context.Context, packages []*Package) error {
	if len(packages) == 0 {
		return nil
	}
	h.unsure, h.doubtful = map[string]bool{}, nil
	h.indexNames(packages)
	if err := h.readUnmatched(ctx, packages); err != nil {
		return err
	}
	return h.searchBare(ctx, packages)
}

// indexNames matches records with the names in the packages' own info/index.json.
func (h *Holders) indexNames(packages []*Package) {
	for _, p := range packages {
		if _, ok := h.named[p.Index]; p.Index != "" && !ok {
			h.named[p.Index] = nil
		}
	}
	h.unmatched = slices.DeleteFunc(h.unmatched, func(m mention) bool {
		name, _ := meta.RecordName(m.record)
		list, ok := h.named[name]
		if ok {
			h.named[name] = append(list, m)
		}
		return ok
	})
}

func (h *Holders) readUnmatched(ctx context.Context, packages []*Package) error {
	names := make([][]string, len(h.unmatched))
	errs := make([]error, len(h.unmatched))
	numbers := make([]int, len(h.unmatched))
	for i := range numbers {
		numbers[i] = i
	}
	err := parallel.Each(ctx, 0, numbers, func(i int) error {
		m := h.unmatched[i]
		if m.env.Err != nil {
			return nil // a doubt of its own
		}
		names[i], errs[i] = h.memory.names(m.path(), func() ([]string, error) {
			h.parsed.Add(1)
			o, err := h.evidence.origin(m.env, m.record)
			return o.Names(), err
		})
		return nil
	})
	if err != nil {
		return err
	}
	h.origins = map[*Package][]mention{}
	byName := map[string][]*Package{}
	for _, p := range packages {
		for _, name := range slices.Compact(slices.Sorted(slices.Values(append([]string{p.Dist, p.Index, p.Folder()}, p.Aliases...)))) {
			byName[name] = append(byName[name], p)
		}
	}
	for i, m := range h.unmatched {
		if errs[i] != nil {
			h.unsure[m.env.Prefix] = true
			h.doubtful = append(h.doubtful, Hold{Reason: UnreadableRecord, Prefix: m.env.Prefix, Record: m.path(), Err: errs[i]})
		}
		for _, name := range names[i] {
			for _, p := range byName[name] {
				if !slices.Contains(h.origins[p], m) {
					h.origins[p] = append(h.origins[p], m)
				}
			}
		}
	}
	return nil
}

// searchBare looks for symlinks from environments that have lost their records, and from
// those with an unreadable record that may name any package.
func (h *Holders) searchBare(ctx context.Context, packages []*Package) error {
	h.bare = map[*Package][]Hold{}
	for i := range h.envs {
		env := &h.envs[i]
		if !env.Bare && !h.unsure[env.Prefix] || env.Err != nil || env.Elsewhere != nil {
			continue
		}
		found, err := h.evidence.bare(ctx, env, packages)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		for p, file := range found {
			h.bare[p] = append(h.bare[p], Hold{Reason: SymlinkFound, Prefix: env.Prefix, File: file})
		}
		if err != nil {
			h.unsure[env.Prefix] = true
			if h.Doubts != nil && env.Bare {
				h.Doubts.Unreadable = append(h.Doubts.Unreadable, Doubt{Reason: UnreadableEnv, Prefix: env.Prefix, Err: err, Users: env.Users})
			}
		}
	}
	return nil
}

// probes is how many environments are searched for a file shared with a package. If the
// first has none, for example because it is on another file system, another may have one.
// After a few it is cheaper to read the package.
const probes = 3

// Probe looks for proof that an environment hard-links p: a file of one of its records that
// is the same inode as in the package. If there is one, Probe sets p.Proof. Most packages
// of a cache in use have one, so they need not be read at all. A wrong record proves
// nothing: then the package is read, and its link counts decide.
func (h *Holders) Probe(p *Package) {
	for i, m := range h.named[p.Dist] {
		if i == probes {
			return
		}
		if m.env.Err != nil {
			continue
		}
		h.parsed.Add(1)
		if file := h.evidence.sharedFile(m.env, m.record, p); file != "" {
			p.Proof = &Hold{Reason: HardLinked, Prefix: m.env.Prefix, Record: m.path(), File: file}
			return
		}
	}
}

// Certain reports whether hard links hold p, so that nobody else needs to be asked.
func (h *Holders) Certain(p *Package) bool { return p.Proof != nil || p.Linked && !h.Force }

// Of returns what holds p; the result is empty if p is free. It stops at the first proof.
// Users that nobody can find are not included: see Unseen.
func (h *Holders) Of(ctx context.Context, p *Package) ([]Hold, error) {
	switch {
	case len(p.Environments) > 0:
		return []Hold{{Reason: HoldsEnvironment, Prefix: p.Environments[0]}}, nil
	case p.Proof != nil:
		return []Hold{*p.Proof}, nil
	case p.Linked && !h.Force:
		return []Hold{{Reason: HardLinked}}, nil
	}
	var doubts []Hold
	if p.Err != nil {
		doubts = append(doubts, Hold{Reason: UnreadableEntry, Err: p.Err})
	}
	for _, m := range h.mentions(p) {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hold, held, err := h.by(ctx, m, p)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			doubts = append(doubts, Hold{Reason: UnreadableRecord, Prefix: m.env.Prefix, Record: m.path(), Err: err})
		case held:
			return []Hold{hold}, nil
		}
	}
	if holds := h.bare[p]; len(holds) > 0 {
		return holds[:1], nil
	}
	if hold, held := h.othersHold(p); held {
		return []Hold{hold}, nil
	}
	doubts = append(doubts, h.othersDoubt(p)...)
	if remembered := h.memory.of(p); len(remembered) > 0 {
		return remembered[:1], nil
	}
	return append(doubts, h.doubtsOf(p)...), nil
}

// doubtsOf returns the doubts that are not about p alone.
func (h *Holders) doubtsOf(p *Package) []Hold {
	if h.Doubts == nil {
		return nil
	}
	var doubts []Hold
	if p.odd() {
		doubts = append(doubts, h.doubtful...)
	}
	for _, d := range h.Doubts.Of(h.Doubts.Unreadable, p.Cache) {
		if d.Prefix == "" || !h.memory.settles(d.Prefix, p) {
			doubts = append(doubts, d)
		}
	}
	return doubts
}

// Unseen returns the users and environments that nobody can find and who may use p.
func (h *Holders) Unseen(p *Package) []Hold {
	if h.Doubts == nil {
		return nil
	}
	return h.Doubts.Of(h.Doubts.Unseen, p.Cache)
}

// by reports whether the environment of m holds p, according to its record.
func (h *Holders) by(ctx context.Context, m mention, p *Package) (Hold, bool, error) {
	hold := Hold{Prefix: m.env.Prefix, Record: m.path()}
	h.parsed.Add(1)
	l, err := h.evidence.link(m.env, m.record)
	if err != nil {
		return hold, false, err
	}
	if l.Path() == "" || h.evidence.names(l.Path(), p) {
		switch {
		case l.Type == dist.SoftLink || l.Type == dist.Directory:
			hold.Reason = SoftLinked
			return hold, true, nil
		case !p.Payload && !h.Force:
			hold.Reason = OnlyInfo
			return hold, true, nil
		}
	}
	// The type says how the tool meant to link, not what it did: mamba writes 1 for copies
	// and symlinks too. Symlinks may also lead to another cache than the record names. So
	// look at the files themselves.
	hold.File, err = h.evidence.symlinkInto(ctx, m.env, m.record, p)
	switch {
	case err != nil:
		return hold, false, err
	case hold.File != "":
		hold.Reason = SymlinkFound
		return hold, true, nil
	case h.KeepInstalled:
		hold.Reason = Installed
		return hold, true, nil
	}
	return hold, false, nil
}

// Environments returns the prefixes that use p, sorted: by a hard link, by symlinks, or by
// a record if the package has nothing to link. soft reports whether one of them uses
// symlinks. It leaves out what it cannot read; Of returns that as a doubt.
func (h *Holders) Environments(ctx context.Context, p *Package) (prefixes []string, soft bool, err error) {
	for _, m := range h.mentions(p) {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		if m.env.Err != nil {
			continue
		}
		if h.evidence.sharedFile(m.env, m.record, p) == "" {
			hold, held, err := h.by(ctx, m, p)
			if err != nil || !held {
				continue
			}
			soft = soft || hold.Reason != OnlyInfo && hold.Reason != Installed
		}
		prefixes = append(prefixes, m.env.Prefix)
	}
	for _, hold := range h.bare[p] {
		prefixes, soft = append(prefixes, hold.Prefix), true
	}
	for _, hold := range h.others[p] {
		if !hold.Reason.Doubt() && hold.Prefix != "" {
			prefixes = append(prefixes, hold.Prefix)
			soft = soft || hold.Reason == SoftLinked || hold.Reason == SymlinkFound
		}
	}
	slices.Sort(prefixes)
	return slices.Compact(prefixes), soft, nil
}

// errNoProof means that a file of an environment cannot be looked at.
var errNoProof = errors.New("its files cannot be examined")

// errNoFiles means that a record does not list its files.
var errNoFiles = errors.New("the record lists no files, so gclean cannot tell whether they are symlinks")
