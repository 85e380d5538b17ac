package verify

import (
	"os"
	"path/filepath"
	"slices"

	"gclean/meta/dist"
	"gclean/walk"
)

// inherited adds to faults the environments that have the changed file itself. Those are
// environments with a record of the package that lists a file with the same inode.
func (x *verifier) inherited(c *Check, faults []Fault) {
	changed := make(map[string]*Fault)
	for i, f := range faults {
		if f.Kind == dist.WrongHash || f.Kind == dist.WrongSize || f.Kind == dist.Added {
			changed[f.Path] = &faults[i]
		}
	}
	if len(changed) == 0 {
		return
	}
	if x.users == nil {
		return
	}
	for _, env := range x.users(c.Package.Dist) {
		if env.Err != nil {
			continue
		}
		f, err := env.OpenRecord(c.Package.Dist + ".json")
		if err != nil {
			continue // the survey has reported it
		}
		// An incomplete record still proves what it lists.
		_, _ = dist.ReadRecordFiles(f, func(rel string) bool {
			for _, name := range dist.SourcesOf(rel) {
				fault := changed[name]
				if fault == nil {
					continue
				}
				list := &fault.Environments
				switch sharedBy(filepath.Join(env.Prefix, filepath.FromSlash(rel)), filepath.Join(c.Entry.Path(), filepath.FromSlash(name))) {
				case notShared:
					continue
				case throughSymlink:
					list = &fault.Through
				}
				if !slices.Contains(*list, env.Prefix) {
					*list = append(*list, env.Prefix)
				}
			}
			return true
		})
		f.Close()
	}
	for _, f := range changed {
		slices.Sort(f.Environments)
		slices.Sort(f.Through)
	}
}

// sharing says how a file of an environment is the same as a file of a package.
type sharing int

const (
	notShared sharing = iota
	hardLinked
	throughSymlink
)

func sharedBy(inEnv, inCache string) sharing {
	a, err := os.Stat(inEnv)
	if err != nil {
		return notShared
	}
	b, err := os.Lstat(inCache)
	if err != nil || !os.SameFile(a, b) {
		return notShared
	}
	// Is it another name of the inode, or another path to the same name?
	realEnv, err1 := walk.Real(inEnv)
	realCache, err2 := walk.Real(inCache)
	if err1 == nil && err2 == nil && realEnv == realCache {
		return throughSymlink
	}
	return hardLinked
}
