package fence

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"

	"gclean/internal/asuser/wire"
	"gclean/walk"
)

// Kind is what an item is.
type Kind string

// The kinds.
const (
	Archive Kind = "archive"
	Package Kind = "package" // an extracted one
)

// Item is something in a cache that is fenced.
type Item struct {
	Number int       `json:"number"` // each item of a cache has one of its own
	Kind   Kind      `json:"kind"`
	Name   wire.Path `json:"name"` // slash-separated, below the cache
	Ino    uint64    `json:"ino"`  // its inode, the same on each host
	// Index is name-version-build as the info/index.json of a package has it, which is
	// aside; "" where it had none.
	Index wire.Path `json:"index,omitzero"`
}

// aside are the files of an item that are moved, each with its name before and after, in
// the order of moving.
func (it *Item) aside() (list []moving) {
	number := strconv.Itoa(it.Number)
	if it.Kind == Archive {
		return []moving{{"", "", number + ".archive"}}
	}
	return []moving{{"info", "index.json", number + ".index"}, {"info", "repodata_record.json", number + ".record"}}
}

// moving is one file: name in the folder below the item, and its name aside. Of an
// archive, both of the first are "".
type moving struct{ folder, name, aside string }

// The limits of a name. Who can write to a cache can forge the list.
const (
	longestName = 4096 // bytes
	deepestName = 64   // folders
)

// sound says whether an item can be one.
func (it *Item) sound() bool {
	if len(it.Name) > longestName || strings.Count(string(it.Name), "/") > deepestName {
		return false
	}
	return it.Number >= 0 && (it.Kind == Archive || it.Kind == Package) && filepath.IsLocal(filepath.FromSlash(string(it.Name))) && it.Name != "."
}

// listing is a line of the list of items.
type listing struct {
	Nonce string `json:"nonce,omitzero"` // of the first line
	Item  *Item  `json:"item,omitzero"`
	End   bool   `json:"end,omitzero"`
}

// State is what a cache itself says about a round in it.
type State struct {
	Lease Lease // without a nonce if the cache has no lease, which is wrong
	Items []Item
	names map[string]*Item
	above map[string]bool // folders that items are below
}

// ErrList says that the list of items cannot be understood.
var ErrList = errors.New("the list of what a round has fenced is not whole")

// Read says what a round has fenced in a cache. It is nil if the cache is in no round.
func Read(cache *walk.Dir) (*State, error) {
	lease, err := ReadLease(cache)
	if err != nil {
		return nil, err
	}
	s := &State{names: map[string]*Item{}, above: map[string]bool{}}
	if lease != nil {
		s.Lease = *lease
	}
	f, err := openItems(cache)
	if errors.Is(err, fs.ErrNotExist) {
		if lease == nil {
			return nil, nil
		}
		return s, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if s.Items, err = readItems(f); err != nil {
		return nil, fmt.Errorf("%s: %w", f.Name(), err)
	}
	for i := range s.Items {
		name := string(s.Items[i].Name)
		s.names[name] = &s.Items[i]
		for dir := path.Dir(name); dir != "." && !s.above[dir]; dir = path.Dir(dir) {
			s.above[dir] = true
		}
	}
	return s, nil
}

// openItems opens the list of what a round has fenced in a cache.
func openItems(cache *walk.Dir) (*os.File, error) {
	round, err := cache.OpenBelow(OwnDir + "/" + RoundDir)
	if err != nil {
		return nil, err
	}
	defer round.Close()
	_, _ = round.Look(itemsName)
	return round.OpenFile(itemsName)
}

// readItems reads a list of items.
func readItems(r io.Reader) (items []Item, err error) {
	dec := wire.NewDecoder(r, protocol, version)
	for {
		var l listing
		switch err := dec.Decode(&l); {
		case err == io.EOF:
			return nil, ErrList
		case err != nil:
			return nil, err
		case l.End:
			return items, nil
		case l.Item != nil && !l.Item.sound():
			return nil, ErrList
		case l.Item != nil:
			items = append(items, *l.Item)
		}
	}
}

// Of is the item of this name, nil for none.
func (s *State) Of(name string) *Item {
	if s == nil {
		return nil
	}
	return s.names[name]
}

// Below says whether an item is at name or below it.
func (s *State) Below(name string) bool {
	if s == nil {
		return false
	}
	return s.names[name] != nil || s.above[name]
}

// Write lists items in a cache that is leased. They are not fenced yet.
func Write(cache *walk.Dir, nonce string, items []Item, before Before) error {
	own, err := makeDir(cache, OwnDir, before)
	if err != nil {
		return err
	}
	defer own.Close()
	round, err := makeDir(own, RoundDir, before)
	if err != nil {
		return err
	}
	defer round.Close()
	messages := []any{&listing{Nonce: nonce}}
	for i := range items {
		messages = append(messages, &listing{Item: &items[i]})
	}
	messages = append(messages, &listing{End: true})
	tmp := itemsName + ".tmp"
	if err := unlink(round, tmp, before); err != nil { // of a run that was killed
		return err
	}
	if err := writeFile(round, tmp, messages, before); err != nil {
		return err
	}
	if err := before.ask("rename", filepath.Join(round.Path(), itemsName)); err != nil {
		return err
	}
	if err := round.Rename(tmp, round, itemsName); err != nil {
		return err
	}
	return round.Sync()
}

// ErrAside says that a round cannot end in a cache: something is still aside.
var ErrAside = errors.New("not everything that was fenced is back")

// Drop ends a round in a cache: its list goes, and then its lease. If anything is still
// aside, both stay, and the error is ErrAside.
func Drop(cache *walk.Dir, nonce string, before Before) error {
	lease, err := ReadLease(cache)
	if err != nil || lease == nil || lease.Nonce != nonce {
		return err
	}
	own, err := cache.OpenDir(OwnDir)
	if err != nil {
		return err
	}
	defer own.Close()
	if round, err := own.OpenDir(RoundDir); err == nil {
		if err = onlyList(round); err == nil {
			err = errors.Join(unlink(round, itemsName+".tmp", before), unlink(round, itemsName, before))
		}
		round.Close()
		if err == nil {
			if err = before.ask("rmdir", round.Path()); err == nil {
				err = own.Rmdir(RoundDir)
			}
		}
		if err != nil {
			return err
		}
	} else if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := errors.Join(unlink(own, LeaseName+"."+nonce, before), unlink(own, LeaseName, before)); err != nil {
		return err
	}
	dropOwn(cache, own, before)
	return nil
}

// onlyList says whether nothing is aside.
func onlyList(round *walk.Dir) error {
	items, err := round.ReadDir()
	for _, it := range items {
		if it.Name != itemsName && it.Name != itemsName+".tmp" && err == nil {
			err = fmt.Errorf("%s: %w", filepath.Join(round.Path(), it.Name), ErrAside)
		}
	}
	return err
}

// Forget removes what a killed run has left in a cache that was about to lease it.
func Forget(cache *walk.Dir, nonce string, before Before) error {
	own, err := cache.OpenDir(OwnDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer own.Close()
	if err := unlink(own, LeaseName+"."+nonce, before); err != nil {
		return err
	}
	dropOwn(cache, own, before)
	return nil
}

// dropOwn removes gclean's folder in a cache if nothing else is in it.
func dropOwn(cache, own *walk.Dir, before Before) {
	if before.ask("rmdir", own.Path()) == nil {
		_ = cache.Rmdir(OwnDir) // what else is in it stays, and keeps it
	}
}
