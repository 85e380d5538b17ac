package meta

import (
	"fmt"
	"path/filepath"
	"strings"

	"gclean/walk"
)

const (
	maxEnvironmentsTxt = 16 << 20 // bytes
	maxPath            = 4096     // bytes in a line; PATH_MAX of Linux
)

// Problem is something that configuration names and that could not be read.
type Problem struct {
	Path string
	Err  error // names Path
	// Hides says that there may be environments that are not known because of
	// it.
	Hides bool
}

// listed are the prefixes in the environments.txt of the user, or of every
// user when that is root (conda/core/envs_manager.py: list_all_known_prefixes).
func (h Host) listed() (prefixes []Value, problems []Problem) {
	for _, home := range h.homes() {
		path := filepath.Join(home, ".conda", "environments.txt")
		data, err := readFile(path, maxEnvironmentsTxt)
		if err != nil {
			if !isGone(err) {
				problems = append(problems, Problem{path, fmt.Errorf("%w: environments in it are not known", err), true})
			}
			continue
		}
		list, bad := parseEnvironmentsTxt(data)
		for _, prefix := range list {
			prefixes = append(prefixes, Value{Path: prefix, Source: path})
		}
		if bad != nil {
			problems = append(problems, Problem{path, fmt.Errorf("%s: %w", path, bad), false})
		}
	}
	return prefixes, problems
}

// parseEnvironmentsTxt returns the prefixes in an environments.txt: a path a
// line, in whatever bytes the file system has. The error tells of lines that
// cannot be paths, which are left out.
func parseEnvironmentsTxt(data []byte) (prefixes []string, err error) {
	var bad []int
	n := 0
	for line := range strings.Lines(string(data)) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"): // yield_lines in conda/gateways/disk/read.py
		case len(line) > maxPath || strings.ContainsRune(line, 0) || !filepath.IsAbs(line):
			bad = append(bad, n)
		default:
			prefixes = append(prefixes, filepath.Clean(line))
		}
	}
	if len(bad) > 0 {
		err = fmt.Errorf("%d line(s) are no absolute path and are ignored, the first is line %d", len(bad), bad[0])
	}
	return prefixes, err
}

// isGone says that there is nothing at a path.
func isGone(err error) bool { return walk.IsGone(err) }
