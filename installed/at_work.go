package installed

import (
	"cmp"
	"fmt"
	"path"
	"time"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
)

// watch knows which installers ran while an environment was looked at.
type watch struct {
	o      Options
	before hold.Grace  // of those that ran when it began
	after  *hold.Grace // of those that run once there is a fault
}

func newWatch(o Options) *watch {
	w := &watch{o: o}
	w.before = w.grace()
	return w
}

// grace is what the installers that run now mean for the environment.
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
	return hold.NewGrace(hold.GraceOptions{Asked: w.o.Grace, Now: now(), Installers: hold.Installers(sys.Processes, sys.Own)})
}

// excuse says why the faults of c may be those of an installer that is at work: they
// came within the grace, or since an installer began. nil is that they are not.
func (w *watch) excuse(prefix *walk.Dir, c *Check) error {
	if len(c.Faults) == 0 {
		return nil
	}
	if w.after == nil {
		after := w.grace()
		w.after = &after
	}
	var newest int64
	for _, f := range c.Faults {
		newest = max(newest, c.stats[f.Path].Ctime, changed(prefix, path.Dir(f.Path)))
	}
	newest = max(newest, changed(prefix, meta.CondaMeta))
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
