package dist

import (
	"cmp"
	"slices"
	"strings"
)

// CompareVersions returns a negative number if a is older than b, and a positive number if
// it is newer. It returns 0 if they are the same version, such as "1.0" and "1.0.0". The
// order is that of conda (VersionOrder in conda/models/version.py). Text that conda does
// not accept as a version is older than all versions, in the order of its bytes.
func CompareVersions(a, b string) int {
	va, okA := parseVersion(a)
	vb, okB := parseVersion(b)
	switch {
	case !okA && !okB:
		return strings.Compare(a, b)
	case !okA:
		return -1
	case !okB:
		return 1
	}
	return cmp.Or(compareParts(va.version, vb.version), compareParts(va.local, vb.local))
}

// version is a version, split for comparison.
type version struct {
	version, local [][]atom // split at dots, then into runs of digits and others
}

// atom is a run of digits or of other characters.
type atom struct {
	kind atomKind
	text string // a number has no leading zeros
}

type atomKind int

// The kinds, in ascending order.
const (
	letters  atomKind = iota // "*" < "DEV" < "_" < "a"
	digits                   // by value, of any length
	infinity                 // "post"
)

// zero stands for a missing atom.
var zero = atom{digits, ""}

func compareAtoms(a, b atom) int {
	if a.kind == digits && b.kind == digits {
		return cmp.Or(cmp.Compare(len(a.text), len(b.text)), strings.Compare(a.text, b.text))
	}
	return cmp.Or(cmp.Compare(a.kind, b.kind), strings.Compare(a.text, b.text))
}

func compareParts(a, b [][]atom) int {
	for i := range max(len(a), len(b)) {
		var pa, pb []atom
		if i < len(a) {
			pa = a[i]
		}
		if i < len(b) {
			pb = b[i]
		}
		for k := range max(len(pa), len(pb)) {
			x, y := zero, zero
			if k < len(pa) {
				x = pa[k]
			}
			if k < len(pb) {
				y = pb[k]
			}
			if c := compareAtoms(x, y); c != 0 {
				return c
			}
		}
	}
	return 0
}

// parseVersion parses a version. ok reports whether conda accepts it.
func parseVersion(s string) (v version, ok bool) {
	s = strings.ToLower(strings.TrimSpace(s))
	if strings.Contains(s, "-") && !strings.Contains(s, "_") {
		s = strings.ReplaceAll(s, "-", "_")
	}
	if s == "" {
		return v, false
	}
	for _, r := range s {
		if !strings.ContainsRune("*.+!_", r) && (r < '0' || r > '9') && (r < 'a' || r > 'z') {
			return v, false
		}
	}
	epoch, rest, ok := strings.Cut(s, "!")
	if !ok {
		epoch, rest = "0", s
	} else if epoch == "" || strings.Trim(epoch, "0123456789") != "" || strings.Contains(rest, "!") {
		return v, false
	}
	public, local, hasLocal := strings.Cut(rest, "+")
	if public == "" || strings.Contains(local, "+") {
		return v, false
	}
	ending := ""
	if strings.HasSuffix(public, "_") { // openssl: 1.0.1_ is before 1.0.1a
		public, ending = public[:len(public)-1], "_"
	}
	parts := strings.Split(strings.ReplaceAll(public, "_", "."), ".")
	parts[len(parts)-1] += ending
	if v.version, ok = atoms(append([]string{epoch}, parts...)); !ok {
		return v, false
	}
	if hasLocal {
		v.local, ok = atoms(strings.Split(strings.ReplaceAll(local, "_", "."), "."))
	} else {
		ok = true
	}
	return v, ok
}

// atoms splits each part into runs. Each part begins with a number, so that numbers are
// compared with numbers.
func atoms(parts []string) ([][]atom, bool) {
	var list [][]atom
	for _, part := range parts {
		if part == "" {
			return nil, false
		}
		var runs []atom
		if part[0] < '0' || part[0] > '9' {
			runs = append(runs, zero)
		}
		for part != "" {
			class := classOf(part[0])
			end := slices.IndexFunc([]byte(part), func(b byte) bool { return classOf(b) != class })
			if end < 0 {
				end = len(part)
			}
			a := atom{letters, part[:end]}
			switch {
			case class == digit:
				a = atom{digits, strings.TrimLeft(part[:end], "0")}
			case a.text == "post":
				a = atom{infinity, ""}
			case a.text == "dev":
				a.text = "DEV"
			}
			runs = append(runs, a)
			part = part[end:]
		}
		list = append(list, runs)
	}
	return list, true
}

type class int

const (
	letter class = iota
	digit
	star
)

func classOf(b byte) class {
	switch {
	case b >= '0' && b <= '9':
		return digit
	case b == '*':
		return star
	}
	return letter
}
