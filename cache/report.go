package cache

import (
	"time"

	"gclean/cache/hold"
	"gclean/meta"
)

// Report is who uses what in the caches, and what a run would free now. It is
// data alone: nothing in it is sorted for a screen or cut to a width.
type Report struct {
	Made time.Time
	Host string // the host that was looked at; "" where it is not known, and of several
	// Hosts are those of a report that was made of several: see package merged. nil
	// is one host.
	Hosts    []HostUse
	Caches   []Location    // the caches looked at, each once, in the order given
	Items    []*Item       // every entry of every cache, by category, cache and name
	Total    Tally         // of all items
	Free     Sizes         // what --all would remove now, and what df would gain
	Problems meta.Problems // what could not be looked at
	Doubt    bool          // something counts as held because it could not be read

	Categories   []CategoryUse    // those that have entries, in ascending order
	ByCache      []CacheUse       // one for each of Caches
	Owners       []OwnerUse       // by disk space, the greatest first
	Environments []EnvironmentUse // that hold anything or are known, by what they hold alone, the greatest first
	Names        []NameUse        // packages by name, by disk space, the greatest first
	Duplicates   []Duplicate      // by what is there more than once, the greatest first
}

// State is what would become of an item if --all were run.
type State int

// The states.
const (
	StateFree  State = iota // it would go
	StateHeld               // something uses it
	StateDoubt              // it would stay because something could not be read
	StateKept               // nothing uses it, and it would stay all the same: a policy, an installer at work
	StateAside              // it is in quarantine, and its time has not come
)

// StateOf is what becomes of an entry that these hold. What uses it wins over what
// keeps it, and both win over doubts.
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

// String is the state in one word, which scripts can rely on: "free", "held", "doubt",
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

// Item is an entry and what is known of it.
type Item struct {
	Entry *Entry
	Cache int // index in Report.Caches; -1 for a temp file elsewhere
	State State
	Holds []hold.Hold // why it stays; empty for StateFree
	// Dist, and its parts, of an archive or extracted package; else "".
	Dist, Name, Version, Build string
	// Disk is the space of its inodes, each counted with the first item that
	// has it: the sum over all items is what the caches take up.
	Disk int64
	// Inodes are its files and folders, each inode counted as in Disk.
	Inodes int64
	// Freed is what df gains when --all removes it, as part of that plan; 0 for
	// what stays. FreedInodes is the same of df -i.
	Freed, FreedInodes int64

	UID      int       // owner of the entry's folder or file; -1 where there is none (Windows)
	LastUsed time.Time // the newest change time of its inodes: linking and unlinking set it
	// Environments are the prefixes that use it, sorted; of extracted packages.
	Environments []string
	// Host is the host that it is on, or all that share it; "" where it is not known.
	Host string
}

// Tally adds up items.
type Tally struct {
	Items    int
	Files    int64 // everything that is not a folder
	Apparent int64 // bytes: the sum of file sizes
	Disk     int64 // bytes of disk blocks, an inode counted once
	Freed    int64 // bytes that df would gain with --all now
	Inodes   int64 // files and folders, an inode counted once
	// FreedInodes are those that df -i would gain with --all now.
	FreedInodes int64
	Held        int // items that stay, doubtful ones included
}

// HostUse is what the entries of a host take up. What several hosts share is under a
// name of its own, which has all of theirs.
type HostUse struct {
	Host string
	Made time.Time // of the newest report
	Tally
}

// CategoryUse is what a category takes up.
type CategoryUse struct {
	Category Category
	Tally
}

// CacheUse is what a cache takes up.
type CacheUse struct {
	Cache int // index in Report.Caches
	Tally
	FSSize, FSFree int64 // bytes of its file system, and of them free; 0 if unknown
	// Identity is the same of two caches if they are one, seen by two hosts or by two
	// users of one.
	Identity string
	Host     string // as in Item
}

// OwnerUse is what the entries of a user take up.
type OwnerUse struct {
	UID  int
	User string // login name, or the number as text where there is none
	Host string // as in Item
	Tally
}

// EnvironmentUse is what an environment uses of the caches. Freed and Inodes in its
// sizes are what the packages take up: it is free once they and what is linked to them
// in the environments are gone.
type EnvironmentUse struct {
	Prefix   string
	Packages int   // extracted packages in the caches that it uses
	Alone    Sizes // of those that no other environment uses
	Shared   Sizes // of the others
	Err      error // set when it exists and cannot be read
}

// NameUse is what the versions and builds of a package take up.
type NameUse struct {
	Name     string
	Versions int // different versions
	Builds   int // different distributions
	Tally
	Oldest, Newest time.Time // LastUsed of its items
}

// Duplicate is a distribution that is in several caches.
type Duplicate struct {
	Dist   string
	Caches []int // indices in Report.Caches, ascending
	// Apparent is the size of one copy, the largest; Extra is the disk space of all but
	// the largest. Caches that hard-link each other share inodes: they count once.
	Apparent, Extra int64
}
