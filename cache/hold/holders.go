package hold

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"

	"gclean/meta"
	"gclean/meta/dist"
)

// evidence answers the questions on which it depends whether an extracted
// package is held. It reads as little as each question needs.
type evidence interface {
	// link is what the record says of where its package is.
	link(env *meta.Environment, record string) (dist.RecordLink, error)
	// names says whether path, from a record, is the entry. When nothing is
	// at path any more (the cache has moved), it cannot be told, and counts as yes.
	names(path string, p *Package) bool
	// symlinkInto looks for one of the record's files that leads into the
	// entry by symlinks; "" when there is none.
	symlinkInto(ctx context.Context, env *meta.Environment, record string, p *Package) (string, error)
	// sharedFile looks among the first of the record's files for one that is
	// the same inode as its namesake in the entry; "" when there is none. It
	// is called by several goroutines at a time.
	sharedFile(env *meta.Environment, record string, p *Package) string
}

// Holders decides who holds extracted packages.
type Holders struct {
	evidence evidence
	byDist   map[string][]*meta.Environment // environments with a record of that distribution
	Doubts   []Hold                         // what keeps everything that nothing else holds
	parsed   atomic.Int64                   // records that were opened
	// Force says that the whole cache is to go: hard links do not need their
	// entry, so only what shows symlinks, and doubts, hold.
	Force bool
}

// NewHolders asks envs about packages. It looks at the names of records only: one
// that no package shares is never opened.
func NewHolders(envs []meta.Environment, packages []*Package) *Holders {
	return newHolders(envs, packages, newDiskEvidence())
}

func newHolders(envs []meta.Environment, packages []*Package, ev evidence) *Holders {
	h := &Holders{evidence: ev, byDist: map[string][]*meta.Environment{}}
	for _, p := range packages {
		h.byDist[p.Dist] = nil
	}
	for i := range envs {
		env := &envs[i]
		for _, record := range env.Records {
			distribution := strings.TrimSuffix(record, ".json")
			if list, ok := h.byDist[distribution]; ok {
				h.byDist[distribution] = append(list, env)
			}
		}
	}
	return h
}

// With are the environments with a record of distribution.
func (h *Holders) With(distribution string) []*meta.Environment { return h.byDist[distribution] }

// probes is how many environments are asked for a file that they share with
// an entry. Where the first has none, as when it is on another file system,
// another may; after a few it is cheaper to read the entry.
const probes = 3

// Probe looks for proof that an environment hard-links p: one file of its
// record that is the same inode as in the entry. Most entries of a cache that is in
// use are held so, and need not be read at all. A wrong record proves nothing:
// then the entry is read, and its link counts decide.
func (h *Holders) Probe(p *Package) {
	for i, env := range h.byDist[p.Dist] {
		if i == probes {
			return
		}
		if env.Err != nil {
			continue
		}
		h.parsed.Add(1)
		if file := h.evidence.sharedFile(env, p.Dist+".json", p); file != "" {
			p.Proof = &Hold{Reason: HardLinked, Prefix: env.Prefix, Record: recordPath(env, p.Dist), File: file}
			return
		}
	}
}

// Of returns what holds p; nothing if it is free. It stops at the first that
// is certain.
func (h *Holders) Of(ctx context.Context, p *Package) ([]Hold, error) {
	if p.Proof != nil {
		return []Hold{*p.Proof}, nil
	}
	if p.Linked && !h.Force {
		return []Hold{{Reason: HardLinked}}, nil
	}
	var doubts []Hold
	if p.Err != nil {
		doubts = append(doubts, Hold{Reason: UnreadableEntry, Err: p.Err})
	}
	for _, env := range h.byDist[p.Dist] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hold, held, err := h.By(ctx, env, p)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			doubts = append(doubts, Hold{Reason: UnreadableRecord, Prefix: env.Prefix, Record: recordPath(env, p.Dist), Err: err})
		case held:
			return []Hold{hold}, nil
		}
	}
	return append(doubts, h.Doubts...), nil
}

// By says whether env holds p, as its record of the same name has it.
func (h *Holders) By(ctx context.Context, env *meta.Environment, p *Package) (Hold, bool, error) {
	record := p.Dist + ".json"
	hold := Hold{Prefix: env.Prefix, Record: recordPath(env, p.Dist)}
	h.parsed.Add(1)
	l, err := h.evidence.link(env, record)
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
	if hold.File, err = h.evidence.symlinkInto(ctx, env, record, p); err != nil || hold.File == "" {
		return hold, false, err
	}
	hold.Reason = SymlinkFound
	return hold, true, nil
}

// Environments are the prefixes that use p, sorted: by a hard link, by symlinks,
// or by a record where there is nothing to link. What cannot be read is left
// out: that is a doubt, of which Of tells. soft says that one has symlinks.
func (h *Holders) Environments(ctx context.Context, p *Package) (prefixes []string, soft bool, err error) {
	for _, env := range h.byDist[p.Dist] {
		if err := ctx.Err(); err != nil {
			return nil, false, err
		}
		if env.Err != nil {
			continue
		}
		if h.evidence.sharedFile(env, p.Dist+".json", p) == "" {
			hold, held, err := h.By(ctx, env, p)
			if err != nil || !held {
				continue
			}
			soft = soft || hold.Reason != OnlyInfo
		}
		prefixes = append(prefixes, env.Prefix)
	}
	slices.Sort(prefixes)
	return prefixes, soft, nil
}

// Clone is h for another goroutine.
func (h *Holders) Clone() *Holders {
	return &Holders{evidence: newDiskEvidence(), byDist: h.byDist, Doubts: h.Doubts, Force: h.Force}
}

func recordPath(env *meta.Environment, distribution string) string {
	return filepath.Join(env.Prefix, "conda-meta", distribution+".json")
}

// Unreadable are the doubts that environments and lists of them cast on all
// packages: they exist and cannot be read.
func Unreadable(d *meta.Discovery) []Hold {
	var doubts []Hold
	for _, env := range d.Environments {
		if env.Err != nil {
			doubts = append(doubts, Hold{Reason: UnreadableEnv, Prefix: env.Prefix, Err: env.Err})
		}
	}
	for _, p := range d.Unread {
		doubts = append(doubts, Hold{Reason: UnreadableEnv, File: p.Path, Err: p.Err})
	}
	return doubts
}

// errNoProof is a file of an environment that cannot be looked at.
var errNoProof = errors.New("its files cannot be looked at")
