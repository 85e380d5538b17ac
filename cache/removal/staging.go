package removal

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"syscall"

	"gclean/cache"
	"gclean/walk"
)

// errLocked means that a lock was free when the plan was made, and is held now.
var errLocked = errors.New("was locked after the plan was made")

// errGone means that something else removed an entry first.
var errGone = errors.New("gone already")

// errSpared means that an entry has changed since the plan was made.
var errSpared = errors.New("changed after the plan was made")

// staging prepares the entries of one cache for removal.
type staging struct {
	x      *execution
	dir    *walk.Dir
	trash  *Trash
	locked map[string]bool      // lock files that this run holds
	subs   map[string]*walk.Dir // open folders below dir that have entries, by path
	used   map[*walk.Dir]bool   // those with entries that are emptied in place
	full   bool                 // there was no room for the last folder
	// network says that this host's knowledge of the cache may be out of date.
	network bool
}

func (s *staging) close() {
	for _, sub := range s.subs {
		sub.Close()
	}
	clear(s.subs)
}

// leave closes the folders below name: Windows cannot move a folder while a folder inside
// it is open ([MS-FSA] 2.1.5.15.12).
func (s *staging) leave(name string) {
	for below, sub := range s.subs {
		if strings.HasPrefix(below, name+"/") && !s.used[sub] {
			sub.Close()
			delete(s.subs, below)
		}
	}
}

// folder opens the folder below the cache that an entry is in.
func (s *staging) folder(below string) (*walk.Dir, error) {
	if below == "" {
		return s.dir, nil
	}
	if s.subs[below] == nil {
		sub, err := s.dir.OpenBelow(strings.TrimSuffix(below, "/"))
		if err != nil {
			return nil, err
		}
		s.subs[below] = sub
	}
	return s.subs[below], nil
}

// stage prepares an entry for removal: it unlinks a file at once (direct), and moves a
// folder to the trash. If there is no room for that, walk.IsFull holds for the error.
func (s *staging) stage(e *cache.Entry) (t walk.Target, direct bool, err error) {
	in, name, direct, err := s.check(e)
	if direct || err != nil {
		return t, direct, err
	}
	t = walk.Target{Dir: in, Name: name, ID: e.Stat.ID}
	if isInTrash(e) {
		return t, false, nil
	}
	if s.full {
		return t, false, syscall.ENOSPC // there was no room for the last folder either
	}
	t, err = s.move(t, e)
	s.full = walk.IsFull(err)
	return t, false, err
}

// stageInPlace is stage without a trash. It removes the files by which tools recognize a
// package; the caller then empties the folder in place.
func (s *staging) stageInPlace(e *cache.Entry) (t walk.Target, direct bool, err error) {
	in, name, direct, err := s.check(e)
	if direct || err != nil {
		return t, direct, err
	}
	t = walk.Target{Dir: in, Name: name, ID: e.Stat.ID}
	if isInTrash(e) {
		return t, false, nil
	}
	if err := s.x.removeInPlace(in, s.trash, e); err != nil {
		return t, false, err
	}
	// The removed files may have made room.
	moved, err := s.move(t, e)
	if walk.IsFull(err) {
		s.used[in] = true
		return t, false, nil
	}
	return moved, false, err
}

// isInTrash reports whether an earlier run moved the entry to a trash.
func isInTrash(e *cache.Entry) bool {
	top, _, inside := strings.Cut(e.Name, "/")
	return inside && cache.IsOwnTrash(top)
}

// find compares an entry with what was planned. in is the folder that it is in.
func (s *staging) find(e *cache.Entry) (in *walk.Dir, name string, st walk.Stat, err error) {
	below, name := path.Split(e.Name)
	in, err = s.folder(below)
	if errors.Is(err, fs.ErrNotExist) {
		err = errGone
	}
	if err != nil {
		return in, name, st, err
	}
	look := in.Lstat
	if s.network {
		look = in.Look
	}
	st, err = look(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return in, name, st, errGone
	case err != nil:
		return in, name, st, err
	case st.ID != e.Stat.ID:
		return in, name, st, fmt.Errorf("%s: %w", e.Path(), walk.ErrChanged)
	case st.Ctime != e.Stat.Ctime && (e.Category == cache.Packages || e.Category == cache.Tarballs || isInQuarantine(e)):
		// It was extracted again into the same folder, linked, or put into a folder that
		// was empty. Inode numbers are soon reused, change times are not.
		return in, name, st, errSpared
	case st.Mode.IsDir() && cache.Locked(in, e) != nil:
		return in, name, st, errSpared
	}
	return in, name, st, nil
}

// check compares an entry with what was planned, and unlinks it if it is not a folder
// (direct). in is the folder that it is in.
func (s *staging) check(e *cache.Entry) (in *walk.Dir, name string, direct bool, err error) {
	in, name, st, err := s.find(e)
	switch {
	case err != nil, st.Mode.IsDir():
		return in, name, false, err
	case e.Category == cache.Locks && !s.locked[e.Name] && !s.x.own[e.Stat.ID] && walk.IsLocked(e.Path()):
		return in, name, false, fmt.Errorf("%s: %w", e.Path(), errLocked)
	}
	if err := s.x.before("unlink", e.Path()); err != nil {
		return in, name, false, err
	}
	return in, name, true, in.Unlink(name)
}

// move moves the folder t of an entry to the trash, and returns its new place.
func (s *staging) move(t walk.Target, e *cache.Entry) (walk.Target, error) {
	s.leave(e.Name)
	fresh, id, err := s.trash.put(t.Dir, t.Name, e.Stat.ID)
	switch {
	case errors.Is(err, walk.ErrChanged):
		return t, errSpared // the file that took its place was not moved
	case err == nil:
		s.x.companions(t.Dir, e)
		return walk.Target{Dir: s.trash.dir, Name: fresh, ID: id}, nil
	case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EBUSY):
		s.used[t.Dir] = true
		return t, s.x.removeInPlace(t.Dir, s.trash, e)
	}
	return t, err
}
