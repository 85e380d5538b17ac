package dist

import (
	"cmp"
	"fmt"
	"strings"
)

// FindingKind says how a package differs from what it was, or what is remarkable about a
// sound one.
type FindingKind int

// The kinds of faults: the package is not what it was.
const (
	Missing     FindingKind = iota // a path of the package does not exist
	Added                          // a file does not belong to the package
	WrongType                      // for example a file in place of a symlink
	WrongSize                      // of a file
	WrongHash                      // of a file whose content was changed
	WrongTarget                    // of a symlink
	WrongName                      // the folder's name is not that of its content
	BadInfo                        // a file of info/ is invalid
	Damaged                        // an archive is cut off or changed
	Unsafe                         // an archive would write outside the package, or exceeds a limit
	Unreadable                     // the disk or the system returned an error, so nothing is known
	WrongRecord                    // repodata_record.json contradicts index.json
	WrongSource                    // repodata_record.json and urls.txt name different archives
	Dangling                       // a symlink of an environment leads to nothing
)

// The kinds of notes: conda, mamba and rattler consider the package sound.
const (
	LeadsOut      FindingKind = iota + firstNote // a symlink leads out of the package
	AddedByTool                                  // byte code, or a file of a file manager
	NoSymlink                                    // a file where the list has a symlink: made on Windows
	Renamed                                      // folder and archive have the same name, but their content has another
	OtherURL                                     // repodata_record.json and urls.txt name mirrors of the same archive
	Patched                                      // a channel has changed what index.json says
	Unlisted                                     // a file that is in the archive, but not in its list
	Slimmed                                      // gclean slim removed a file of the environment
	LeadsNowhere                                 // a symlink leads to nothing, as when the package was built
	ReplacedByPip                                // pip or uv replaced the package by another version
	Twice                                        // a path occurs twice in an archive; the last one counts
	LeftOut                                      // a symlink in an archive that conda leaves out
	OddMetadata                                  // metadata.json is invalid; no tool minds
)

// firstNote separates faults from notes.
const firstNote FindingKind = 100

// kindNames are the names of kinds, with "_" instead of spaces.
var kindNames = map[FindingKind]string{
	Missing: "missing", Added: "added", WrongType: "wrong_type", WrongSize: "wrong_size", WrongHash: "wrong_hash",
	WrongTarget: "wrong_target", WrongName: "wrong_name", BadInfo: "bad_info", Damaged: "damaged", Unsafe: "unsafe",
	Unreadable: "unreadable", WrongRecord: "wrong_record", WrongSource: "wrong_source",
	LeadsOut: "leads_out", AddedByTool: "added_by_tool", NoSymlink: "no_symlink", Renamed: "renamed",
	OtherURL: "other_url", Patched: "patched", Unlisted: "unlisted", Dangling: "dangling", Slimmed: "slimmed", LeadsNowhere: "leads_nowhere", ReplacedByPip: "replaced_by_pip",
	Twice: "twice", LeftOut: "left_out", OddMetadata: "odd_metadata",
}

// Note reports whether the kind is a note, not a fault.
func (k FindingKind) Note() bool { return k >= firstNote }

// String returns the name of the kind.
func (k FindingKind) String() string { return strings.ReplaceAll(k.Code(), "_", " ") }

// Code returns the kind as a word that scripts can rely on.
func (k FindingKind) Code() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "unknown"
}

// Finding is one thing that is wrong with a package or an archive, or remarkable about it;
// Kind.Note tells which.
type Finding struct {
	Kind FindingKind
	Path string // below the package, with slashes; "" for the package itself
	Want string // what was expected, for messages; may be ""
	Got  string // what was found, for messages; may be ""
	Err  error  // for BadInfo, Damaged, Unsafe and Unreadable
}

// String returns the finding as one line, without the package.
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
