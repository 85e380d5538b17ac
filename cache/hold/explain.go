package hold

import (
	"context"
	"os"
	"path/filepath"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// LinkedFile is a file of an entry that has links outside the caches.
type LinkedFile struct {
	Path string
	Left int64 // links that no environment accounts for, so far
}

// Explain returns everything that is known to hold p, where Of stops at the
// first. It strikes the links that it finds off linked.
func (h *Holders) Explain(ctx context.Context, p *Package, linked map[walk.ID]*LinkedFile) ([]Hold, error) {
	return h.each(p, func(env *meta.Environment) ([]Hold, error) {
		holds := byLink(env, p, linked)
		by, held, err := h.By(ctx, env, p)
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
			// One of its symlinks as proof; the record holds without it too.
			by.File, _ = h.evidence.symlinkInto(ctx, env, p.Dist+".json", p)
		}
		return append(holds, by), nil
	})
}

// ExplainLinks is Explain for an archive, of which records say nothing: only
// hard links hold it.
func (h *Holders) ExplainLinks(ctx context.Context, archive *Package, linked map[walk.ID]*LinkedFile) ([]Hold, error) {
	return h.each(archive, func(env *meta.Environment) ([]Hold, error) {
		return byLink(env, archive, linked), ctx.Err()
	})
}

// each joins what one returns for each environment that has a record of p.
func (h *Holders) each(p *Package, one func(*meta.Environment) ([]Hold, error)) ([]Hold, error) {
	var all []Hold
	for _, env := range h.byDist[p.Dist] {
		holds, err := one(env)
		if err != nil {
			return nil, err
		}
		all = append(all, holds...)
	}
	return all, nil
}

// byLink is how env holds p by hard links.
func byLink(env *meta.Environment, p *Package, linked map[walk.ID]*LinkedFile) []Hold {
	if env.Err != nil || len(linked) == 0 {
		return nil
	}
	file := accountFor(env, p, linked)
	if file == "" {
		return nil
	}
	return []Hold{{Reason: HardLinked, Prefix: env.Prefix, Record: recordPath(env, p.Dist), File: file}}
}

// accountFor strikes the links that env has off linked, and returns one of its
// files.
func accountFor(env *meta.Environment, p *Package, linked map[walk.ID]*LinkedFile) (proof string) {
	disk := newDiskEvidence()
	f, err := env.OpenRecord(p.Dist + ".json")
	if err != nil {
		return "" // told of when the record is asked for its link
	}
	defer f.Close()
	seen := map[string]bool{} // a record may name a file twice
	_ = dist.ReadRecordFiles(f, func(rel string) bool {
		file := linked[identifyFile(filepath.Join(env.Prefix, filepath.FromSlash(rel)), func(real string) bool {
			again := seen[real]
			seen[real] = true
			return !again && !disk.isInside(filepath.Dir(real), p)
		})]
		if file != nil {
			file.Left--
			if proof == "" {
				proof = filepath.Join(env.Prefix, filepath.FromSlash(rel))
			}
		}
		return true
	})
	return proof
}

// identifyFile returns the identity of the regular file at path, if count says
// of its path without symlinks that it counts.
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
