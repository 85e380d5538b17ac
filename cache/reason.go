package cache

import "fmt"

// Reason says why an entry stays.
type Reason int

// The reasons. Those from UnreadableRecord on are doubts: what would have told
// could not be read.
const (
	HardLinked       Reason = iota // a file of it has a link outside the caches
	SoftLinked                     // a record says that an environment soft-links it
	SymlinkFound                   // an environment has a symlink into it
	OnlyInfo                       // nothing to link, and a record names it
	ListedByRecord                 // a temp file that a package brought along
	LockHeld                       // a lock that a process holds
	Fresh                          // changed so lately that an installer may be about to link it
	HoldsEnvironment               // an environment is in it
	Needed                         // an archive that is all that would be left of its package
	InReadOnlyCache                // nothing can be removed from its cache
	NotInAll                       // a lock file, which goes only with --locks
	NotIncluded                    // policy: it is not among those to take
	Excluded                       // policy: it is among those to leave
	UsedLately                     // policy: it was used not long ago
	AmongLast                      // policy: it is one of the newest versions
	RoomEnough                     // policy: there is room without it
	UnreadableRecord               // a record of its name cannot be read
	UnreadableEnv                  // an environment cannot be read
	UnreadableEntry                // the entry itself cannot be read whole
)

// Policy says that a policy keeps the entry, not that anything uses it.
func (r Reason) Policy() bool { return r >= NotIncluded && r <= RoomEnough }

// Doubt says that the entry might be free, but that is not known.
func (r Reason) Doubt() bool { return r >= UnreadableRecord }

// String is the reason in words that follow "kept: ".
func (r Reason) String() string {
	switch r {
	case HardLinked:
		return "hard-linked from outside the caches"
	case SoftLinked:
		return "soft-linked"
	case SymlinkFound:
		return "soft-linked, whatever the record says"
	case OnlyInfo:
		return "installed, with nothing to link"
	case ListedByRecord:
		return "belongs to an installed package"
	case LockHeld:
		return "locked"
	case Fresh:
		return "too fresh to go"
	case HoldsEnvironment:
		return "an environment is in it"
	case Needed:
		return "needed"
	case InReadOnlyCache:
		return "its cache is read-only"
	case NotInAll:
		return "only --locks takes lock files"
	case NotIncluded:
		return "not among --include"
	case Excluded:
		return "excluded"
	case UsedLately:
		return "used lately"
	case AmongLast:
		return "one of the newest versions"
	case RoomEnough:
		return "there is room"
	case UnreadableRecord:
		return "in doubt: a record cannot be read"
	case UnreadableEnv:
		return "in doubt: an environment cannot be read"
	case UnreadableEntry:
		return "in doubt: it cannot be read whole"
	}
	return fmt.Sprintf("reason %d", int(r))
}

// Hold is one thing that keeps an entry, with what proves it.
type Hold struct {
	Reason Reason
	Prefix string // environment that is concerned, if known
	Record string // path of the record that says so, if one does
	File   string // path of one file as proof, if there is one
	Err    error  // of a doubt: what stood in the way; of a policy: its figures
}
