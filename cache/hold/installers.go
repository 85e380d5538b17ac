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

// Installer is a process that may be about to link packages from a cache.
type Installer struct {
	Process // Name is the installer's, even if an interpreter runs it
	// Command is what it does, such as "install" or "env create"; "" if unknown.
	Command string
}

// Describe returns the installer in words: its process, its command, and how long before
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

// Installers returns the processes that may link packages from a cache, the longest running
// first, without those whose PID is in own.
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

// ancestors returns the process self and those that started it, directly or indirectly.
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

// installerOf returns the name of the installer that a command line runs, directly or
// through an interpreter, and the arguments after it.
func installerOf(args []string) (name string, rest []string, ok bool) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		base := strings.TrimSuffix(path.Base(arg), ".exe")
		if base == "__main__.py" { // such as python /opt/conda/lib/python3.12/site-packages/conda
			base = path.Base(path.Dir(arg))
		}
		if module, ok := strings.CutPrefix(arg, "-m"); ok && i > 0 && module != "" {
			base = module
		}
		if isInstaller(base) {
			return base, args[i+1:], true
		}
		switch {
		case i == 0: // such as python -m conda, or /opt/conda/bin/python3.11 /opt/conda/bin/conda
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

// isInterpreter reports whether a program runs the program that its arguments name: Python,
// or the loader of Linux (ld.so(8)).
func isInterpreter(base string) bool {
	return strings.HasPrefix(base, "python") || strings.HasPrefix(base, "pypy") || strings.HasPrefix(base, "ld-linux") || strings.HasPrefix(base, "ld-musl")
}

// isInstaller reports whether a program or module has the name of an installer, such as
// conda, _conda (from Miniforge's installer), conda-env, micromamba-linux-64 and
// conda.cli.main.
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
	// Linux distributions package mamba2 and micromamba1.5.
	name = strings.TrimRight(name, "0123456789")
	return slices.Contains([]string{"conda", "mamba", "micromamba", "umamba", "pixi", "rattler", "boa", "constructor"}, name)
}
