package installed

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
)

// plain is a path of an environment without "." and "..": where a symlink comes before
// "..", without symlinks too.
func plain(prefix string) string {
	clean := filepath.Clean(prefix)
	if clean == prefix {
		return prefix
	}
	a, err := os.Stat(prefix)
	if err != nil {
		return clean
	}
	if b, err := os.Stat(clean); err == nil && os.SameFile(a, b) {
		return clean
	}
	if real, err := walk.Real(prefix); err == nil {
		return real
	}
	return prefix
}

// Bounds of the search for the path that an environment was made with.
const (
	maxMadeFiles = 50      // files that are read
	maxMadeBytes = 1 << 16 // of each
	maxMadePaths = 1000    // paths that are tried
	maxHistory   = 1 << 20
)

// madeAs are the paths that the environment may have been made with, the surest first.
// They are the path in its sound files, the one in conda-meta/history, the one without
// symlinks, and the one that the user named. All of them lead to the environment.
func (v *Verification) madeAs() ([]string, error) {
	dir, err := walk.Open(v.Prefix)
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	if dir.ID() != v.ID {
		return nil, fmt.Errorf("%s: %w", v.Prefix, walk.ErrChanged)
	}
	m := &maker{dir: dir, tried: make(map[string]bool)}
	if m.is, err = os.Stat(v.Prefix); err != nil {
		return nil, err
	}
	history := m.history()
	given := []string{v.Prefix}
	if real, err := walk.Real(v.Prefix); err == nil {
		given = []string{real, v.Prefix}
	}
	list := append(history, given...)
	if found := m.inFiles(v.records, list); found != "" {
		list = append([]string{found}, list...)
	}
	seen := make(map[string]bool)
	return slices.DeleteFunc(list, func(p string) bool {
		again := seen[p]
		seen[p] = true
		return again
	}), nil
}

// maker finds the path that an environment was made with.
type maker struct {
	dir   *walk.Dir
	is    os.FileInfo     // of the environment
	tried map[string]bool // whether a path leads to it
}

// leads says whether a path is one of the environment, spelled as an installer would.
func (m *maker) leads(name string) bool {
	is, ok := m.tried[name]
	if !ok && len(m.tried) < maxMadePaths && filepath.IsAbs(name) && filepath.Clean(name) == name {
		st, err := os.Stat(name)
		is = err == nil && os.SameFile(st, m.is)
		m.tried[name] = is
	}
	return is
}

func (m *maker) read(name string, most int64) []byte {
	f, err := m.dir.OpenFileBelow(name)
	if err != nil {
		return nil
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, most))
	if err != nil {
		return nil
	}
	return text
}

// history are the paths that commands in conda-meta/history named by -p, the last first.
func (m *maker) history() []string {
	var list []string
	for line := range strings.Lines(string(m.read(meta.CondaMeta+"/history", maxHistory))) {
		command, ok := strings.CutPrefix(line, "# cmd:")
		if !ok {
			continue
		}
		words := strings.Fields(command)
		for i, word := range words {
			flag, ok := strings.CutPrefix(word, "-")
			flag, name, stated := strings.Cut(strings.TrimPrefix(flag, "-"), "=")
			if !stated && i+1 < len(words) {
				name = words[i+1]
			}
			if ok && (flag == "p" || flag == "prefix") && m.leads(name) {
				list = append(list, name)
			}
		}
	}
	slices.Reverse(list)
	return list
}

// inFiles is the path of the environment that its sound files have; "" if none has one.
func (m *maker) inFiles(records []*Check, likely []string) string {
	// A path may hold what ends it elsewhere: both are tried.
	paths := []*regexp.Regexp{regexp.MustCompile(`/[^\s"'\x60<>|:;\x00]+`), regexp.MustCompile(`/[^\s"'\x60<>|:;\x00,=()\[\]{}\\$!#&*?]+`)}
	files := 0
	for _, c := range records {
		for i := range c.record.Paths {
			p := &c.record.Paths[i]
			if !hasPrefix(p) || c.paths[p.Path] != nil || c.windows() {
				continue
			}
			text := m.read(p.Path, maxMadeBytes)
			if len(text) == 0 {
				continue
			}
			if files++; files > maxMadeFiles {
				return ""
			}
			for _, name := range likely {
				if hasPath(text, name) {
					return name
				}
			}
			for _, like := range paths {
				if name := m.inText(like.FindAll(text, -1)); name != "" {
					return name
				}
			}
		}
	}
	return ""
}

// inText is the one among paths, and the folders above them, that is the environment.
func (m *maker) inText(found [][]byte) string {
	for _, text := range found {
		for name := string(text); name != "/"; name = path.Dir(name) {
			if m.leads(name) {
				return name
			}
		}
	}
	return ""
}

// hasPath says whether a text has a path below name, and not below a longer path that
// ends so.
func hasPath(text []byte, name string) bool {
	for rest := text; ; {
		i := bytes.Index(rest, []byte(name+"/"))
		if i < 0 {
			return false
		}
		if i == 0 || bytes.IndexByte([]byte(" \t\n\"'`!=:;,([{<>|"), rest[i-1]) >= 0 {
			return true
		}
		rest = rest[i+1:]
	}
}

// hasPrefix says whether a text file may have the path of the environment in it.
func hasPrefix(p *dist.InstalledPath) bool {
	switch {
	case p.Binary, p.Kind == "softlink":
		return false
	case p.Placeholder != "":
		return true
	}
	return p.InPrefix != "" && p.InPrefix != p.SHA256 || p.Kind == "unix_python_entry_point"
}
