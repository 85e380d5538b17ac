package cache

import (
	"time"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
	"gclean/walk/mounts"
)

// Look says where to look and what to assume. The options of everything that reads caches
// include it.
type Look struct {
	// Discovery is what was found on the host: folders that may be caches, and environments
	// that use packages.
	Discovery *meta.Discovery
	// Witness is asked about environments that this process does not read itself. nil means
	// the discovery's Asker, if it implements hold.Witness.
	Witness hold.Witness
	// IgnoreUnreadable treats environments and lists that cannot be read as empty.
	IgnoreUnreadable bool
	// Grace keeps entries that changed within this time. nil means hold.DefaultGrace while
	// another process installs packages, or may do so unseen, else 0. A Grace of 0 lets
	// entries be removed even while a process installs.
	Grace *time.Duration
	// NothingRuns says that no process can be installing: the caches are those of an image.
	NothingRuns bool
	// System reads the processes and mounts of this machine; nil means hold.ReadSystem.
	System func() hold.System
	// FSKind returns the kind of file system of a cache; nil means (*walk.Dir).FSKind.
	FSKind func(cache *walk.Dir) (mounts.Kind, error)
	// Now returns the time from which ages are counted; nil means time.Now.
	Now  func() time.Time
	Jobs int // folders read at a time; 0 chooses a number
}

// Options is the input of Prepare.
type Options struct {
	Look
	Targets []Category // categories to remove
	// TempPaths are the folders to search for temp files.
	TempPaths []string
	// KeepInstalled keeps packages that a record names, linked or not.
	KeepInstalled bool
	// EvenLinked also removes packages and archives that are hard-linked from outside the
	// caches, and packages with nothing to link: a hard link keeps the content. Soft links,
	// doubts, installers and locks hold as usual.
	EvenLinked bool
	// KeepNeeded keeps archives whose extracted package is missing, broken, or removed by
	// the same plan.
	KeepNeeded bool
	// Policy narrows which archives and packages are removed.
	Policy Policy
	// Quarantine is how long archives and packages are set aside before they are removed
	// for good; 0 removes them at once.
	Quarantine time.Duration
	// Own are the lock files that this run holds, when the plan is made again during a run:
	// they are not probed.
	Own map[walk.ID]bool
}

// ListOptions is the input of List and NewSurvey.
type ListOptions struct {
	Look
	// Dists limits the list to distributions, given as patterns of path.Match or as names
	// of archives. Empty means all.
	Dists []string
}

// ReportOptions is the input of NewReport.
type ReportOptions struct {
	Look
	// TempPaths are the folders to search for temp files.
	TempPaths []string
	// Host is the name of the host for people. Machine distinguishes it from all other
	// hosts.
	Host, Machine string
}
