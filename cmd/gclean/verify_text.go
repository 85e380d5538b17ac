package main

import (
	"fmt"
	"strings"

	"gclean/cache/verify"
	"gclean/internal/units"
)

// verification prints what was found: a line for each fault.
func (t text) verification(v *verify.Verification) {
	for _, c := range v.Checks {
		path := quoted(c.Entry.Path())
		for _, f := range c.Faults {
			fmt.Fprintf(t.out, "%s: %s\n", path, fault(f))
		}
		switch {
		case c.Skipped != nil && !t.quiet:
			fmt.Fprintf(t.out, "Skipped %s: %s\n", path, printable(told(c.Skipped)))
		case c.Sound() && t.verbose:
			fmt.Fprintf(t.out, "%s: sound\n", path)
		}
	}
	if !t.quiet {
		n := countChecks(v)
		fmt.Fprintf(t.out, "Checked %s and %s, %s: %s.\n",
			units.Count(n.archives, "archive", "archives"), units.Count(n.packages, "package", "packages"), units.Bytes(n.bytes), n.outcome())
	}
}

// fault is one line on what is wrong, without the path of the entry.
func fault(f verify.Fault) string {
	line := printable(f.Finding.String())
	if len(f.Environments) > 0 {
		line += "; hard-linked into " + prefixes(f.Environments)
	}
	if len(f.Through) > 0 {
		line += "; seen through symlinks by " + prefixes(f.Through)
	}
	return line
}

func prefixes(list []string) string {
	var names []string
	for _, p := range list {
		names = append(names, quoted(p))
	}
	return strings.Join(names, ", ")
}
