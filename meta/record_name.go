package meta

import "strings"

// RecordName returns the distribution of a record in conda-meta, by its file name; ok is
// false if the file is not a record. A record that was set aside counts: the package that
// it describes remains until the transaction is over, or even longer if it was killed.
// Files that macOS makes beside others (._*) do not count.
//
// These functions set records aside: UnlinkPathAction in conda/core/path_action.py (.c~),
// unlink_or_rename_to_trash in conda/gateways/disk/delete.py (.trash before 4.6,
// .conda_trash, .conda_trash_1), and remove_or_rename in libmamba/src/core/util.cpp
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

// oddRecordName is RecordName for the few files that do not end in ".json".
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

// asideEndings returns the endings that a file gets when it is set aside.
func asideEndings() []string { return []string{".c~", ".trash", ".conda_trash", ".mamba_trash"} }
