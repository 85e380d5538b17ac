package verify

import (
	"slices"
	"strings"

	"gclean/cache"
	"gclean/meta/dist"
)

// byPackage groups checks, which are in the order of packages.
func byPackage(checks []*Check) [][]*Check {
	var groups [][]*Check
	for i, c := range checks {
		if i == 0 || checks[i-1].Package != c.Package {
			groups = append(groups, nil)
		}
		groups[len(groups)-1] = append(groups[len(groups)-1], c)
	}
	return groups
}

// settle turns faults of one package into notes if another of its entries explains them.
//
//   - Folder and archive have the same name, but their content has another; or the record
//     or urls.txt has that name. Then the publisher renamed the archive, and conda uses
//     the name that it has.
//   - A .tar.bz2 without a folder has another name than its content. conda extracts it.
//     It cannot extract such a .conda, whose parts are named after the archive.
//   - The record names another URL than urls.txt, but the archive in the cache has the
//     hash in the record.
func settle(checks []*Check) {
	for _, c := range checks {
		if c.named != "" && dist.SameName(c.named, c.Package.Dist) {
			c.note(dist.WrongName, dist.Renamed)
		}
	}
	folder := slices.IndexFunc(checks, func(c *Check) bool { return c.Entry.Category == cache.Packages })
	if folder < 0 {
		for _, c := range checks {
			if strings.HasSuffix(c.Entry.Name, ".tar.bz2") {
				c.note(dist.WrongName, dist.Renamed)
			}
		}
		return
	}
	of := checks[folder]
	for _, a := range checks {
		if a.Entry.Category != cache.Tarballs || dist.IsPartial(a.Entry.Name) {
			continue
		}
		if name, ok := a.renamed(); ok {
			if other, ok := of.renamed(); ok && other == name {
				defer a.note(dist.WrongName, dist.Renamed)
				defer of.note(dist.WrongName, dist.Renamed)
			}
		}
		if dist.IsWheel(a.Entry.Name) && a.Sound() {
			// A wheel has no name-version-build, but the package made from it does.
			of.note(dist.WrongName, dist.Renamed)
		}
		if a.Sound() && a.recorded && a.read {
			of.note(dist.WrongSource, dist.OtherURL)
		}
	}
}

// renamed returns the name in the content of c, if c itself has another.
func (c *Check) renamed() (content string, ok bool) {
	i := slices.IndexFunc(c.Faults, func(f Fault) bool { return f.Kind == dist.WrongName && f.Path == "" })
	if i < 0 {
		return "", false
	}
	return c.Faults[i].Want, true
}

// note turns faults of one kind that concern the entry or its record into notes.
func (c *Check) note(fault, note dist.FindingKind) {
	c.noteIf(note, func(f Fault) bool {
		return f.Kind == fault && (fault != dist.WrongName || f.Path == "")
	})
}

// noteIf turns the faults for which which returns true into notes of a kind.
func (c *Check) noteIf(note dist.FindingKind, which func(Fault) bool) {
	c.Faults = slices.DeleteFunc(c.Faults, func(f Fault) bool {
		if !which(f) {
			return false
		}
		f.Kind = note
		c.Notes = append(c.Notes, f.Finding)
		return true
	})
}
