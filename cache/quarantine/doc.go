// Package quarantine knows what gclean has put aside in a cache: out of sight of
// installers, whole, and for a time.
//
// Each entry that was put aside has a folder of its own in the cache, in [Dir]:
//
//	pkgs/.gclean-quarantine/1795752792-4121-1/note.json
//	pkgs/.gclean-quarantine/1795752792-4121-1/numpy-1.26.4-py311_0/
//
// The note says where the entry was, when it was put aside and until when it is
// kept. Whether an entry goes is decided from its note and the time alone
// ([Note.Due]); no other file is asked.
//
// The order of the steps makes every state on the way mean something. To put an entry
// aside, the folder is made, the note is written, then the entry is renamed into it:
//
//	no note, or no entry   nothing was put aside yet, or no more: the folder is trash
//	note and entry         put aside, whole
//
// Renames are made by package removal. A note that somebody else may have written, or
// that names a place outside of the cache, is refused ([RefusedError]): its entry is
// neither removed nor restored.
package quarantine
