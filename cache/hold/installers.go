package hold

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"gclean/internal/order"
	"gclean/internal/units"
)

// Installer is a process that may be about to link something in a cache.
type Installer struct {
	Process // by the name of the installer, whatever interprets it
	// Command is what it does: "install", "env create". It is "" where that is not
	// known.
	Command string
}

// Describe is the installer in words: its process, what it does, and how long before
// now it was started.
func (i Installer) Describe(now time.Time) string {
	about := fmt.Sprintf("pid %d", i.PID)
	if i.Command != "" {
		about += ", " + i.Command
	}
	if !i.Started.IsZero() {
		about += ", started " + units.Span(now.Sub(i.Started)) + " ago"
	}
	return fmt.Sprintf("%s (%s)", i.Name, about)
}

// Installers returns those of the processes that may link something in a cache, the
// ones of own aside, the longest running first.
func Installers(list []Process, own map[int]bool) []Installer {
	var found []Installer
	for _, p := range list {
		if own[p.PID] {
			continue
		}
		name, rest, ok := installerOf(p.Args)
		if !ok {
			continue
		}
		if command, links := commandOf(name, rest); links {
			p.Name = name
			found = append(found, Installer{p, command})
		}
	}
	order.By(found, func(a, b Installer) int {
		return cmp.Or(a.Started.Compare(b.Started), a.PID-b.PID)
	})
	return found
}

// ancestors are the process self and those that it was started by.
func ancestors(self int, parent func(pid int) (int, bool)) map[int]bool {
	own := map[int]bool{}
	for pid := self; pid > 0 && !own[pid]; {
		own[pid] = true
		up, ok := parent(pid)
		if !ok {
			break
		}
		pid = up
	}
	return own
}

// installerOf returns the name of the installer that a command line is of, the
// program itself or what an interpreter runs, and the arguments after it.
func installerOf(args []string) (name string, rest []string, ok bool) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		base := strings.TrimSuffix(path.Base(arg), ".exe")
		if base == "__main__.py" { // python /opt/conda/lib/python3.12/site-packages/conda
			base = path.Base(path.Dir(arg))
		}
		if module, ok := strings.CutPrefix(arg, "-m"); ok && i > 0 && module != "" {
			base = module
		}
		if isInstaller(base) {
			return base, args[i+1:], true
		}
		switch {
		case i == 0: // python -m conda, /opt/conda/bin/python3.11 /opt/conda/bin/conda
			if !isInterpreter(base) {
				return "", nil, false
			}
		case slices.Contains(valuedOptions(), arg):
			i++
		case arg == "-c":
			if i+1 < len(args) && strings.Contains(args[i+1], "conda") {
				return "conda", nil, true
			}
			return "", nil, false
		case !strings.HasPrefix(arg, "-"):
			return "", nil, false
		}
	}
	return "", nil, false
}

// isInterpreter says whether a program runs the one that its arguments name: Python,
// or the loader of Linux (ld.so(8)).
func isInterpreter(base string) bool {
	return strings.HasPrefix(base, "python") || strings.HasPrefix(base, "pypy") || strings.HasPrefix(base, "ld-linux") || strings.HasPrefix(base, "ld-musl")
}

// isInstaller says whether a program or module has the name of an installer, as
// conda, _conda (of Miniforge's installer), conda-env, micromamba-linux-64 and
// conda.cli.main have.
func isInstaller(base string) bool {
	if base == "conda-gclean" {
		return false
	}
	name := strings.TrimPrefix(base, "_")
	if slices.Contains([]string{"anaconda-project", "anaconda-navigator", "ensureconda"}, name) {
		return true
	}
	if end := strings.IndexAny(name, "-_."); end >= 0 {
		name = name[:end]
	}
	// mamba2 and micromamba1.5 are in archives of distributions.
	name = strings.TrimRight(name, "0123456789")
	return slices.Contains([]string{"conda", "mamba", "micromamba", "umamba", "pixi", "rattler", "boa", "constructor"}, name)
}
