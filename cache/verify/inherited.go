package verify

import (
	"os"
	"path/filepath"
	"slices"

	"gclean/meta/dist"
	"gclean/walk"
)

// inherited names in faults the environments that have the changed file itself: those with
// a record of the package one of whose files leads to the same inode.
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
		// What can be read of a record is enough for what it proves.
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

// sharing is how a file of an environment is that of a package.
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
	// Another name of the inode, or another way to the same name?
	realEnv, err1 := walk.Real(inEnv)
	realCache, err2 := walk.Real(inCache)
	if err1 == nil && err2 == nil && realEnv == realCache {
		return throughSymlink
	}
	return hardLinked
}
