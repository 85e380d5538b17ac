package cache

import (
	"time"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
	"gclean/walk/mounts"
)

// Look says where to look, and what is taken for certain. It is part of the
// options of everything that looks at caches.
type Look struct {
	// Discovery is what was found on the host: folders that may be caches, and
	// the environments that hold packages.
	Discovery *meta.Discovery
	// Witness is asked which packages environments hold that this process does not
	// read itself. nil is the Asker of the discovery, if that is one.
	Witness hold.Witness
	// IgnoreUnreadable takes environments and lists that cannot be read for
	// empty.
	IgnoreUnreadable bool
	// Grace keeps entries that changed within it; nil is hold.DefaultGrace while
	// another process installs packages or may do so unseen, else 0. A Grace of 0
	// lets entries go whatever installs.
	Grace *time.Duration
	// NothingRuns says that no process can be installing: the caches are those
	// of an image.
	NothingRuns bool
	// System looks at the processes and mounts of this machine; nil is
	// hold.ReadSystem.
	System func() hold.System
	// FSKind is the kind of file system of a cache; nil is its own FSKind.
	FSKind func(cache *walk.Dir) (mounts.Kind, error)
	// Now is the time by which the age of entries is told; nil is time.Now.
	Now  func() time.Time
	Jobs int // folders read at a time; 0 chooses
}

// Options are those of Prepare.
type Options struct {
	Look
	Targets []Category // what is to be removed
	// TempPaths are the folders searched for temp files.
	TempPaths []string
	// KeepInstalled keeps packages that a record names, linked or not.
	KeepInstalled bool
	// EvenLinked takes packages and archives that are hard-linked from outside the
	// caches too, and packages with nothing to link: whoever has a hard link keeps
	// the content. Soft links, doubts, installers and locks hold as ever.
	EvenLinked bool
	// KeepNeeded keeps archives whose extracted package is missing or broken, or
	// goes by the same plan.
	KeepNeeded bool
	// Policy narrows which archives and packages go.
	Policy Policy
	// Round makes the plan one of the packages that a round has fenced, and of nothing
	// else; nil is an ordinary plan, which keeps those.
	Round *Round
	// Quarantine is how long archives and packages that go are kept aside before they
	// are removed for good; 0 removes them at once.
	Quarantine time.Duration
	// Own are the lock files that the run holds itself, where the plan is made
	// anew during a run: they are not probed.
	Own map[walk.ID]bool
}

// ListOptions are those of List and NewSurvey.
type ListOptions struct {
	Look
	// Dists limits it to distributions, given as patterns of path.Match or by the
	// names of archives; none is all.
	Dists []string
}

// ReportOptions are those of NewReport.
type ReportOptions struct {
	Look
	// TempPaths are the folders searched for temp files.
	TempPaths []string
	// Host is the name of the host, for people, and Machine tells it from all others.
	Host, Machine string
}
