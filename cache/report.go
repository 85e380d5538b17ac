package cache

import (
	"time"

	"gclean/cache/hold"
	"gclean/meta"
)

// Report says who uses what in the caches, and what a run would free now. It is plain data:
// no part is formatted for a screen.
type Report struct {
	Made time.Time
	Host string // the host that was read; "" if unknown, or if there are several
	// Hosts are set in a report merged from several hosts: see package merged. nil means
	// one host.
	Hosts    []HostUse
	Caches   []Location    // the caches that were read, each once, in the order given
	Items    []*Item       // every entry of every cache, by category, cache and name
	Total    Tally         // sum over all items
	Free     Sizes         // what --all would remove now, and what df would gain
	Problems meta.Problems // what could not be read
	Doubt    bool          // something counts as held because it could not be read

	Categories   []CategoryUse    // those that have entries, in ascending order
	ByCache      []CacheUse       // one for each of Caches
	Owners       []OwnerUse       // by disk space, largest first
	Environments []EnvironmentUse // known environments and those that use anything, by what they alone use, largest first
	Names        []NameUse        // packages by name, by disk space, largest first
	Duplicates   []Duplicate      // by the size of the extra copies, largest first
}

// State is what --all would do with an item.
type State int

// The states.
const (
	StateFree  State = iota // it would be removed
	StateHeld               // something uses it
	StateDoubt              // it would be kept because something could not be read
	StateKept               // nothing uses it, but it would be kept: a policy applies or an installer runs
	StateAside              // it is in quarantine, and its time is not over
)

// StateOf returns the state of an entry with these holds. What uses it takes precedence
// over what only keeps it, and both over doubts.
func StateOf(holds []hold.Hold) State {
	state := StateFree
	for _, h := range holds {
		switch {
		case h.Reason == InQuarantine:
			return StateAside
		case uses(h.Reason):
			return StateHeld
		case !h.Reason.Doubt():
			state = StateKept
		case state == StateFree:
			state = StateDoubt
		}
	}
	return state
}

// String returns the state as a word that scripts can rely on: "free", "held", "doubt",
// "kept" or "quarantined".
func (s State) String() string {
	switch s {
	case StateFree:
		return "free"
	case StateHeld:
		return "held"
	case StateKept:
		return "kept"
	case StateAside:
		return "quarantined"
	}
	return "doubt"
}

// Item is an entry, and what is known about it.
type Item struct {
	Entry *Entry
	Cache int // index in Report.Caches; -1 for a temp file elsewhere
	State State
	Holds []hold.Hold // why it is kept; empty for StateFree
	// Dist and its parts are set for archives and extracted packages, else "".
	Dist, Name, Version, Build string
	// Disk is the space of its inodes, in bytes. Each inode counts only in the first item
	// that has it, so the sum over all items is the size of the caches.
	Disk int64
	// Inodes is the number of its files and folders; each inode counts once, as for Disk.
	Inodes int64
	// Freed is what df gains when the plan of --all removes it; 0 if it is kept.
	// FreedInodes is the same for df -i.
	Freed, FreedInodes int64

	UID      int       // owner of the entry's folder or file; -1 on Windows
	LastUsed time.Time // newest change time of its inodes, which linking and unlinking set
	// Environments are the prefixes that use an extracted package, sorted.
	Environments []string
	// Host is the host that it is on, or the hosts that share it; "" if unknown.
	Host string
}

// Tally is a sum over items.
type Tally struct {
	Items    int
	Files    int64 // everything except folders
	Apparent int64 // bytes: the sum of file sizes
	Disk     int64 // bytes of disk blocks; an inode counts once
	Freed    int64 // bytes that df would gain with --all now
	Inodes   int64 // files and folders; an inode counts once
	// FreedInodes is what df -i would gain with --all now.
	FreedInodes int64
	Held        int // items that are kept, including doubtful ones
}

// HostUse is the sum over the entries of a host. Entries that several hosts share are under
// a name made of all their names.
type HostUse struct {
	Host string
	Made time.Time // when the newest report was made
	Tally
}

// CategoryUse is the sum over a category.
type CategoryUse struct {
	Category Category
	Tally
}

// CacheUse is the sum over a cache.
type CacheUse struct {
	Cache int // index in Report.Caches
	Tally
	FSSize, FSFree int64 // size and free space of its file system, in bytes; 0 if unknown
	// Identity is equal for two caches if they are the same cache, seen by two hosts or by
	// two users of one host.
	Identity string
	Host     string // as in Item
}

// OwnerUse is the sum over the entries of a user.
type OwnerUse struct {
	UID  int
	User string // login name, or else the UID as text
	Host string // as in Item
	Tally
}

// EnvironmentUse is what an environment uses of the caches. Freed and Inodes in its sizes
// are what the packages take up. They become free only when the packages and the files
// linked to them are removed.
type EnvironmentUse struct {
	Prefix   string
	Packages int   // extracted packages in the caches that it uses
	Alone    Sizes // those that no other environment uses
	Shared   Sizes // the others
	Err      error // set if it exists but cannot be read
}

// NameUse is the sum over the versions and builds of a package.
type NameUse struct {
	Name     string
	Versions int // number of different versions
	Builds   int // number of different distributions
	Tally
	Oldest, Newest time.Time // LastUsed of its items
}

// Duplicate is a distribution that is in several caches.
type Duplicate struct {
	Dist   string
	Caches []int // indices in Report.Caches, ascending
	// Apparent is the size of the largest copy. Extra is the disk space of all copies
	// except the largest; inodes shared by caches that hard-link each other count once.
	Apparent, Extra int64
}
