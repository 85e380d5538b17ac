package hold

import "gclean/meta"

// Reason says why an entry stays: a code that scripts can rely on. Reasons that
// have to do with plans and policies are package cache's.
type Reason string

// The reasons. A record is a conda-meta/*.json of an environment.
const (
	HardLinked       Reason = "hard_linked"            // a file of it has a link outside the caches
	SoftLinked       Reason = "soft_linked"            // a record says that an environment soft-links it
	SymlinkFound     Reason = "symlink_found"          // an environment has a symlink into it
	OnlyInfo         Reason = "only_info"              // nothing to link, and a record names it
	HoldsEnvironment Reason = "holds_environment"      // contains an environment
	Fresh            Reason = "fresh"                  // changed so lately that an installer may be about to link it
	InstallerRunning Reason = "installer_running"      // a process may be about to link it
	InUse            Reason = "in_use"                 // a process or a mount uses it right now
	Installed        Reason = "installed"              // a record names it, which was asked to be enough
	Remembered       Reason = "remembered"             // an environment out of reach held it when it was last seen
	UnseenUsers      Reason = "unseen_users"           // doubt: users, or environments, that nobody can find
	UnreadableRecord Reason = "unreadable_record"      // doubt: a record that may name it cannot be read
	UnreadableEnv    Reason = "unreadable_environment" // doubt: an environment cannot be read
	UnreadableEntry  Reason = "unreadable_entry"       // doubt: the entry itself cannot be read whole
)

// Doubt says that the entry might be free, but that is not known.
func (r Reason) Doubt() bool {
	switch r {
	case UnreadableRecord, UnreadableEnv, UnreadableEntry, UnseenUsers:
		return true
	}
	return false
}

// KeptBack says that the entry may go in a later run although nothing changes
// hands: it is in doubt, or somebody may be about to use it.
func (r Reason) KeptBack() bool { return r.Doubt() || r == Fresh || r == InstallerRunning }

// Sentence is the reason in words that follow "kept: "; "" for a reason of
// another package.
func (r Reason) Sentence() string {
	switch r {
	case HardLinked:
		return "hard-linked from outside the caches"
	case SoftLinked:
		return "soft-linked"
	case SymlinkFound:
		return "soft-linked, as a symlink shows"
	case OnlyInfo:
		return "installed, without files to link"
	case HoldsEnvironment:
		return "contains an environment"
	case Fresh:
		return "changed within the grace period"
	case InstallerRunning:
		return "an installer is running"
	case InUse:
		return "in use"
	case Installed:
		return "installed"
	case Remembered:
		return "in use when its environment was last seen"
	case UnseenUsers:
		return "in doubt: some users cannot be asked"
	case UnreadableRecord:
		return "in doubt: a record cannot be read"
	case UnreadableEnv:
		return "in doubt: an environment cannot be read"
	case UnreadableEntry:
		return "in doubt: it cannot be read completely"
	}
	return ""
}

// Hold is one thing that keeps an entry, with what proves it.
type Hold struct {
	Reason Reason
	Prefix string // environment that is concerned, if known
	Record string // path of the record that says so, if one does
	File   string // path of one file as proof, if there is one
	Err    error  // of a doubt: what stood in the way; of a policy: its figures
	// Users are those whom a doubt is about: it keeps only what one of them can
	// read. None means everybody.
	Users []*meta.User
	// Cache is the path of the only cache that a doubt is about; "" for all.
	Cache string
}
