// Package taken reads and writes the note of what gclean slim took out of an
// environment, so that a check of the environment does not call it missing:
//
//	note, err := taken.Read(prefix)
//	...
//	by := note.Index() // by path
//	if f, ok := by["lib/libz.a"]; ok { fmt.Println("slim took it as one of", f.Kind) }
//
// The note is the file [Name] in conda-meta:
//
//	{"schema":1,"removed":[{"path":"lib/libz.a","record":"zlib-1.3-0","kind":"static-libs"}]}
//
// It is written before anything is removed, so it may list files that are there
// still: a run was interrupted, or the package was installed again. It tells only why
// a file that is absent is so.
package taken

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"gclean/internal/atomicfile"
	"gclean/internal/order"
	"gclean/walk"
	"gclean/walk/open"
)

// Name is the name of the note in conda-meta. It does not end in ".json": conda,
// mamba and rattler take every such file there for the record of a package, and
// rattler reads no environment in which one of them is none.
const Name = "gclean-slim"

// schema is the version of the form of the note.
const schema = 1

// maxSize is how large a note may be, in bytes. A file takes some 100 of them.
const maxSize = 256 << 20

// ErrNoNote says that a file of that name is not a note that can be read.
var ErrNoNote = errors.New("not a note of gclean slim")

// File is a file that slim took, or was about to take.
type File struct {
	Path   string `json:"path"`   // below the prefix, with slashes
	Record string `json:"record"` // that lists it: numpy-1.26.4-py311_0
	Kind   string `json:"kind"`   // the name of the flag that took it: static-libs
}

// Note is what slim took out of one environment. The zero value is an empty one.
type Note struct {
	Removed []File // by path
}

// document is the note as it is written.
type document struct {
	Schema  int    `json:"schema"`
	Removed []File `json:"removed"`
}

// Read reads the note of the environment at prefix. Where there is none, the note
// is empty and the error nil. The error is ErrNoNote for what is no note, or was
// written by a later gclean; else what stood in the way. It names the path.
func Read(prefix *walk.Dir) (Note, error) {
	f, err := prefix.OpenFileBelow("conda-meta/" + Name)
	if errors.Is(err, fs.ErrNotExist) {
		return Note{}, nil
	}
	if err != nil {
		return Note{}, err
	}
	defer f.Close()
	text, err := open.ReadAll(f, maxSize)
	if err != nil {
		return Note{}, err
	}
	n, err := parse(text)
	if err != nil {
		return Note{}, &fs.PathError{Op: "read", Path: f.Name(), Err: err}
	}
	return n, nil
}

func parse(text []byte) (Note, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return Note{}, fmt.Errorf("%w: %v", ErrNoNote, err)
	}
	if d.Schema != schema {
		return Note{}, fmt.Errorf("%w: its schema is %d, and this gclean knows %d", ErrNoNote, d.Schema, schema)
	}
	return Note{}.Merge(slices.DeleteFunc(d.Removed, func(f File) bool { return !fs.ValidPath(f.Path) })), nil
}

// Merge is the note with more files. Of two with one path, that of more counts.
func (n Note) Merge(more []File) Note {
	list := slices.Concat(more, n.Removed)
	order.Stable(list, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return Note{slices.CompactFunc(list, func(a, b File) bool { return a.Path == b.Path })}
}

// Without is the note without the files of records that keep does not want, such as
// those of packages that were removed since.
func (n Note) Without(keep func(record string) bool) Note {
	return Note{slices.DeleteFunc(slices.Clone(n.Removed), func(f File) bool { return !keep(f.Record) })}
}

// Index is the files by path.
func (n Note) Index() map[string]File {
	index := make(map[string]File, len(n.Removed))
	for _, f := range n.Removed {
		index[f.Path] = f
	}
	return index
}

// Write puts the note into the environment at prefix, in the place of an earlier
// one, in one step. An empty note removes the file.
func Write(prefix *walk.Dir, n Note) error {
	root, err := prefix.Root("conda-meta")
	if err != nil {
		return err
	}
	defer root.Close()
	if len(n.Removed) == 0 {
		if err := root.Remove(Name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &fs.PathError{Op: "remove", Path: filepath.Join(root.Name(), Name), Err: walk.Cause(err)}
		}
		return nil
	}
	file, err := atomicfile.CreateIn(root, Name)
	if err != nil {
		return err
	}
	return file.Keep(func(w io.Writer) error {
		text, err := json.Marshal(document{schema, n.Removed})
		if err == nil {
			_, err = w.Write(append(text, '\n'))
		}
		return err
	})
}
