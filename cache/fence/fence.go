package fence

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"strings"

	"gclean/walk"
)

// ErrOther says that an item is not what it was: it is gone, or something else has
// taken its place. It is not fenced.
var ErrOther = errors.New("is not what it was")

// place is where an item is, open.
type place struct {
	dir  *walk.Dir // that it is in
	name string
	sub  *walk.Dir // its info folder; nil for an archive
}

func (p *place) close() {
	p.dir.Close()
	if p.sub != nil {
		p.sub.Close()
	}
}

// find opens where an item is. The error is ErrOther where it is another by now.
func find(cache *walk.Dir, it *Item) (*place, error) {
	above, name := path.Split(string(it.Name))
	if above != "" {
		_, _ = cache.Look(strings.TrimSuffix(above, "/")) // what is wrong is found by who opens it
	}
	dir, err := cache.OpenBelow(strings.TrimSuffix(above, "/"))
	if err != nil {
		return nil, gone(it, err)
	}
	p := &place{dir: dir, name: name}
	if it.Kind == Package {
		p.sub, err = openInfo(dir, name, it)
	}
	if err != nil {
		dir.Close()
		return nil, err
	}
	return p, nil
}

// openInfo opens the info folder of a package.
func openInfo(dir *walk.Dir, name string, it *Item) (*walk.Dir, error) {
	_, _ = dir.Look(name) // what is wrong is found by who opens it
	folder, err := dir.OpenDir(name)
	if err != nil {
		return nil, gone(it, err)
	}
	defer folder.Close()
	if folder.ID().Ino != it.Ino {
		return nil, fmt.Errorf("%s: %w", folder.Path(), ErrOther)
	}
	_, _ = folder.Look("info")
	info, err := folder.OpenDir("info")
	if err != nil {
		return nil, gone(it, err)
	}
	return info, nil
}

// gone is ErrOther where err says that there is nothing, or no folder.
func gone(it *Item, err error) error {
	if walk.LeadsNowhere(err) {
		return fmt.Errorf("%s: %w", it.Name, ErrOther)
	}
	return err
}

// folderOf is the folder that a file of the item is in, and its name there.
func (p *place) folderOf(m moving) (*walk.Dir, string) {
	if p.sub == nil {
		return p.dir, p.name
	}
	return p.sub, m.name
}

// Set puts an item out of sight. What was put there before stays there. The error is
// ErrOther where the item is not what it was. After any error, Restore puts back what
// was moved.
func Set(cache *walk.Dir, it *Item, before Before) error {
	round, err := cache.OpenBelow(OwnDir + "/" + RoundDir)
	if err != nil {
		return err
	}
	defer round.Close()
	p, err := find(cache, it)
	if err != nil {
		return err
	}
	defer p.close()
	for _, m := range it.aside() {
		dir, name := p.folderOf(m)
		if err := move(dir, name, round, m.aside, it, before); err != nil {
			return err
		}
	}
	return nil
}

// move moves one file aside.
func move(dir *walk.Dir, name string, round *walk.Dir, aside string, it *Item, before Before) error {
	st, err := dir.Lstat(name)
	_, there := round.Lstat(aside)
	switch {
	case errors.Is(err, fs.ErrNotExist) && (there == nil || it.Kind == Package):
		return nil // done before, or there was none
	case errors.Is(err, fs.ErrNotExist), err == nil && it.Kind == Archive && st.ID.Ino != it.Ino:
		return fmt.Errorf("%s: %w", filepath.Join(dir.Path(), name), ErrOther)
	case err != nil:
		return err
	case there == nil, !st.Mode.IsRegular():
		// It has come back, or somebody else has put something there.
		return fmt.Errorf("%s: %w", filepath.Join(dir.Path(), name), ErrOther)
	}
	if err := before.ask("rename", filepath.Join(dir.Path(), name)); err != nil {
		return err
	}
	_, err = dir.Move(name, st.ID, round, aside)
	if errors.Is(err, walk.ErrChanged) {
		return fmt.Errorf("%s: %w", filepath.Join(dir.Path(), name), ErrOther)
	}
	return err
}

// Fenced says whether an item still is as Set has left it. It must be the same item,
// without the files by which an installer knows it.
func Fenced(cache *walk.Dir, it *Item) bool {
	round, err := cache.OpenBelow(OwnDir + "/" + RoundDir)
	if err != nil {
		return false
	}
	defer round.Close()
	// An NFS client checks the names that it remembers only if it knows that their folder
	// has changed: find asks about each folder.
	p, err := find(cache, it)
	if err != nil {
		return false
	}
	defer p.close()
	if it.Kind == Archive {
		_, _ = p.dir.Look(p.name) // another may be there by now
		st, err := round.Look(it.aside()[0].aside)
		return err == nil && st.ID.Ino == it.Ino
	}
	for _, m := range it.aside() {
		dir, name := p.folderOf(m)
		if _, err := dir.Look(name); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

// Gone says whether there is nothing any more where an item was, and nothing of it aside:
// it was removed.
func Gone(cache *walk.Dir, it *Item) bool {
	above, name := path.Split(string(it.Name))
	dir, err := cache.OpenBelow(strings.TrimSuffix(above, "/"))
	if err == nil {
		_, err = dir.Look(name)
		dir.Close()
	}
	if it.Kind == Package || !walk.IsGone(err) {
		return walk.IsGone(err)
	}
	round, err := cache.OpenBelow(OwnDir + "/" + RoundDir)
	if err == nil {
		_, err = round.Lstat(it.aside()[0].aside)
		round.Close()
	}
	return walk.IsGone(err)
}

// Back is what Restore did.
type Back int

// What Restore may have done.
const (
	Nothing  Back = iota // there was nothing aside
	Restored             // it is where it was
	Replaced             // an installer has brought it anew: what was aside is gone
)

// Restore puts an item back. If an installer has brought the same again, or the folder is
// gone, Restore removes what is aside, which would be in the way.
func Restore(cache *walk.Dir, it *Item, before Before) (back Back, err error) {
	round, err := cache.OpenBelow(OwnDir + "/" + RoundDir)
	if errors.Is(err, fs.ErrNotExist) {
		return Nothing, nil
	}
	if err != nil {
		return Nothing, err
	}
	defer round.Close()
	list := it.aside()
	waits := false
	for _, m := range list {
		_, err := round.Lstat(m.aside)
		waits = waits || err == nil
	}
	if !waits {
		return Nothing, nil
	}
	p, err := find(cache, it)
	switch {
	case errors.Is(err, ErrOther):
		back = Replaced
	case err != nil:
		return Nothing, err
	default:
		defer p.close()
	}
	for i := range list {
		m := list[len(list)-1-i]
		one := Replaced
		if p != nil {
			dir, name := p.folderOf(m)
			if one, err = putBack(round, m.aside, dir, name, before); err != nil {
				return Nothing, err
			}
		}
		if err := unlink(round, m.aside, before); err != nil {
			return Nothing, err
		}
		back = max(back, one)
	}
	return back, nil
}

// putBack makes a file that is aside appear where it was, without replacing anything.
// It is aside as well then.
func putBack(round *walk.Dir, aside string, dir *walk.Dir, name string, before Before) (Back, error) {
	st, err := round.Lstat(aside)
	if errors.Is(err, fs.ErrNotExist) {
		return Nothing, nil
	}
	if err != nil {
		return Nothing, err
	}
	switch there, err := dir.Look(name); {
	case err == nil && there.ID == st.ID:
		return Restored, nil // by a run that was killed
	case err == nil:
		return Replaced, nil
	case !errors.Is(err, fs.ErrNotExist):
		return Nothing, err
	}
	if err := before.ask("link", filepath.Join(dir.Path(), name)); err != nil {
		return Nothing, err
	}
	err = round.Link(aside, dir, name)
	if errors.Is(err, fs.ErrExist) {
		if there, err := dir.Look(name); err == nil && there.ID == st.ID {
			return Restored, nil // the answer was lost, and the call made again
		}
		return Replaced, nil
	}
	return Restored, err
}

// Remove removes an archive that is aside. It stays if it has a link elsewhere, and
// Remove says so.
func Remove(cache *walk.Dir, it *Item, before Before) (removed bool, err error) {
	round, err := cache.OpenBelow(OwnDir + "/" + RoundDir)
	if err != nil {
		return false, err
	}
	defer round.Close()
	name := it.aside()[0].aside
	st, err := round.Look(name)
	if err != nil || it.Kind != Archive || st.ID.Ino != it.Ino || st.Nlink > 1 {
		if errors.Is(err, fs.ErrNotExist) {
			err = nil
		}
		return false, err
	}
	return true, unlink(round, name, before)
}
