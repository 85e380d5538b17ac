package fleet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// ErrHosts says that a text is not a list of hosts.
var ErrHosts = errors.New("not a list of hosts")

// maxHosts bounds a list of hosts.
const maxHosts = 100_000

// ParseHosts reads a list of hosts: a host a line, and after it "no-cache" if it has none of
// the caches. Empty lines, and what follows a #, say nothing.
func ParseHosts(text []byte) ([]Host, error) {
	var list []Host
	seen := map[string]bool{}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		words := strings.Fields(line)
		switch {
		case len(words) == 0:
			continue
		case len(words) > 2 || len(words) == 2 && words[1] != "no-cache":
			return nil, fmt.Errorf("%w: line %d: a host stands alone, or with \"no-cache\" after it", ErrHosts, n)
		case !isHostName(words[0]):
			return nil, fmt.Errorf("%w: line %d: %q is no name of a host", ErrHosts, n, words[0])
		case seen[words[0]]:
			return nil, fmt.Errorf("%w: line %d: %s is there twice", ErrHosts, n, words[0])
		case len(list) == maxHosts:
			return nil, fmt.Errorf("%w: more than %d hosts", ErrHosts, maxHosts)
		}
		seen[words[0]] = true
		list = append(list, Host{Name: words[0], NoCache: len(words) == 2})
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrHosts, err)
	}
	if len(list) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrHosts)
	}
	return list, nil
}

// isHostName says whether a mark can be named after a host.
func isHostName(name string) bool {
	return name != "" && len(name) <= 200 && name[0] != '.' && name[0] != '-' && strings.IndexFunc(name, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_:", r)
	}) < 0
}

// HostError says that a host is not in the list of hosts.
type HostError struct {
	Name  string
	Hosts []Host
}

func (e *HostError) Error() string {
	return fmt.Sprintf("%s is not among the %d hosts of the round", e.Name, len(e.Hosts))
}

// named finds the host of the list by the name that a host gives itself. It compares the
// whole name, then its first part, if only one host has it.
func named(hosts []Host, name string) (*Host, error) {
	var found *Host
	short, _, _ := strings.Cut(name, ".")
	for i := range hosts {
		h := &hosts[i]
		if h.Name == name {
			return h, nil
		}
		other, _, _ := strings.Cut(h.Name, ".")
		if other != short || strings.Contains(h.Name, ".") && strings.Contains(name, ".") {
			continue
		}
		if found != nil {
			return nil, &HostError{name, hosts}
		}
		found = h
	}
	if found == nil {
		return nil, &HostError{name, hosts}
	}
	return found, nil
}
