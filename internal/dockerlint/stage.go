package dockerlint

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
)

// stage is a build stage while its instructions are read, and the result.
type stage struct {
	name   string // as messages show it
	parent *stage // nil if it is built on an image
	// sources are the stages that it copies from.
	sources []*stage
	*settings
	// layers are what remains in its layers, beginning with those of its parents.
	layers []*layer
	// settled says that the last RUN that put something into caches also cleaned them.
	settled bool
	// left is what the caches of its file system contain at the end.
	left []leftover
	// found are mistakes that do not depend on whether the stage is in the image.
	found []Finding
}

// leftover is what an install left in a cache.
type leftover struct {
	fill
	line   int
	caches []string
	// settings find the cache; nil if a COPY has moved it.
	settings *settings
}

// isIn says whether a folder contains the caches.
func (l *leftover) isIn(dir string) bool {
	if l.settings != nil {
		return l.settings.covers(l.family, dir, false)
	}
	return slices.ContainsFunc(l.caches, func(cache string) bool { return isBelow(cache, dir) })
}

// layer is a possible mistake. It is one if the layer is in the image.
type layer struct {
	Finding
	// fill is what remains. cleaned is the line of a later RUN that cleans it, or 0.
	fill
	cleaned int
	ignored map[Rule]bool
	copied  bool
}

// findStage is the stage that COPY --from or FROM names; nil if that is an image.
func findStage(stages []*stage, names []string, name string) *stage {
	for i := len(stages) - 1; i >= 0; i-- {
		if names[i] != "" && strings.EqualFold(names[i], name) {
			return stages[i]
		}
	}
	if n, err := strconv.Atoi(name); err == nil && n >= 0 && n < len(stages) {
		return stages[n]
	}
	return nil
}

// copyFrom handles COPY --from another stage; from is nil for an image.
func (st *stage) copyFrom(from *stage, c *instructions.CopyCommand, ins *instruction) {
	if from != nil {
		st.sources = append(st.sources, from)
	}
	if slices.ContainsFunc(c.ExcludePatterns, func(p string) bool {
		return strings.Contains(p, "pkgs") || strings.Contains(p, "cache") || strings.Contains(p, "rattler")
	}) {
		return
	}
	add := func(l leftover, message string, related int) {
		st.left = append(st.left, l)
		st.layers = append(st.layers, &layer{
			Finding: Finding{Rule: CachesCopied, Line: ins.start, Instruction: ins.start, End: ins.end, Related: related, Stage: st.name, Message: message},
			copied:  true, ignored: ins.ignored,
		})
	}
	for _, source := range c.SourcePaths {
		source = st.expand(source)
		if path.Base(source) == "gclean" {
			st.gclean = true
		}
		dir := path.Clean("/" + strings.TrimRight(source, "/*"))
		dest := st.absolute(st.expand(c.DestPath))
		if from == nil {
			if base := path.Base(dir); base == "pkgs" && isRootName(path.Base(path.Dir(dir))) {
				l := leftover{fill: fill{condaFamily, whole, "COPY", ""}, line: ins.start, caches: []string{dest}}
				add(l, fmt.Sprintf("COPY also copies a cache, %s; copy only the environment", dir), 0)
			}
			continue
		}
		for _, l := range from.left {
			if !l.isIn(dir) {
				continue
			}
			moved := leftover{fill: l.fill, line: l.line}
			for _, cache := range l.caches {
				if isBelow(cache, dir) {
					moved.caches = append(moved.caches, path.Join(dest, strings.TrimPrefix(cache, dir)))
				}
			}
			if len(moved.caches) == 0 { // only its name was known, not its place
				moved.caches = []string{dest}
			}
			add(moved, fmt.Sprintf("COPY of %s also copies the caches that %s fills in line %d; clean there, or copy only the environment",
				dir, l.what, l.line), l.line)
			break // one finding is enough
		}
	}
}

// reached are the stages that a stage is built on or copies from, and the stage itself.
func (st *stage) reached() []*stage {
	var list []*stage
	var visit func(s *stage)
	visit = func(s *stage) {
		if s == nil || slices.Contains(list, s) {
			return
		}
		list = append(list, s)
		visit(s.parent)
		for _, from := range s.sources {
			visit(from)
		}
	}
	visit(st)
	return list
}
