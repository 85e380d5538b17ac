package cache

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"gclean/cache/hold"
)

// DefaultGrace is how long an entry counts as fresh while a process is seen
// that may be about to link it.
const DefaultGrace = 10 * time.Minute

// Process is a running program that installs packages.
type Process struct {
	PID  int
	Name string
}

func (p Process) String() string { return fmt.Sprintf("%s (pid %d)", p.Name, p.PID) }

// installerOf returns the name of the installer that a command line is of: the
// program itself, or what an interpreter runs; "" for others.
func installerOf(args []string) string {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		base := strings.TrimSuffix(path.Base(arg), ".exe")
		if isInstaller(base) {
			return base
		}
		switch {
		case i == 0: // python -m conda, /opt/conda/bin/python3.11 /opt/conda/bin/conda
			if !strings.HasPrefix(base, "python") && base != "pypy3" {
				return ""
			}
		case arg == "-X" || arg == "-W":
			i++
		case arg == "-c":
			if i+1 < len(args) && strings.Contains(args[i+1], "conda") {
				return "conda"
			}
			return ""
		case !strings.HasPrefix(arg, "-"):
			return ""
		}
	}
	return ""
}

// isInstaller says whether a program or module has the name of an installer, as
// conda, _conda (of Miniforge's installer), conda-env, micromamba-linux-64 and
// conda.cli.main have.
func isInstaller(base string) bool {
	if base == "conda-gclean" {
		return false
	}
	name := strings.TrimPrefix(base, "_")
	if end := strings.IndexAny(name, "-_."); end >= 0 {
		name = name[:end]
	}
	return slices.Contains([]string{"conda", "mamba", "micromamba", "pixi", "rattler", "boa", "constructor"}, name)
}

// grace keeps entries that are so fresh that an installer may be about to link
// them.
type grace struct {
	now  time.Time
	span time.Duration
	seen []Process
}

// newGrace decides how long entries are fresh: as asked for, else as long as
// DefaultGrace if an installer runs, else not at all.
func newGrace(asked *time.Duration, now time.Time, seen []Process) grace {
	g := grace{now: now, seen: seen}
	switch {
	case asked != nil:
		g.span = *asked
	case len(seen) > 0:
		g.span = DefaultGrace
	}
	return g
}

// hold says whether e is fresh. Times in the future count as now.
func (g grace) hold(e *Entry) (hold.Hold, bool) {
	if g.span <= 0 {
		return hold.Hold{}, false
	}
	age := max(g.now.Sub(time.Unix(0, e.Newest)), 0)
	if age >= g.span {
		return hold.Hold{}, false
	}
	h := hold.Hold{Reason: hold.Fresh, Err: fmt.Errorf("changed %s ago", age.Round(time.Second))}
	if len(g.seen) > 0 {
		h.Err = fmt.Errorf("%w while %s is running", h.Err, g.seen[0])
	}
	return h, true
}
