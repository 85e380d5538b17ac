package cache

import (
	"context"
	"errors"
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
	names(path string, e *candidate) bool
	// symlinkInto looks for one of the record's files that leads into the
	// entry by symlinks; "" when there is none.
	symlinkInto(ctx context.Context, env *meta.Environment, record string, e *candidate) (string, error)
	// sharedFile looks among the first of the record's files for one that is
	// the same inode as its namesake in the entry; "" when there is none. It
	// is called by several goroutines at a time.
	sharedFile(env *meta.Environment, record string, e *candidate) string
}

// holders decides who holds extracted packages.
type holders struct {
	evidence evidence
	byDist   map[string][]*meta.Environment // environments with a record of that distribution
	doubts   []Hold                         // what keeps everything that nothing else holds
	parsed   atomic.Int64                   // records that were opened
	// force says that the whole cache is to go: hard links do not need their
	// entry, so only what shows symlinks, and doubts, hold.
	force bool
}

// newHolders looks at the names of records only: one that no entry shares is
// never opened.
func newHolders(envs []meta.Environment, entries []*candidate, ev evidence) *holders {
	h := &holders{evidence: ev, byDist: map[string][]*meta.Environment{}}
	for _, e := range entries {
		if e.dist != "" {
			h.byDist[e.dist] = nil
		}
		for _, n := range e.nested {
			h.byDist[n.dist] = nil
		}
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

// probes is how many environments are asked for a file that they share with
// an entry. Where the first has none, as when it is on another file system,
// another may; after a few it is cheaper to read the entry.
const probes = 3

// probe looks for proof that an environment hard-links e: one file of its
// record that is the same inode as in the entry. Most entries of a cache that is in
// use are held so, and need not be read at all. A wrong record proves nothing:
// then the entry is read, and its link counts decide.
func (h *holders) probe(e *candidate) {
	for i, env := range h.byDist[e.dist] {
		if i == probes {
			return
		}
		if env.Err != nil {
			continue
		}
		h.parsed.Add(1)
		if file := h.evidence.sharedFile(env, e.dist+".json", e); file != "" {
			e.proof = &Hold{Reason: HardLinked, Prefix: env.Prefix, Record: recordPath(env, e.dist), File: file}
			return
		}
	}
}

// of returns what holds e; nothing if it is free. It stops at the first that
// is certain.
func (h *holders) of(ctx context.Context, e *candidate) ([]Hold, error) {
	if e.proof != nil {
		return []Hold{*e.proof}, nil
	}
	if e.linked && !h.force {
		return []Hold{{Reason: HardLinked}}, nil
	}
	var doubts []Hold
	if e.tree.Err != nil {
		doubts = append(doubts, Hold{Reason: UnreadableEntry, Err: e.tree.Err})
	}
	for _, env := range h.byDist[e.dist] {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hold, held, err := h.by(ctx, env, e)
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			doubts = append(doubts, Hold{Reason: UnreadableRecord, Prefix: env.Prefix, Record: recordPath(env, e.dist), Err: err})
		case held:
			return []Hold{hold}, nil
		}
	}
	return append(doubts, h.doubts...), nil
}

// by says whether env holds e, as its record of the same name has it.
func (h *holders) by(ctx context.Context, env *meta.Environment, e *candidate) (Hold, bool, error) {
	record := e.dist + ".json"
	hold := Hold{Prefix: env.Prefix, Record: recordPath(env, e.dist)}
	h.parsed.Add(1)
	l, err := h.evidence.link(env, record)
	if err != nil {
		return hold, false, err
	}
	if l.Path() == "" || h.evidence.names(l.Path(), e) {
		switch {
		case l.Type == dist.SoftLink || l.Type == dist.Directory:
			hold.Reason = SoftLinked
			return hold, true, nil
		case !e.tree.Payload && !h.force:
			hold.Reason = OnlyInfo
			return hold, true, nil
		}
	}
	// The type says how the tool wanted to link, not what came of it: mamba
	// writes 1 for copies and symlinks as well, and a record may name another
	// cache than the one that symlinks lead to. The files themselves tell.
	if hold.File, err = h.evidence.symlinkInto(ctx, env, record, e); err != nil || hold.File == "" {
		return hold, false, err
	}
	hold.Reason = SymlinkFound
	return hold, true, nil
}

func recordPath(env *meta.Environment, distribution string) string {
	return joinPath(env.Prefix, "conda-meta", distribution+".json")
}

// unreadable are the doubts that environments and lists cast on all packages.
func unreadable(envs []meta.Environment, unknown []Problem) []Hold {
	var doubts []Hold
	for _, env := range envs {
		if env.Err != nil {
			doubts = append(doubts, Hold{Reason: UnreadableEnv, Prefix: env.Prefix, Err: env.Err})
		}
	}
	for _, p := range unknown {
		doubts = append(doubts, Hold{Reason: UnreadableEnv, File: p.Path, Err: p.Err})
	}
	return doubts
}

// errNoProof is a file of an environment that cannot be looked at.
var errNoProof = errors.New("its files cannot be looked at")
