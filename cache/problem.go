package cache

import (
	"errors"

	"gclean/meta"
	"gclean/walk"
)

// The codes of problems with caches. CodeNotSearched is of who adds folders for
// temp files, too.
const (
	CodeNoCache            = "no_cache" // in none of the usual places
	CodeNotCache           = "not_a_cache"
	CodeRefused            = "refused"
	CodeReadOnlyCache      = "read_only_cache"
	CodeUnreadableCache    = "unreadable_cache" // it, or a folder in it
	CodeNotFolder          = "not_a_folder"
	CodeSymlinkLoop        = "symlink_loop"
	CodeNotSearched        = "not_searched"   // a folder, for temp files
	CodeForeignFolder      = "foreign_folder" // in an entry, which stays
	CodeMaxSizeMissed      = "max_size_missed"
	CodeMinFreeMissed      = "min_free_missed"
	CodeMaxFilesMissed     = "max_files_missed"
	CodeMinFreeFilesMissed = "min_free_files_missed"
	CodeInodesUnknown      = "inodes_unknown" // the file system does not count them
	CodeSpaceUnknown       = "space_unknown"
	CodeUnreadableEnv      = "unreadable_environment"
	CodeUnreadableMark     = "unreadable_mark"    // what was seen before
	CodeRefusedQuarantine  = "refused_quarantine" // an entry that stays there: its note is not to be believed
)

// codeOf is the code of an error of opening a cache.
func codeOf(err error) string {
	switch {
	case errors.Is(err, ErrNotCache):
		return CodeNotCache
	case errors.Is(err, ErrRefused):
		return CodeRefused
	case errors.Is(err, ErrReadOnly):
		return CodeReadOnlyCache
	case errors.Is(err, ErrNotFolder):
		return CodeNotFolder
	case walk.IsLoop(err):
		return CodeSymlinkLoop
	}
	return CodeUnreadableCache
}

// ProblemWith is the problem that err is for the cache at path. failed says that
// it was asked for.
func ProblemWith(path string, err error, failed bool) meta.Problem {
	return meta.Problem{Code: codeOf(err), Path: path, Err: err, Failed: failed}
}
