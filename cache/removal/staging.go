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

// errLocked is why a lock stays that was free when the plan was made.
var errLocked = errors.New("has been locked since it was looked at")

// errNotEmptied is why a mark stays.
var errNotEmptied = errors.New("left, as long as there is something else in the cache")

// errGone says that an entry was gone before it could be removed.
var errGone = errors.New("gone already")

// errSpared says that an entry has changed since the plan was made.
var errSpared = errors.New("changed since it was looked at")

// staging gets the entries of one cache ready for removal.
type staging struct {
	x      *execution
	dir    *walk.Dir
	trash  *Trash
	locked map[string]bool      // lock files that this run itself holds
	subs   map[string]*walk.Dir // folders below dir that have entries, open: one handle for each
	used   map[*walk.Dir]bool   // those among them with targets, which are emptied where they are
}

func (s *staging) close() {
	for _, sub := range s.subs {
		sub.Close()
	}
	clear(s.subs)
}

// leave closes the folders below name: Windows moves no folder while one is
// open somewhere in it ([MS-FSA] 2.1.5.15.12).
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
	switch below {
	case "":
		return s.dir, nil
	case cache.OwnTrash + "/":
		if err := s.trash.Open(); err != nil {
			return nil, err
		}
		return s.trash.dir, nil
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

// stage gets an entry ready for removal: a file is unlinked at once (direct),
// a folder is moved to the trash.
func (s *staging) stage(e *cache.Entry) (t walk.Target, direct bool, err error) {
	below, name := path.Split(e.Name)
	in, err := s.folder(below)
	if errors.Is(err, fs.ErrNotExist) {
		err = errGone
	}
	if err != nil {
		return t, false, err
	}
	st, err := in.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return t, false, errGone
	case err != nil:
		return t, false, err
	case st.ID != e.Stat.ID:
		return t, false, fmt.Errorf("%s: %w", e.Path(), walk.ErrChanged)
	case st.Ctime != e.Stat.Ctime && (e.Category == cache.Packages || e.Category == cache.Tarballs):
		// Extracted anew into the same folder, or linked: an inode number is
		// used again soon, a change time is not.
		return t, false, errSpared
	}
	if !st.Mode.IsDir() {
		if e.Category == cache.Locks && !s.locked[e.Name] && !s.x.own[e.Stat.ID] && walk.IsLocked(e.Path()) {
			return t, false, fmt.Errorf("%s: %w", e.Path(), errLocked)
		}
		if err := s.x.before("unlink", e.Path()); err != nil {
			return t, false, err
		}
		return t, true, in.Unlink(name)
	}
	t = walk.Target{Dir: in, Name: name, ID: e.Stat.ID}
	if in == s.trash.dir {
		return t, false, nil
	}
	s.leave(e.Name)
	switch fresh, id, err := s.trash.put(in, name, e.Stat.ID); {
	case errors.Is(err, walk.ErrChanged):
		return t, false, errSpared // what took its place is where it was
	case err == nil:
		s.x.companions(in, e)
		return walk.Target{Dir: s.trash.dir, Name: fresh, ID: id}, false, nil
	case errors.Is(err, syscall.EXDEV), errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EBUSY):
		s.used[in] = true
		return t, false, s.x.removeInPlace(in, s.trash, e)
	default:
		return t, false, err
	}
}
