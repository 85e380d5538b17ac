package meta

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf16"

	"gclean/internal/units"
	"gclean/meta/absence"
	"gclean/walk"
	"gclean/walk/open"
)

const (
	maxEnvironmentsTxt = 16 << 20 // in bytes
	maxPath            = 4096     // bytes in a line; PATH_MAX of Linux
	maxPrefixes        = 50_000   // in one list; looking for a missing one takes about 20 µs
)

// errTooManyPrefixes means that a list has more than maxPrefixes.
var errTooManyPrefixes = fmt.Errorf("it lists more than %d environments, and gclean does not read the rest; remove the lines of environments that are gone", maxPrefixes)

// listed returns the prefixes in the environments.txt of the user, or for root of all users
// (list_all_known_prefixes in conda/core/envs_manager.py). It returns an error only if ctx
// ends.
func (h Host) listed(ctx context.Context, w *absence.Ways, r listReader, others []*User) (prefixes []Value, problems []Problem, err error) {
	lists := h.lists(others)
	var paths []string
	for _, l := range lists {
		paths = append(paths, filepath.Join(l.home, ".conda", "environments.txt"))
	}
	reads, err := r.read(ctx, paths)
	for i, path := range paths {
		if err != nil {
			return nil, nil, err
		}
		user := lists[i].user
		if rerr := walk.Reached(path, reads[i].err); rerr != nil {
			if isGone(rerr) {
				rerr = w.Prove(path, false)
			}
			if rerr != nil {
				problems = append(problems, Problem{Path: path, Err: hidden(rerr), Hides: true, User: user})
			}
			continue
		}
		list, hides, bad := parseEnvironmentsTxt(reads[i].data)
		for _, prefix := range list {
			prefixes = append(prefixes, Value{Path: prefix, Source: path, User: user})
		}
		if bad != nil {
			problems = append(problems, Problem{Path: path, Err: fmt.Errorf("%s: %w", path, bad), Hides: hides, User: user})
		}
	}
	return prefixes, problems, err
}

// Registered returns the prefixes in this user's environments.txt, whether or not they
// exist; none if it cannot be read.
func (h Host) Registered() []string {
	data, _, err := open.ReadRegular(filepath.Join(h.Home, ".conda", "environments.txt"), maxEnvironmentsTxt)
	if err != nil {
		return nil
	}
	list, _, _ := parseEnvironmentsTxt(data)
	return list
}

// parseEnvironmentsTxt returns the prefixes in an environments.txt, one path on each line,
// in the encoding of the file system. The error is about lines that cannot be paths, which
// are left out, or about too many lines. hides reports that those lines may name
// environments, in another encoding. PowerShell's >> and Notepad write UTF-16 or a BOM.
func parseEnvironmentsTxt(data []byte) (prefixes []string, hides bool, err error) {
	text, wide := fromUTF16(data)
	if !wide {
		text = string(data)
	}
	var bad []int
	n, seen, more := 0, map[string]bool{}, false
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(strings.TrimPrefix(line, "\ufeff"))
		switch {
		case line == "" || strings.HasPrefix(line, "#"): // yield_lines in conda/gateways/disk/read.py
		case len(line) > maxPath || strings.ContainsRune(line, 0) || !filepath.IsAbs(line):
			bad = append(bad, n)
			hides = hides || wide || strings.ContainsRune(line, 0)
		case seen[line]:
		case len(prefixes) == maxPrefixes:
			more = true
		default:
			seen[line] = true
			prefixes = append(prefixes, filepath.Clean(line))
		}
	}
	switch {
	case more:
		return prefixes, true, errTooManyPrefixes
	case hides:
		err = fmt.Errorf("%s (the first is line %d), so environments may be unknown; save the file as UTF-8",
			units.Count(len(bad), "line is not an absolute path in UTF-8", "lines are not absolute paths in UTF-8"), bad[0])
	case len(bad) > 0:
		err = fmt.Errorf("ignores %s (the first is line %d)", units.Count(len(bad), "line that is not an absolute path", "lines that are not absolute paths"), bad[0])
	}
	return prefixes, hides, err
}

// fromUTF16 decodes data from UTF-16. ok is false if data has no BOM of UTF-16.
func fromUTF16(data []byte) (text string, ok bool) {
	var order binary.ByteOrder
	switch {
	case bytes.HasPrefix(data, []byte{0xff, 0xfe}):
		order = binary.LittleEndian
	case bytes.HasPrefix(data, []byte{0xfe, 0xff}):
		order = binary.BigEndian
	default:
		return "", false
	}
	words := make([]uint16, len(data)/2)
	for i := range words {
		words[i] = order.Uint16(data[2*i:])
	}
	return string(utf16.Decode(words)), true
}

// isGone reports whether err means that nothing exists at a path.
func isGone(err error) bool { return walk.IsGone(err) }
