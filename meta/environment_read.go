package meta

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"gclean/meta/absence"
	"gclean/walk"
	"gclean/walk/open"
)

// ReadEnvironment reads the environment at prefix. It returns false if it does not exist.
// An environment that is not found, but is not proven to be gone, exists with an Err that
// is absence.ErrUnproven.
func ReadEnvironment(prefix string) (Environment, bool) {
	e := Environment{Prefix: prefix}
	exists := e.look(new(absence.Ways), claimNamed)
	return e, exists
}

// read lists the records of the environment. It returns false if the system says that it
// does not exist.
func (e *Environment) read() bool {
	e.Err = e.list()
	return e.Err == nil || !isGone(e.Err)
}

// list lists the records of the environment. The error is that of the system.
func (e *Environment) list() error {
	id, err := walk.Identify(e.Prefix)
	if err != nil {
		return walk.Reached(e.Prefix, err)
	}
	e.ID = id
	names, err := open.Names(filepath.Join(e.Prefix, CondaMeta))
	if err != nil {
		return err
	}
	e.Records = slices.DeleteFunc(names, func(name string) bool {
		_, ok := RecordName(name)
		return !ok
	})
	slices.Sort(e.Records)
	return nil
}

// look finds out whether the environment exists; c is the evidence for it. It returns false
// if the environment is proven not to exist.
func (e *Environment) look(w *absence.Ways, c claim) bool {
	err := e.list()
	switch {
	case err == nil && len(e.Records) > 0:
		return true
	case err == nil:
		e.lookInside(c)
		return true
	case !isGone(err):
		e.Err = err
		return true
	case e.ID == walk.ID{}:
		e.Err = w.ProveFolder(e.Prefix, c <= claimRoot)
		return e.Err != nil
	}
	// A folder that is named and empty may be a mount point, so it proves nothing.
	if e.Err = w.ProveFolder(filepath.Join(e.Prefix, CondaMeta), c == claimNamed); e.Err == nil {
		e.lookInside(c)
	}
	return e.Bare || e.Err != nil
}

// lookInside decides whether a folder without records is an environment.
func (e *Environment) lookInside(c claim) {
	names, err := open.Names(e.Prefix)
	switch {
	case err == nil:
		e.Bare = isBare(names, c)
	case !isGone(err): // otherwise it is a file, or was removed since
		e.Err = err
	}
}

// OpenRecord opens one of the environment's records. That is a regular file, or a symlink
// to one, as some sites share them. It never waits for a FIFO. The error is fs.ErrNotExist
// if the record was removed since it was listed. If it was set aside since, or its name now
// differs in case, OpenRecord finds it by the other name.
func (e *Environment) OpenRecord(record string) (*os.File, error) {
	f, err := e.openRecord(record)
	if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	dist, ok := RecordName(record)
	if !ok {
		return nil, err
	}
	for _, other := range e.otherNames(record, dist) {
		if f, oerr := e.openRecord(other); !errors.Is(oerr, fs.ErrNotExist) {
			return f, oerr
		}
	}
	return nil, err
}

// otherNames returns other names that the record may have.
func (e *Environment) otherNames(record, dist string) []string {
	var names []string
	for _, listed := range e.Records {
		if d, ok := RecordName(listed); ok && d == dist && listed != record {
			names = append(names, listed)
		}
	}
	for _, end := range asideEndings() {
		names = append(names, record+end)
	}
	return names
}

func (e *Environment) openRecord(record string) (*os.File, error) {
	path := filepath.Join(e.Prefix, CondaMeta)
	dir, err := walk.Open(path)
	if err != nil {
		if isGone(err) { // for one record, that proves nothing
			err = &absence.UnprovenError{Path: path, Missing: path, Reason: "it was there a moment ago"}
		}
		return nil, err
	}
	defer dir.Close()
	f, err := dir.OpenFile(record)
	if errors.Is(err, syscall.ELOOP) {
		// If the link dangles, keep the first error: the record was not removed.
		if behind, berr := open.Regular(filepath.Join(path, record)); berr == nil {
			return behind, nil
		}
	}
	return f, err
}
