// Package quarantine knows what gclean has set aside in a cache: whole entries that
// installers do not see, kept for a time.
//
// Each entry that was set aside has a folder of its own in the cache, below [Dir]:
//
//	pkgs/.gclean-quarantine/1795752792-4121-1/note.json
//	pkgs/.gclean-quarantine/1795752792-4121-1/numpy-1.26.4-py311_0/
//
// The note says where the entry was, when it was set aside and until when it is kept. Only
// the note and the time decide when an entry is removed for good ([Note.Due]); no other
// file matters.
//
// Setting an entry aside takes three steps: make the folder, write the note, rename the
// entry into the folder. So a run that is killed leaves one of these states:
//
//	no note, or no entry   nothing is set aside: the folder is trash
//	note and entry         the entry is set aside, whole
//
// Package removal does the renaming. [RefusedError] means that a note is not trusted: somebody
// else may have written it, or it names a place outside the cache. Its entry is neither
// removed nor restored.
package quarantine
