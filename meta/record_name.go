package meta

import "strings"

// RecordName returns the distribution that a file in conda-meta is the record of,
// by its name; false if it is none. A record that was set aside counts: what it
// tells of is still there until the transaction is over, and after one that was
// killed. Files that macOS makes beside others (._*) do not.
//
// These set aside: UnlinkPathAction in conda/core/path_action.py (.c~),
// unlink_or_rename_to_trash in conda/gateways/disk/delete.py (.trash before 4.6,
// .conda_trash, .conda_trash_1), remove_or_rename in libmamba/src/core/util.cpp
// (.mamba_trash, 0.mamba_trash).
func RecordName(file string) (dist string, ok bool) {
	name, ok := strings.CutSuffix(file, ".json")
	if !ok {
		name, ok = oddRecordName(file)
	}
	if !ok || name == "" || strings.HasPrefix(name, "._") {
		return "", false
	}
	return name, true
}

// oddRecordName is RecordName for what does not end in ".json": few files do not.
func oddRecordName(file string) (string, bool) {
	digits := "0123456789"
	for _, end := range asideEndings() {
		if name, ok := strings.CutSuffix(file, end); ok {
			file = strings.TrimRight(name, digits)
			break
		}
	}
	if i := strings.LastIndex(file, ".conda_trash_"); i >= 0 && strings.Trim(file[i+len(".conda_trash_"):], digits) == "" {
		file = file[:i]
	}
	const ending = ".json"
	at := len(file) - len(ending)
	if at < 0 || !strings.EqualFold(file[at:], ending) {
		return "", false
	}
	return file[:at], true
}

// asideEndings are what the name of a file gets that is set aside.
func asideEndings() []string { return []string{".c~", ".trash", ".conda_trash", ".mamba_trash"} }
