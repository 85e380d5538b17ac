package cache

import (
	"errors"

	"gclean/meta"
	"gclean/walk"
)

// The codes of problems with caches. Code that adds folders for temp files uses
// CodeNotSearched too.
const (
	CodeNoCache            = "no_cache" // not in any of the usual places
	CodeNotCache           = "not_a_cache"
	CodeRefused            = "refused"
	CodeReadOnlyCache      = "read_only_cache"
	CodeUnreadableCache    = "unreadable_cache" // the cache, or a folder in it
	CodeNotFolder          = "not_a_folder"
	CodeSymlinkLoop        = "symlink_loop"
	CodeNotSearched        = "not_searched"   // a folder, for temp files
	CodeForeignFolder      = "foreign_folder" // in an entry, which is kept
	CodeMaxSizeMissed      = "max_size_missed"
	CodeMinFreeMissed      = "min_free_missed"
	CodeMaxFilesMissed     = "max_files_missed"
	CodeMinFreeFilesMissed = "min_free_files_missed"
	CodeInodesUnknown      = "inodes_unknown" // the file system does not count them
	CodeSpaceUnknown       = "space_unknown"
	CodeUnreadableEnv      = "unreadable_environment"
	CodeUnreadableMark     = "unreadable_mark"    // what earlier runs saw
	CodeRefusedQuarantine  = "refused_quarantine" // an entry that stays there because its note cannot be trusted
	CodeFresh              = "fresh"              // entries stay because they have just changed
	CodeInstallerRunning   = "installer_running"  // entries stay because of it
)

// FallsShort reports whether code means that a run does less than it should. Either there
// is no cache, or a round keeps packages, or nothing more can be removed to meet a limit.
func FallsShort(code string) bool {
	switch code {
	case CodeNoCache, CodeRoundOpen, CodeMaxSizeMissed, CodeMinFreeMissed, CodeMaxFilesMissed, CodeMinFreeFilesMissed:
		return true
	}
	return false
}

// codeOf returns the code of an error of opening a cache.
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

// ProblemWith returns the problem for err at the cache at path. failed says that the user
// asked for that cache.
func ProblemWith(path string, err error, failed bool) meta.Problem {
	return meta.Problem{Code: codeOf(err), Path: path, Err: err, Failed: failed}
}
