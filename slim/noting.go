package slim

import (
	"errors"
	"slices"
	"syscall"

	"gclean/slim/taken"
	"gclean/walk"
)

// noting keeps the note of what goes: before the removal it lists everything that is
// planned, so that a killed run leaves too much in it rather than too little, and
// afterwards what went.
type noting struct {
	x       *execution
	prefix  *walk.Dir
	earlier taken.Note
	late    bool // there was no room for it before
}

// begin writes the note. A full disk is no obstacle: the note is written when there
// is room.
func (n *noting) begin() error {
	planned := n.files(n.x.plan.Items)
	if len(planned) == 0 {
		return nil
	}
	earlier, err := taken.Read(n.prefix)
	if err != nil {
		return err
	}
	n.earlier = earlier.Without(func(record string) bool { return slices.Contains(n.x.plan.Records, record) })
	err = n.write(planned)
	if n.late = errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT); n.late {
		return nil
	}
	return err
}

// end mends the note where not all went.
func (n *noting) end() error {
	removed := n.files(n.x.result.Removed)
	gone := n.files(n.x.result.Gone) // perhaps by another gclean
	if planned := n.files(n.x.plan.Items); len(planned) == 0 || len(removed)+len(gone) == len(planned) && !n.late {
		return nil
	}
	return n.write(append(removed, gone...))
}

func (n *noting) write(files []taken.File) error {
	if err := n.x.note(); err != nil {
		return err
	}
	return taken.Write(n.prefix, n.earlier.Merge(files))
}

// files are those of items that a record lists. Byte code that nobody has listed is
// missing to nobody.
func (n *noting) files(items []*Item) []taken.File {
	var list []taken.File
	for _, it := range items {
		if it.Record != "" && it.Kind != History {
			list = append(list, taken.File{Path: it.Path, Record: it.Record, Kind: it.Kind.String()})
		}
	}
	return list
}
