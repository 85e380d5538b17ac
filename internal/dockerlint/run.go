package dockerlint

import (
	"fmt"
	"strings"
)

// run is the state of a RUN while its commands are read.
type run struct {
	*stage
	ins      *instruction
	settings *settings // those of the stage, and those that the script has set
	mounted  []string
	gclean   bool // mounted for this RUN
	left     []leftover
	// partly is the last cleaning that left something that it could have removed.
	partly *cleaning
	// cleaned are the commands that clean. idle says that all others put nothing into
	// caches.
	cleaned []cleaning
	busy    bool
}

// cleaning is a command that cleans, and its line.
type cleaning struct {
	empty
	line int
}

// isFor says whether the command is for the caches of a family.
func (c *cleaning) isFor(f family) bool {
	return c.tool == "gclean" || strings.HasPrefix(c.tool, "pixi") == (f == rattlerFamily) && c.tool != ""
}

func (r *run) command(c *command) {
	if len(c.argv) == 0 {
		return
	}
	r.settings.notice(c)
	if f, ok := installs(c); ok {
		r.busy = true
		if f.root != "" {
			r.settings.addRoot(r.settings.absolute(f.root))
		}
		own := r.settings.with(c.env)
		if own != r.settings {
			r.settings.inline = append(r.settings.inline, own.inline...)
		}
		f.parts &^= r.outside(f.family, own)
		if f.parts != 0 {
			r.left = append(r.left, leftover{fill: f, line: c.line, caches: own.caches(f.family), settings: own})
		}
		return
	}
	e, ok := cleans(c, r.settings)
	if !ok {
		r.busy = r.busy || !isIdle(c)
		return
	}
	r.clean(cleaning{e, c.line})
}

// outside are the parts of the caches that are not in a layer: on a mount, or in memory.
func (r *run) outside(f family, s *settings) parts {
	var p parts
	for _, dir := range r.mounted {
		if p |= s.partsAt(f, dir); strings.Contains(dir, "$") { // anywhere
			return whole
		}
	}
	for _, cache := range s.caches(f) {
		for _, dir := range append([]string{"/dev", "/proc", "/sys"}, r.mounted...) {
			if isBelow(cache, dir) {
				return whole
			}
		}
	}
	return p
}

// clean handles a command that cleans.
func (r *run) clean(c cleaning) {
	r.busy = r.busy || c.unknown
	if c.dry {
		return
	}
	if c.what != "" {
		r.told(c)
	}
	r.cleaned = append(r.cleaned, c)
	r.left = emptied(r.left, c.empty)
	r.stage.left = emptied(r.stage.left, c.empty)
	if len(r.left) > 0 {
		r.partly = &c
	}
}

// told adds mistakes of a cleaning command that do not depend on whether its layer is in
// the image.
func (r *run) told(c cleaning) {
	add := func(rule Rule, message string) {
		if !r.ins.ignored[rule] {
			r.found = append(r.found, Finding{
				Rule: rule, Line: c.line, Instruction: r.ins.start, End: r.ins.end, Stage: r.name, Message: message,
			})
		}
	}
	if c.asks {
		add(CleaningAsks, fmt.Sprintf("%s asks before it removes, and fails in a build, where nobody answers; pass --yes", c.what))
	}
	if c.conda|c.rattler == 0 && strings.HasSuffix(c.tool, "a clean") {
		add(CleaningMisses, fmt.Sprintf("%s names nothing to remove; pass -afy", c.what))
	}
	if c.conda != 0 && c.tool != "gclean" && (r.gclean || r.settings.gclean) {
		add(CondaClean, fmt.Sprintf("%s runs although gclean is available; gclean -afy takes the same flags, and also removes what pixi left", c.what))
	}
}

// emptied is what cleaning leaves.
func emptied(list []leftover, e empty) []leftover {
	var left []leftover
	for _, l := range list {
		if l.family == condaFamily {
			l.parts &^= e.conda
		} else {
			l.parts &^= e.rattler
		}
		if l.parts != 0 {
			left = append(left, l)
		}
	}
	return left
}

// end handles what is left at the end of the RUN.
func (r *run) end() {
	useful := r.cleanLayers()
	first := r.first()
	if first != nil {
		l := &layer{
			Finding: Finding{Line: first.line, Instruction: r.ins.start, End: r.ins.end, Stage: r.name},
			fill:    first.fill, ignored: r.ins.ignored,
		}
		if r.partly != nil && r.partly.isFor(first.family) && r.partly.line >= first.line {
			l.Rule, l.Line = CleaningMisses, r.partly.line
			l.Message = fmt.Sprintf("%s leaves %s; use %s", r.partly.what, first.parts, advice(first.fill))
		}
		r.layers = append(r.layers, l)
	}
	for _, left := range r.left {
		if left.parts != packages || left.family == rattlerFamily {
			r.stage.left = append(r.stage.left, left)
		}
	}
	if r.busy || first != nil {
		r.settled = first == nil && len(r.cleaned) > 0
	}
	// From here on: the RUN only cleans.
	if first != nil || r.busy || useful || r.settled {
		return
	}
	for _, c := range r.cleaned {
		if c.what != "" {
			r.layers = append(r.layers, &layer{
				Finding: Finding{Rule: CleanedLater, Line: c.line, Instruction: r.ins.start, End: r.ins.end, Stage: r.name,
					Message: c.what + " frees nothing in a RUN of its own: earlier layers keep what they have; clean in the RUN that fills the caches"},
				ignored: r.ins.ignored, copied: true,
			})
			return
		}
	}
}

// first is the first leftover that deserves a message, or nil. Most files of an extracted
// package are hard-linked to its environment: if the rest was cleaned, the package takes
// almost no space.
func (r *run) first() *leftover {
	for i, l := range r.left {
		if l.parts != packages || r.partly == nil || r.partly.line < l.line {
			return &r.left[i]
		}
	}
	return nil
}

// cleanLayers records in earlier layers that this command cleans their caches, too late.
// It says whether there are any.
func (r *run) cleanLayers() bool {
	any := false
	if len(r.cleaned) == 0 {
		return false
	}
	for _, l := range r.layers {
		if l.copied || l.Rule == CleaningMisses {
			continue
		}
		for _, c := range r.cleaned {
			if c.unknown { // it may do anything
				any = true
				continue
			}
			gone := c.conda
			if l.family == rattlerFamily {
				gone = c.rattler
			}
			if l.parts&gone != 0 {
				any = true
				if l.cleaned == 0 {
					l.cleaned = c.line
				}
			}
		}
	}
	return any
}

// finding is the finding for a layer, once the stage is read.
func (l *layer) finding() Finding {
	f := l.Finding
	switch {
	case f.Message != "":
	case l.cleaned != 0:
		f.Rule, f.Related = CleanedLater, l.cleaned
		f.Message = fmt.Sprintf("%s leaves %s in this layer, and line %d cleans in a later one, which frees nothing; end this RUN with %s",
			l.what, l.parts, l.cleaned, advice(l.fill))
	default:
		f.Rule = NotCleaned
		f.Message = fmt.Sprintf("%s leaves %s in this layer; end the RUN with %s", l.what, l.parts, advice(l.fill))
	}
	return f
}

// advice is the command that cleans what an install left.
func advice(f fill) string {
	tool, _, _ := strings.Cut(f.what, " ")
	switch {
	case f.family == rattlerFamily:
		return `"gclean -afy" or "pixi clean cache --yes"`
	case tool == "micromamba", tool == "mamba":
		return fmt.Sprintf(`"gclean -afy" or "%s clean -afy"`, tool)
	}
	return `"gclean -afy" or "conda clean -afy"`
}

// isIdle says whether a command certainly puts nothing into the caches of conda.
func isIdle(c *command) bool {
	switch c.name() {
	case "rm", "find", "echo", "printf", "true", ":", "set", "cd", "export", "test", "[", "apt-get", "apt", "yum", "dnf", "microdnf", "apk",
		"chmod", "chown", "mkdir", "ln", "sync", "pip", "pip3", "npm", "ldconfig", "source", ".", "sed", "rmdir", "touch", "cat", "ls", "du", "df":
		return true
	case "conda", "mamba", "micromamba":
		verb, _ := verbOf(c.argv[1:])
		return verb == "config" || verb == "info" || verb == "list" || verb == "init" || verb == "activate" || verb == "deactivate" || verb == "clean" || verb == "remove"
	}
	return false
}
