package hold

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"gclean/meta/dist"
	"gclean/walk"
)

// LinkedFile is a file of an entry that has links outside the caches.
type LinkedFile struct {
	Path string
	Left int64 // links that no environment accounts for so far
}

// Explain returns everything that is known to hold p, whereas Of stops at the first. For
// each link that it finds, it lowers Left of the file in linked.
func (h *Holders) Explain(ctx context.Context, p *Package, linked map[walk.ID]*LinkedFile) ([]Hold, error) {
	holds, err := h.each(h.mentions(p), func(m mention) ([]Hold, error) {
		holds := byLink(m, p, linked)
		by, held, err := h.by(ctx, m, p)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil:
			by.Reason, by.Err = UnreadableRecord, err
			return append(holds, by), nil
		case !held:
			return holds, nil
		}
		if by.Reason == SoftLinked {
			// Add a symlink as proof; the record holds the package without it too.
			by.File, _ = h.evidence.symlinkInto(ctx, m.env, m.record, p)
		}
		return append(holds, by), nil
	})
	if err != nil {
		return nil, err
	}
	for _, prefix := range p.Environments {
		holds = append(holds, Hold{Reason: HoldsEnvironment, Prefix: prefix})
	}
	holds = append(holds, h.bare[p]...)
	for _, hold := range h.others[p] {
		if !hold.Reason.Doubt() {
			holds = append(holds, hold)
		}
	}
	return append(holds, h.memory.of(p)...), nil
}

// ExplainDoubts returns all doubts that keep p if nothing else holds it.
func (h *Holders) ExplainDoubts(p *Package) []Hold {
	var doubts []Hold
	if p.Err != nil {
		doubts = append(doubts, Hold{Reason: UnreadableEntry, Err: p.Err})
	}
	return slices.Concat(doubts, h.othersDoubt(p), h.doubtsOf(p))
}

// ExplainLinks is Explain for an archive. Only hard links hold an archive, since records
// say nothing about it.
func (h *Holders) ExplainLinks(ctx context.Context, archive *Package, linked map[walk.ID]*LinkedFile) ([]Hold, error) {
	return h.each(h.named[archive.Dist], func(m mention) ([]Hold, error) {
		return byLink(m, archive, linked), ctx.Err()
	})
}

// each calls one for each mention and concatenates the results.
func (h *Holders) each(mentions []mention, one func(mention) ([]Hold, error)) ([]Hold, error) {
	var all []Hold
	for _, m := range mentions {
		holds, err := one(m)
		if err != nil {
			return nil, err
		}
		all = append(all, holds...)
	}
	return all, nil
}

// byLink returns how the environment of m holds p by hard links, if it does.
func byLink(m mention, p *Package, linked map[walk.ID]*LinkedFile) []Hold {
	if m.env.Err != nil || len(linked) == 0 {
		return nil
	}
	file := accountFor(m, p, linked)
	if file == "" {
		return nil
	}
	return []Hold{{Reason: HardLinked, Prefix: m.env.Prefix, Record: m.path(), File: file}}
}

// accountFor subtracts the links that the record accounts for from linked, and returns one
// of the record's linked files, or "".
func accountFor(m mention, p *Package, linked map[walk.ID]*LinkedFile) (proof string) {
	disk := newDiskEvidence()
	f, err := m.env.OpenRecord(m.record)
	if err != nil {
		return "" // reported when the record is asked for its link
	}
	defer f.Close()
	seen := map[string]bool{} // a record may list a file twice
	_, _ = dist.ReadRecordFiles(f, func(rel string) bool {
		file := linked[identifyFile(filepath.Join(m.env.Prefix, filepath.FromSlash(rel)), func(real string) bool {
			again := seen[real]
			seen[real] = true
			in, err := disk.isInside(filepath.Dir(real), p)
			return !again && !in && err == nil
		})]
		if file != nil {
			file.Left--
			if proof == "" {
				proof = filepath.Join(m.env.Prefix, filepath.FromSlash(rel))
			}
		}
		return true
	})
	return proof
}

// identifyFile returns the identity of the regular file at path if count accepts its real
// path, else the zero ID.
func identifyFile(path string, count func(real string) bool) walk.ID {
	fi, err := os.Lstat(path)
	if err != nil || !fi.Mode().IsRegular() {
		return walk.ID{}
	}
	dir, err := walk.Real(filepath.Dir(path))
	if err != nil || !count(filepath.Join(dir, filepath.Base(path))) {
		return walk.ID{}
	}
	id, err := walk.Identify(path)
	if err != nil {
		return walk.ID{}
	}
	return id
}
