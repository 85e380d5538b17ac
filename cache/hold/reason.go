package hold

import "gclean/meta"

// Reason says why an entry is kept; it is a code that scripts can rely on. Reasons about
// plans and policies are in package cache.
type Reason string

// The reasons. A record is a conda-meta/*.json of an environment.
const (
	HardLinked       Reason = "hard_linked"            // one of its files has a link outside the caches
	SoftLinked       Reason = "soft_linked"            // a record says that an environment soft-links it
	SymlinkFound     Reason = "symlink_found"          // an environment has a symlink into it
	OnlyInfo         Reason = "only_info"              // it has nothing to link, and a record names it
	HoldsEnvironment Reason = "holds_environment"      // an environment is inside it
	Fresh            Reason = "fresh"                  // it changed so recently that an installer may be about to link it
	InstallerRunning Reason = "installer_running"      // a running process may be about to link it
	InUse            Reason = "in_use"                 // a process or a mount uses it right now
	Installed        Reason = "installed"              // a record names it, and the user asked that this be enough
	Remembered       Reason = "remembered"             // an environment now out of reach held it when last seen
	Fenced           Reason = "fenced"                 // a round asks other hosts about it
	UnseenUsers      Reason = "unseen_users"           // doubt: nobody can find some users or environments
	UnreadableRecord Reason = "unreadable_record"      // doubt: a record that may name it cannot be read
	UnreadableEnv    Reason = "unreadable_environment" // doubt: an environment cannot be read
	UnreadableEntry  Reason = "unreadable_entry"       // doubt: the entry itself cannot be read completely
)

// Doubt reports whether the entry might be free, but nobody can tell.
func (r Reason) Doubt() bool {
	switch r {
	case UnreadableRecord, UnreadableEnv, UnreadableEntry, UnseenUsers:
		return true
	}
	return false
}

// KeptBack reports whether a later run may remove the entry although no environment
// changes. It is in doubt, or an installer may be about to use it.
func (r Reason) KeptBack() bool {
	return r.Doubt() || r == Fresh || r == InstallerRunning || r == Fenced
}

// Sentence returns the reason in words that can follow "kept: ", or "" for reasons of other
// packages.
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
	case Fenced:
		return "fenced by a round, which asks other hosts about it"
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

// Hold is one thing that keeps an entry, with its proof.
type Hold struct {
	Reason Reason
	Prefix string // the environment concerned, if known
	Record string // path of the record that says so, if there is one
	File   string // path of one file as proof, if there is one
	Err    error  // for a doubt, what prevented a look; for a policy, its figures
	// Users are those whom a doubt concerns: it keeps only entries that one of them can
	// read. Empty means everybody.
	Users []*meta.User
	// Cache is the path of the only cache that a doubt concerns; "" for all.
	Cache string
}
