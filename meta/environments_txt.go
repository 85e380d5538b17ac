package meta

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

const (
	maxEnvironmentsTxt = 16 << 20 // bytes
	maxPath            = 4096     // bytes in a line; PATH_MAX of Linux
	maxBeside          = 100_000  // folders looked at beside a home
)

// Problem is something that configuration names and that could not be read.
type Problem struct {
	Path string
	Err  error // names Path
	// Hides says that there may be environments that are not known because of
	// it.
	Hides bool
}

// homes are the homes of all users: those in the passwd file and the folders
// beside them, because accounts of a directory service are not in the file.
func (h Host) homes() []string {
	homes := []string{}
	if h.Home != "" {
		homes = append(homes, h.Home)
	}
	if h.UID != 0 {
		return homes
	}
	parents := map[string]bool{}
	for _, u := range h.users() {
		homes = append(homes, u.home)
		parents[filepath.Dir(u.home)] = true
	}
	for parent := range parents {
		switch parent {
		case "/", "/usr", "/var", "/run", "/proc", "/sys", "/dev", "/usr/local":
			continue // homes of services: what is beside them is no home
		}
		entries, err := os.ReadDir(parent)
		if err != nil || len(entries) > maxBeside {
			continue
		}
		for _, e := range entries {
			homes = append(homes, filepath.Join(parent, e.Name()))
		}
	}
	slices.Sort(homes)
	return slices.Compact(homes)
}

// user is a line of the passwd file.
type user struct{ uid, home string }

// users are the users in the passwd file that have a home.
func (h Host) users() []user {
	if h.Passwd == "" {
		return nil
	}
	data, _ := readFile(h.Passwd, maxEnvironmentsTxt) // absent in a scratch image
	var list []user
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(fields) >= 6 && filepath.IsAbs(fields[5]) {
			list = append(list, user{fields[2], filepath.Clean(fields[5])})
		}
	}
	return list
}

// Homes are the home folders that are known on this machine.
func (h Host) Homes() []string { return h.homes() }

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
			prefixes = append(prefixes, Value{prefix, path})
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
func isGone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}
