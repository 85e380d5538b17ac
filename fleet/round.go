package fleet

import (
	"strconv"
	"time"

	"gclean/cache"
	"gclean/cache/fence"
	"gclean/cache/hold"
)

// Round is what Open has written down.
type Round struct {
	Nonce  string
	Dir    string // the folder of the round
	Host   string // that it was opened on
	User   string
	PID    int
	Opened time.Time // by the clock of that host, for people
	Policy string    // what was asked for, as text
	Hosts  []Host
	// Without are hosts of the list that nobody waits for.
	Without []string
	// KeepInstalled is that of cache.Options.
	KeepInstalled bool
	Caches        []Cache
	Entries       []Entry
	// Fenced says that everything is out of sight. Marks are made from then on.
	Fenced bool
	// End is what became of it; nil as long as it is open.
	End *End

	mark string // the nonce of marks, "" before Fenced
}

// Cache is a cache of a round.
type Cache struct {
	Path   string // on the host that opened the round
	Family cache.Family
	Ino    uint64 // of its folder, the same on each host
}

// Entry is an archive or an extracted package that a round is about.
type Entry struct {
	Cache int // index in Round.Caches
	fence.Item
	// Companion is an archive that stays: it is fenced because its package is.
	Companion bool
	// Package is what witnesses are asked; nil for an archive.
	Package  *hold.Package
	Apparent int64 // bytes, as conda counts them
	Freed    int64 // bytes of disk space
	Inodes   int64
	UID      uint32
	Owner    string // of the files, by name
	Because  string // why a policy lets it go; "" where none was asked
	// Unfenced says why it could not be fenced, "" if it is. It stays then.
	Unfenced string
}

// Host is a host that a round asks.
type Host struct {
	Name string
	// NoCache says that the host has none of the caches: it is no failure that it does
	// not see them.
	NoCache bool
}

// State is what became of an entry, or will.
type State string

// The states.
const (
	Goes     State = "free"  // nobody is known to hold it, so far
	Held     State = "held"  // an environment of a host holds it
	InDoubt  State = "doubt" // a host could not look at everything
	Removed  State = "removed"
	Restored State = "restored" // it is where it was
	Replaced State = "replaced" // an installer has downloaded it again meanwhile
	Failed   State = "failed"   // it could not be removed or restored
	Apart    State = "kept"     // it was not fenced, so it stays
)

// Verdict is what is known of an entry.
type Verdict struct {
	State State
	Holds []HeldOn // what keeps it, where something does
	Err   error    // of Failed, and why an entry is Apart
}

// HeldOn is what a host holds.
type HeldOn struct {
	Host string
	hold.Hold
}

// End is what became of a round.
type End struct {
	Aborted bool
	At      time.Time // by the clock of the host, for people
	Host    string
	Without []string
	States  []State // of the entries, in order
	// Found is what keeps an entry, by its index, that the host found which closed the
	// round. The marks have the rest.
	Found map[int][]HeldOn
}

// Sizes adds up the entries for which a function says yes.
func (r *Round) Sizes(counts func(i int) bool) cache.Sizes {
	var s cache.Sizes
	for i := range r.Entries {
		if counts(i) {
			s.Apparent += r.Entries[i].Apparent
			s.Freed += r.Entries[i].Freed
			s.Inodes += r.Entries[i].Inodes
		}
	}
	return s
}

// Path is the path of an entry, on the host that opened the round.
func (r *Round) Path(i int) string {
	e := &cache.Entry{Dir: r.Caches[r.Entries[i].Cache].Path, Name: string(r.Entries[i].Name)}
	return e.Path()
}

// Category is the category of an entry.
func (e *Entry) Category() cache.Category {
	if e.Kind == fence.Archive {
		return cache.Tarballs
	}
	return cache.Packages
}

// isWithout says whether nobody waits for a host.
func (r *Round) isWithout(host string, more []string) bool {
	for _, list := range [][]string{r.Without, more} {
		for _, name := range list {
			if name == host {
				return true
			}
		}
	}
	return false
}

// host returns the host with this name, or nil.
func (r *Round) host(name string) *Host {
	for i := range r.Hosts {
		if r.Hosts[i].Name == name {
			return &r.Hosts[i]
		}
	}
	return nil
}

// leaseNonce is the nonce of the lease of one cache: it tells which of them it is.
func (r *Round) leaseNonce(number int) string { return r.Nonce + "." + strconv.Itoa(number) }

// items are the items of one cache.
func (r *Round) items(number int) []fence.Item {
	var list []fence.Item
	for i := range r.Entries {
		if r.Entries[i].Cache == number {
			list = append(list, r.Entries[i].Item)
		}
	}
	return list
}
