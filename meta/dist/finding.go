package dist

import (
	"cmp"
	"fmt"
	"strings"
)

// FindingKind is in what way a package is not what it was, or what is remarkable
// about one that is sound.
type FindingKind int

// The kinds of faults: the package is not what it was.
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
	WrongRecord                    // repodata_record.json contradicts index.json
	WrongSource                    // repodata_record.json and urls.txt name different archives
	Dangling                       // a symlink of an environment leads to nothing
)

// The kinds of notes: conda, mamba and rattler take the package for sound.
const (
	LeadsOut      FindingKind = iota + firstNote // a symlink leads out of the package
	AddedByTool                                  // byte code, or what a file manager leaves
	NoSymlink                                    // a file where the list has a symlink: made on Windows
	Renamed                                      // folder and archive have one name, the content another
	OtherURL                                     // repodata_record.json and urls.txt name mirrors of one archive
	Patched                                      // a channel has changed what index.json says
	Unlisted                                     // a file that the archive has and its list lacks
	Slimmed                                      // gclean slim took a file out of the environment
	LeadsNowhere                                 // a symlink leads to nothing, as it did when the package was built
	ReplacedByPip                                // pip or uv put another version in the place of the package
	Twice                                        // a path comes twice in an archive: the last one counts
	LeftOut                                      // a symlink in an archive that conda leaves out
	OddMetadata                                  // metadata.json is not what it should be; no tool minds
)

// firstNote parts faults from notes.
const firstNote FindingKind = 100

// kindNames are the names of kinds, with "_" in place of spaces.
var kindNames = map[FindingKind]string{
	Missing: "missing", Added: "added", WrongType: "wrong_type", WrongSize: "wrong_size", WrongHash: "wrong_hash",
	WrongTarget: "wrong_target", WrongName: "wrong_name", BadInfo: "bad_info", Damaged: "damaged", Unsafe: "unsafe",
	Unreadable: "unreadable", WrongRecord: "wrong_record", WrongSource: "wrong_source",
	LeadsOut: "leads_out", AddedByTool: "added_by_tool", NoSymlink: "no_symlink", Renamed: "renamed",
	OtherURL: "other_url", Patched: "patched", Unlisted: "unlisted", Dangling: "dangling", Slimmed: "slimmed", LeadsNowhere: "leads_nowhere", ReplacedByPip: "replaced_by_pip",
	Twice: "twice", LeftOut: "left_out", OddMetadata: "odd_metadata",
}

// Note says whether the kind is no fault.
func (k FindingKind) Note() bool { return k >= firstNote }

// String names the kind.
func (k FindingKind) String() string { return strings.ReplaceAll(k.Code(), "_", " ") }

// Code is the kind in a word that scripts can rely on.
func (k FindingKind) Code() string {
	if name, ok := kindNames[k]; ok {
		return name
	}
	return "unknown"
}

// Finding is one thing that is wrong with a package, extracted or an archive, or
// remarkable about it: Kind.Note tells which.
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
