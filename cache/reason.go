package cache

import "gclean/cache/hold"

// The reasons that concern plans and policies; the others are in package hold.
const (
	ListedByRecord  hold.Reason = "listed_by_record" // a temp file that belongs to a package
	NotPutAside     hold.Reason = "not_put_aside"    // a file named like a temp file, which conda may not have made
	LockHeld        hold.Reason = "lock_held"        // a process holds the lock, or a lock in the entry
	Needed          hold.Reason = "needed"           // an archive that would be all that is left of its package
	InReadOnlyCache hold.Reason = "read_only_cache"  // nothing can be removed from its cache
	Sealed          hold.Reason = "foreign_folder"   // only another user can empty a folder in it
	NotInAll        hold.Reason = "not_in_all"       // a lock file, which All leaves out
	NotIncluded     hold.Reason = "not_included"     // policy: no Include matches it
	Excluded        hold.Reason = "excluded"         // policy: an Exclude matches it
	UsedLately      hold.Reason = "recently_used"    // policy: it was used recently
	AmongLast       hold.Reason = "newest_version"   // policy: it is one of the newest versions
	RoomEnough      hold.Reason = "room_enough"      // policy: there is enough room with it
	InQuarantine    hold.Reason = "quarantined"      // it is in quarantine, and its time is not over
)

// IsPolicy reports whether r means that a policy keeps the entry, although nothing uses it.
func IsPolicy(r hold.Reason) bool {
	switch r {
	case NotIncluded, Excluded, UsedLately, AmongLast, RoomEnough:
		return true
	}
	return false
}

// uses reports whether r means that something uses the entry.
func uses(r hold.Reason) bool {
	switch r {
	case hold.HardLinked, hold.SoftLinked, hold.SymlinkFound, hold.OnlyInfo, hold.HoldsEnvironment, hold.InUse, hold.Installed, hold.Remembered,
		ListedByRecord, LockHeld:
		return true
	}
	return false
}

// Sentence returns the reason in words that can follow "kept: ".
func Sentence(r hold.Reason) string {
	switch r {
	case ListedByRecord:
		return "belongs to an installed package"
	case NotPutAside:
		return "no proof that conda put it aside; it may be an editor's backup"
	case LockHeld:
		return "locked"
	case Needed:
		return "needed"
	case InReadOnlyCache:
		return "its cache is read-only"
	case Sealed:
		return "only another user can empty a folder in it"
	case NotInAll:
		return "lock files are removed only on request"
	case NotIncluded:
		return "not included"
	case Excluded:
		return "excluded"
	case UsedLately:
		return "used recently"
	case AmongLast:
		return "one of the newest versions"
	case RoomEnough:
		return "enough space without removing it"
	case InQuarantine:
		return "in quarantine"
	}
	return r.Sentence()
}
