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

// Holders knows which environments may hold which packages, and asks them.
type Holders struct {
	// Doubts keep what nothing else holds; nil for none.
	Doubts *Doubts
	// Force says that hard links do not hold, since they do not need their package:
	// only what shows symlinks, and doubts, do.
	Force bool
	// KeepInstalled has each record hold the package that it names, linked or not.
	KeepInstalled bool

	evidence  evidence
	envs      []meta.Environment
	named     map[string][]mention   // by a package's name: records named so
	unmatched []mention              // records whose names are no package's
	origins   map[*Package][]mention // records with other names that name it; see Resolve
	bare      map[*Package][]Hold    // by environments without records; see Resolve
	others    map[*Package][]Hold    // what other witnesses say; see AskOthers
	memory    *Memory
	doubtful  []Hold          // records that may name any package with an odd name
	unsure    map[string]bool // prefixes of environments that were not seen whole
	parsed    atomic.Int64    // records that were opened
}

// mention is a record that may name a package.
type mention struct {
	env    *meta.Environment
	record string // name of the file in conda-meta
}

func (m mention) path() string { return filepath.Join(m.env.Prefix, meta.CondaMeta, m.record) }

// NewHolders asks envs about packages. It looks at the names of records only: one
// that no package shares is opened by Resolve, if at all. memory is what earlier
// runs have seen; it may be nil.
func NewHolders(envs []meta.Environment, packages []*Package, memory *Memory) *Holders {
	return newHolders(envs, packages, memory, newDiskEvidence())
}

func newHolders(envs []meta.Environment, packages []*Package, memory *Memory, ev evidence) *Holders {
	h := &Holders{evidence: ev, envs: envs, memory: memory, named: make(map[string][]mention, len(packages))}
	for _, p := range packages {
		h.named[p.Dist] = nil
		h.named[p.Folder()] = nil
	}
	for i := range envs {
		if envs[i].Elsewhere != nil {
			continue // its witness is asked
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

// Clone is h for another goroutine.
func (h *Holders) Clone() *Holders {
	return &Holders{
		Doubts: h.Doubts, Force: h.Force, KeepInstalled: h.KeepInstalled, evidence: newDiskEvidence(),
		envs: h.envs, named: h.named, origins: h.origins, bare: h.bare, others: h.others, memory: h.memory, doubtful: h.doubtful,
	}
}

// With are the environments with a record of that name.
func (h *Holders) With(distribution string) []*meta.Environment {
	var list []*meta.Environment
	for _, m := range h.named[distribution] {
		list = append(list, m.env)
	}
	return list
}

// mentions are the records that may name p.
func (h *Holders) mentions(p *Package) []mention {
	list := h.named[p.Dist]
	for _, name := range []string{p.Index, p.Folder()} {
		if name != "" && name != p.Dist {
			list = append(slices.Clip(list), h.named[name]...)
		}
	}
	return append(slices.Clip(list), h.origins[p]...)
}

// Resolve finds out which records name packages by another name than their
// files', and what environments without records reach. packages are those that
// nothing is known to hold so far; their Index is known by now.
//
// A record whose name is no package's is opened for what it says alone, unless
// memory knows it. One that cannot be read may name any package whose own name is
// odd: for the others, all tools name record and folder alike.
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

// indexNames notes the records that are named as packages name themselves.
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
		for _, name := range slices.Compact(slices.Sorted(slices.Values([]string{p.Dist, p.Index, p.Folder()}))) {
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

// searchBare looks into environments that have lost their records.
func (h *Holders) searchBare(ctx context.Context, packages []*Package) error {
	h.bare = map[*Package][]Hold{}
	for i := range h.envs {
		env := &h.envs[i]
		if !env.Bare || env.Err != nil || env.Elsewhere != nil {
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
			if h.Doubts != nil {
				h.Doubts.Unreadable = append(h.Doubts.Unreadable, Doubt{Reason: UnreadableEnv, Prefix: env.Prefix, Err: err, Users: env.Users})
			}
		}
	}
	return nil
}

// probes is how many environments are asked for a file that they share with
// a package. Where the first has none, as when it is on another file system,
// another may; after a few it is cheaper to read the package.
const probes = 3

// Probe looks for proof that an environment hard-links p: one file of its
// record that is the same inode as in the package. Most packages of a cache that
// is in use are held so, and need not be read at all. A wrong record proves
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

// Certain says whether p is held by hard links: nobody else need be asked.
func (h *Holders) Certain(p *Package) bool { return p.Proof != nil || p.Linked && !h.Force }

// Of returns what holds p; nothing if it is free. It stops at the first that
// is certain. Users that nobody can find are not among it: see Unseen.
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

// doubtsOf are the doubts that have nothing to do with p alone.
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

// Unseen are the users and environments that nobody can find, and who may use p.
func (h *Holders) Unseen(p *Package) []Hold {
	if h.Doubts == nil {
		return nil
	}
	return h.Doubts.Of(h.Doubts.Unseen, p.Cache)
}

// by says whether the environment of m holds p, as its record has it.
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
	// The type says how the tool wanted to link, not what came of it: mamba
	// writes 1 for copies and symlinks as well, and a record may name another
	// cache than the one that symlinks lead to. The files themselves tell.
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

// Environments are the prefixes that use p, sorted: by a hard link, by symlinks,
// or by a record where there is nothing to link. What cannot be read is left
// out: that is a doubt, of which Of tells. soft says that one has symlinks.
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

// errNoProof is a file of an environment that cannot be looked at.
var errNoProof = errors.New("its files cannot be examined")

// errNoFiles is a record that does not say which files it is of.
var errNoFiles = errors.New("the record lists no files, so gclean cannot tell whether they are symlinks")
