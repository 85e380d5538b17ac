package fleet

import (
	"errors"
	"maps"
	"slices"

	"gclean/cache/hold"
)

// CodeInDoubt is the code of a warning that a host may use a package of a round.
const CodeInDoubt = "package_in_doubt"

// Doubt is why a host may use packages of a round.
type Doubt struct {
	hold.Hold
	Paths []string // of the packages, on this host
	// Told says that a problem of the answer explains all of them.
	Told bool
}

// Doubts returns what Mark could not find out, one for each cause, and the number of
// packages that it concerns. A package that is not what was fenced is in no doubt.
func (a *Answer) Doubts() (list []*Doubt, packages int) {
	problems := map[string]bool{}
	for _, p := range a.Problems {
		problems[p.Path] = p.Path != ""
	}
	type cause struct {
		reason                    hold.Reason
		prefix, record, file, err string
	}
	byCause := map[cause]*Doubt{}
	for _, i := range slices.Sorted(maps.Keys(a.Holds)) {
		h, path := a.Holds[i][0], a.Paths[i]
		if !h.Reason.KeptBack() || errors.Is(h.Err, ErrAnother) {
			continue
		}
		packages++
		c := cause{reason: h.Reason, prefix: h.Prefix, record: h.Record, file: h.File}
		if h.Err != nil {
			c.err = h.Err.Error()
		}
		told := problems[path]
		for _, h := range a.Holds[i] {
			told = told || problems[h.Prefix] || problems[h.Record] || problems[h.File]
		}
		d := byCause[c]
		if d == nil {
			d = &Doubt{Hold: h, Told: true}
			byCause[c] = d
			list = append(list, d)
		}
		d.Paths = append(d.Paths, path)
		d.Told = d.Told && told
	}
	return list, packages
}
