package installed

import (
	"cmp"
	"fmt"
	"path"
	"time"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
	"gclean/walk/mounts"
)

// watch knows which installers ran while an environment was looked at.
type watch struct {
	o      Options
	prefix *walk.Dir
	before hold.Grace  // of those that ran when it began
	after  *hold.Grace // of those that run once there is a fault
}

func newWatch(o Options, prefix *walk.Dir) *watch {
	w := &watch{o: o, prefix: prefix}
	w.before = w.grace()
	return w
}

// grace is what the installers that run now mean for the environment, and those that may
// run where nobody can see them from here.
func (w *watch) grace() hold.Grace {
	if w.o.Grace != nil && *w.o.Grace <= 0 {
		return hold.Grace{}
	}
	var sys hold.System
	switch {
	case w.o.NothingRuns:
	case w.o.System != nil:
		sys = w.o.System()
	default:
		sys = hold.ReadSystem()
	}
	now := time.Now
	if w.o.Now != nil {
		now = w.o.Now
	}
	return hold.NewWatch(hold.WatchOptions{System: sys, Asked: w.o.Grace, Now: now()}).Grace(w.o.Prefix, w.fsKind)
}

// fsKind is the kind of file system of the environment. What cannot be asked counts as a
// network.
func (w *watch) fsKind() mounts.Kind {
	if w.o.NothingRuns {
		return mounts.Local
	}
	kind, err := w.prefix.FSKind()
	if err != nil {
		return mounts.Network
	}
	return kind
}

// excuse says why the faults of c may come from an installer that is at work. They are
// newer than the grace, or than the start of an installer. nil means that they are older.
func (w *watch) excuse(c *Check) error {
	if len(c.Faults) == 0 {
		return nil
	}
	if w.after == nil {
		after := w.grace()
		w.after = &after
	}
	var newest int64
	for _, f := range c.Faults {
		newest = max(newest, c.stats[f.Path].Ctime, changed(w.prefix, path.Dir(f.Path)))
	}
	newest = max(newest, changed(w.prefix, meta.CondaMeta))
	if err := cmp.Or(w.before.Fresh(newest), w.after.Fresh(newest)); err != nil {
		return fmt.Errorf("an installer may be at work on it: %w", err)
	}
	return nil
}

// changed is when a folder of the environment last changed, or the nearest one above
// that is there: something came or went.
func changed(prefix *walk.Dir, rel string) int64 {
	for ; rel != "."; rel = path.Dir(rel) {
		if dir, err := openFolder(prefix, rel); err == nil {
			defer dir.Close()
			return dir.Stat().Ctime
		}
	}
	return prefix.Stat().Ctime
}
