package dist

import (
	"cmp"
	"fmt"
	"strings"
)

// FindingKind is in what way a package is not what it was.
type FindingKind int

// The kinds of findings.
const (
	Missing     FindingKind = iota // a path of the package is not there
	Added                          // a file is not of the package
	WrongType                      // a file where a symlink was, or the like
	WrongSize                      // of a file
	WrongHash                      // of a file: its content was changed
	WrongTarget                    // of a symlink
	WrongName                      // the folder is not named after its content
	BadInfo                        // a file of info/ cannot be understood
	Damaged                        // an archive is cut off or changed
	Unsafe                         // an archive would reach outside of the package, or is beyond all limits
	Unreadable                     // the disk or the system gave an error: nothing is known
)

// String names the kind.
func (k FindingKind) String() string {
	names := [...]string{"missing", "added", "wrong type", "wrong size", "wrong hash", "wrong target", "wrong name", "bad info", "damaged", "unsafe", "unreadable"}
	if k < 0 || int(k) >= len(names) {
		return "unknown"
	}
	return names[k]
}

// Code is the kind in a word that scripts can rely on.
func (k FindingKind) Code() string {
	codes := [...]string{"missing", "added", "wrong_type", "wrong_size", "wrong_hash", "wrong_target", "wrong_name", "bad_info", "damaged", "unsafe", "unreadable"}
	if k < 0 || int(k) >= len(codes) {
		return "unknown"
	}
	return codes[k]
}

// Finding is one thing that is wrong with a package: extracted, or an archive.
type Finding struct {
	Kind FindingKind
	Path string // below the package, with slashes; "" for the package itself
	Want string // what was expected, for messages; may be ""
	Got  string // what was found, for messages; may be ""
	Err  error  // of BadInfo, Damaged, Unsafe and Unreadable
}

// String is the finding as one line, without the package.
func (f Finding) String() string {
	var b strings.Builder
	if f.Path != "" {
		b.WriteString(printable(f.Path) + ": ")
	}
	b.WriteString(f.Kind.String())
	switch {
	case f.Err != nil:
		fmt.Fprintf(&b, ": %v", f.Err)
	case f.Want != "" && f.Got != "":
		fmt.Fprintf(&b, ": %s, expected %s", printable(f.Got), printable(f.Want))
	case f.Want != "":
		fmt.Fprintf(&b, ": expected %s", printable(f.Want))
	case f.Got != "":
		fmt.Fprintf(&b, ": %s", printable(f.Got))
	}
	return b.String()
}

// compareFindings sorts by path, then by kind.
func compareFindings(a, b Finding) int {
	return cmp.Or(strings.Compare(a.Path, b.Path), cmp.Compare(a.Kind, b.Kind))
}
