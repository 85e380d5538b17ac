package cache

import "gclean/cache/hold"

// The reasons that have to do with what was asked for and with policies, beside
// those of package hold.
const (
	ListedByRecord  hold.Reason = "listed_by_record" // a temp file that a package brought along
	NotPutAside     hold.Reason = "not_put_aside"    // a file with a temp file's name, and nothing says that conda made it
	LockHeld        hold.Reason = "lock_held"        // a lock that a process holds
	Needed          hold.Reason = "needed"           // an archive that is all that would be left of its package
	InReadOnlyCache hold.Reason = "read_only_cache"  // nothing can be removed from its cache
	Sealed          hold.Reason = "foreign_folder"   // a folder in it is another user's, who alone can empty it
	NotInAll        hold.Reason = "not_in_all"       // a lock file: All leaves those
	NotIncluded     hold.Reason = "not_included"     // policy: it is not included
	Excluded        hold.Reason = "excluded"         // policy: it is among those to leave
	UsedLately      hold.Reason = "recently_used"    // policy: it was used not long ago
	AmongLast       hold.Reason = "newest_version"   // policy: it is one of the newest versions
	RoomEnough      hold.Reason = "room_enough"      // policy: there is room without it
	InQuarantine    hold.Reason = "quarantined"      // it was put aside, and its time has not come
)

// IsPolicy says that a policy keeps the entry, not that anything uses it.
func IsPolicy(r hold.Reason) bool {
	switch r {
	case NotIncluded, Excluded, UsedLately, AmongLast, RoomEnough:
		return true
	}
	return false
}

// uses says that something uses the entry, not that it stays for another reason.
func uses(r hold.Reason) bool {
	switch r {
	case hold.HardLinked, hold.SoftLinked, hold.SymlinkFound, hold.OnlyInfo, hold.HoldsEnvironment, hold.InUse, hold.Installed, hold.Remembered,
		ListedByRecord, LockHeld:
		return true
	}
	return false
}

// Sentence is a reason in words that follow "kept: ".
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
