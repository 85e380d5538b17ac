package cache

import (
	"context"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// Explanation says of one entry all that holds it.
type Explanation struct {
	Entry  *Entry
	Dist   string // name-version-build
	Family Family // of its cache
	Holds  []Hold // everything that is known to hold it, and the doubts; none if it is free
	// Unaccounted is the number of its files that have links outside the
	// caches which no known environment accounts for.
	Unaccounted int
	Example     string // path of one of them
}

// Free says that nothing holds the entry.
func (x *Explanation) Free() bool { return len(x.Holds) == 0 }

// Doubt says that only what could not be read holds the entry.
func (x *Explanation) Doubt() bool { return !x.Free() && Kept{Holds: x.Holds}.Doubt() }

// Explain says what holds the archives and packages that patterns match, in
// the order of plans. Unlike Prepare it asks every environment, and does not
// stop at the first that holds. A pattern (path.Match) is for a distribution,
// for the name of an entry, or for the name of a package without its version;
// what matches nothing is returned in unknown. The error is as that of
// Prepare; problems are those of the caches.
func Explain(ctx context.Context, o Options, patterns []string) (list []Explanation, unknown []string, problems []Problem, err error) {
	o.Targets = []Category{Tarballs, Packages}
	o.MeasureAll = true
	s := &survey{o: o, plan: &Plan{Targets: o.Targets, Problems: slices.Clone(o.Problems)}}
	defer s.close()
	for _, step := range []func(context.Context) error{s.openCaches, s.listCaches} {
		if err := step(ctx); err != nil {
			return nil, nil, nil, err
		}
	}
	found := s.match(patterns)
	for _, p := range patterns {
		if !slices.ContainsFunc(found, func(e *candidate) bool { return matches(e, p) }) {
			unknown = append(unknown, p)
		}
	}
	if len(found) == 0 {
		return nil, unknown, s.plan.Problems, nil
	}
	for _, step := range []func(context.Context) error{s.probe, s.measure} {
		if err := step(ctx); err != nil {
			return nil, nil, nil, err
		}
	}
	if !o.IgnoreUnreadable {
		s.holders.doubts = unreadable(o.Environments, o.Unknown)
	}
	outside := s.outside(found)
	families := map[string]Family{}
	for _, loc := range s.plan.Caches {
		families[loc.Path] = loc.Family
	}
	for _, e := range found {
		x := Explanation{Entry: &e.Entry, Dist: entryDist(e), Family: families[e.Dir]}
		if err := s.explain(ctx, e, outside, &x); err != nil {
			return nil, nil, nil, err
		}
		list = append(list, x)
	}
	return list, unknown, s.plan.Problems, nil
}

// match returns the entries that patterns match, packages before archives,
// each cache in turn.
func (s *survey) match(patterns []string) []*candidate {
	var list []*candidate
	for _, c := range []Category{Packages, Tarballs} {
		for _, e := range s.entries {
			if e.Category == c && slices.ContainsFunc(patterns, func(p string) bool { return matches(e, p) }) {
				list = append(list, e)
			}
		}
	}
	return list
}

func matches(e *candidate, pattern string) bool {
	distribution := entryDist(e)
	names := []string{distribution, path.Base(e.Name), e.Name}
	if parts := strings.Split(distribution, "-"); len(parts) > 2 {
		names = append(names, strings.Join(parts[:len(parts)-2], "-"))
	}
	return slices.ContainsFunc(names, func(name string) bool {
		ok, err := path.Match(pattern, name)
		return ok && err == nil
	})
}

func entryDist(e *candidate) string {
	if e.dist != "" {
		return e.dist
	}
	return dist.OfArchive(path.Base(e.Name))
}

// outside returns the inodes of entries that have links outside the caches, and
// how many.
func (s *survey) outside(entries []*candidate) map[walk.ID]int64 {
	asked := map[*candidate]bool{}
	for _, e := range entries {
		asked[e] = true
	}
	ids := map[walk.ID]int64{}
	s.links.Inodes(func(n walk.Inode) bool {
		if n.Outside() > 0 && slices.ContainsFunc(n.Trees, func(tree int) bool { return asked[s.linked[tree]] }) {
			ids[n.ID] = n.Outside()
		}
		return true
	})
	return ids
}

// explain finds all that holds e.
func (s *survey) explain(ctx context.Context, e *candidate, outside map[walk.ID]int64, x *Explanation) error {
	linked, err := linkedFiles(ctx, e, outside)
	if err != nil {
		return err
	}
	if e.tree.Err != nil {
		x.Holds = append(x.Holds, Hold{Reason: UnreadableEntry, Err: e.tree.Err})
	}
	for _, env := range s.holders.byDist[entryDist(e)] {
		if err := s.explainBy(ctx, env, e, linked, x); err != nil {
			return err
		}
	}
	for _, f := range linked {
		if f.left > 0 {
			if x.Unaccounted++; x.Example == "" || f.path < x.Example {
				x.Example = f.path
			}
		}
	}
	if x.Unaccounted > 0 {
		x.Holds = append(x.Holds, Hold{Reason: HardLinked, File: x.Example})
	}
	if e.dist != "" {
		x.Holds = append(x.Holds, s.holders.doubts...)
	}
	return nil
}

// linkedFile is a file of an entry that has links outside the caches.
type linkedFile struct {
	path string
	left int64 // links that are not accounted for
}

// linkedFiles returns the files of e that are among outside.
func linkedFiles(ctx context.Context, e *candidate, outside map[walk.ID]int64) (map[walk.ID]*linkedFile, error) {
	files := map[walk.ID]*linkedFile{}
	if !e.linked {
		return files, nil
	}
	if !e.folder {
		files[e.Stat.ID] = &linkedFile{e.Path(), outside[e.Stat.ID]}
		return files, nil
	}
	// What cannot be read has been noted when the entry was measured.
	_ = filepath.WalkDir(e.Path(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return ctx.Err()
		}
		if id, err := walk.Identify(path); err == nil && outside[id] > 0 && files[id] == nil {
			files[id] = &linkedFile{path, outside[id]}
		}
		return nil
	})
	return files, ctx.Err()
}

// explainBy adds how env holds e: by hard links, and by what its record says.
func (s *survey) explainBy(ctx context.Context, env *meta.Environment, e *candidate, linked map[walk.ID]*linkedFile, x *Explanation) error {
	record := entryDist(e) + ".json"
	hold := Hold{Reason: HardLinked, Prefix: env.Prefix, Record: recordPath(env, entryDist(e))}
	if env.Err == nil && len(linked) > 0 {
		if hold.File = accountFor(env, record, e, linked); hold.File != "" {
			x.Holds = append(x.Holds, hold)
		}
	}
	if e.dist == "" {
		return nil // records say nothing of archives
	}
	by, held, err := s.holders.by(ctx, env, e)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		by.Reason, by.Err = UnreadableRecord, err
		x.Holds = append(x.Holds, by)
	case held:
		if by.Reason == SoftLinked {
			// One of its symlinks as proof; the record holds without it too.
			by.File, _ = s.holders.evidence.symlinkInto(ctx, env, record, e)
		}
		x.Holds = append(x.Holds, by)
	}
	return nil
}

// accountFor strikes the links that env has off linked, and returns one of its
// files.
func accountFor(env *meta.Environment, record string, e *candidate, linked map[walk.ID]*linkedFile) (proof string) {
	disk := newDiskEvidence()
	f, err := env.OpenRecord(record)
	if err != nil {
		return "" // told of when the record is asked for its link
	}
	defer f.Close()
	seen := map[string]bool{} // a record may name a file twice
	_ = dist.ReadRecordFiles(f, func(rel string) bool {
		file := linked[identifyFile(filepath.Join(env.Prefix, filepath.FromSlash(rel)), func(real string) bool {
			again := seen[real]
			seen[real] = true
			return !again && !disk.isInside(filepath.Dir(real), e)
		})]
		if file != nil {
			file.left--
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
