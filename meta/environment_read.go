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

const condaMeta = "conda-meta"

// ReadEnvironment looks at the environment at prefix; false when there is none.
// One that is not found and not proven to be gone is there, with an Err that is
// absence.ErrUnproven.
func ReadEnvironment(prefix string) (Environment, bool) {
	e := Environment{Prefix: prefix}
	exists := e.look(new(absence.Ways), claimNamed)
	return e, exists
}

// read lists the records of the environment; false when there is none at its
// prefix as far as the system says.
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
	names, err := open.Names(filepath.Join(e.Prefix, condaMeta))
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

// look finds out whether there is an environment, which c claims; false if there
// is proof that there is none.
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
	// Of a folder that was named and is empty, as mount points are, nothing is known.
	if e.Err = w.ProveFolder(filepath.Join(e.Prefix, condaMeta), c == claimNamed); e.Err == nil {
		e.lookInside(c)
	}
	return e.Bare || e.Err != nil
}

// lookInside decides whether a folder without records is an environment all the
// same.
func (e *Environment) lookInside(c claim) {
	names, err := open.Names(e.Prefix)
	switch {
	case err == nil:
		e.Bare = isBare(names, c)
	case !isGone(err): // else it is a file, or was removed since
		e.Err = err
	}
}

// OpenRecord opens one of the environment's records, which is a regular file or
// a symlink to one: some sites share them so. It never waits. The error is
// fs.ErrNotExist if the record was removed since it was listed; one that was set
// aside since, or whose name in Records differs from record in that or in case,
// is opened.
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

// otherNames are the names that the record may have instead.
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
	path := filepath.Join(e.Prefix, condaMeta)
	dir, err := walk.Open(path)
	if err != nil {
		if isGone(err) { // of one record, this proves nothing
			err = &absence.UnprovenError{Path: path, Missing: path, Reason: "it was there a moment ago"}
		}
		return nil, err
	}
	defer dir.Close()
	f, err := dir.OpenFile(record)
	if errors.Is(err, syscall.ELOOP) {
		// A link to nothing is no record that was removed: its own error stays.
		if behind, berr := open.Regular(filepath.Join(path, record)); berr == nil {
			return behind, nil
		}
	}
	return f, err
}
