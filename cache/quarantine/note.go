package quarantine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	"gclean/internal/asuser/wire"
)

// Schema is the version of the notes that this package writes and reads.
const Schema = 1

// Note describes an entry as it was before it was set aside.
type Note struct {
	Schema int `json:"schema"`
	// Cache is the path of the cache, for people. The note is about the cache that contains
	// it.
	Cache wire.Path `json:"cache"`
	// Path is the slash-separated path of the entry below the cache.
	Path wire.Path `json:"path"`
	// Also are names of files beside the entry that were set aside with it, such as
	// rattler's metadata file of a package.
	Also []wire.Path `json:"also,omitempty"`
	// Category is the code of the entry's category, Dist its distribution.
	Category string    `json:"category"`
	Dist     wire.Path `json:"dist"`
	// Reason says why a policy let it be removed; "" means that nothing used it.
	Reason string `json:"reason,omitempty"`
	// Time is when it was set aside, Until when it is removed for good.
	Time  time.Time `json:"time"`
	Until time.Time `json:"until"`

	ApparentSize int64 `json:"apparent_size"` // in bytes
	DiskSize     int64 `json:"disk_size"`     // in bytes
	Files        int64 `json:"files"`
}

// ErrNewer means that a note was written by a later version of gclean.
var ErrNewer = errors.New("its note was written by a newer gclean")

// ErrBadNote means that a note is invalid.
var ErrBadNote = errors.New("its note makes no sense")

// Encode returns the text of the note.
func (n *Note) Encode() ([]byte, error) {
	if err := n.check(); err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(n, "", "  ")
	return append(text, '\n'), err
}

// Parse reads a note. The error is ErrNewer or ErrBadNote, with details.
func Parse(text []byte) (*Note, error) {
	var version struct {
		Schema int `json:"schema"`
	}
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadNote, err)
	}
	if version.Schema > Schema {
		return nil, ErrNewer
	}
	n := new(Note)
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(n); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrBadNote, err)
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, fmt.Errorf("%w: more follows it", ErrBadNote)
	}
	return n, n.check()
}

// maxSize is the largest size that a note may say: 1 TiB, so that no sum overflows.
const maxSize = 1 << 40

// maxPlace is the longest path of an entry below its cache, in bytes.
const maxPlace = 4096

// check returns an error if the note cannot come from this version.
func (n *Note) check() error {
	bad := func(what string) error { return fmt.Errorf("%w: %s", ErrBadNote, what) }
	switch {
	case n.Schema != Schema:
		return bad(fmt.Sprintf("schema %d", n.Schema))
	case !isPlace(string(n.Path)):
		return bad("it names no place in the cache")
	case n.Time.IsZero() || n.Until.Before(n.Time):
		return bad("its times are in no order")
	case min(n.ApparentSize, n.DiskSize, n.Files) < 0:
		return bad("a size below 0")
	case max(n.ApparentSize, n.DiskSize, n.Files) > maxSize:
		return bad("a size that no entry has")
	}
	for _, name := range n.Also {
		if !isName(string(name)) || name == NoteName || string(name) == n.Name() {
			return bad("a file beside it that has no name")
		}
	}
	return nil
}

// isPlace reports whether a path is below a cache and not in one of gclean's folders.
func isPlace(place string) bool {
	if !fs.ValidPath(strings.ToValidUTF8(place, "?")) || place == "." || len(place) > maxPlace || path.Base(place) == NoteName {
		return false
	}
	for name := range strings.SplitSeq(place, "/") {
		if !isName(name) || strings.HasPrefix(name, ".gclean") {
			return false
		}
	}
	return true
}

// isName reports whether name names one item of a folder on every system.
func isName(name string) bool {
	return name != "" && name != "." && name != ".." && !strings.ContainsAny(name, "/\\:\x00")
}

// Name returns the name that the entry had, and still has in its folder.
func (n *Note) Name() string { return path.Base(string(n.Path)) }

// Folder returns the folder below the cache that the entry was in; "" means the cache
// itself.
func (n *Note) Folder() string {
	if dir := path.Dir(string(n.Path)); dir != "." {
		return dir
	}
	return ""
}

// Due reports whether, at the time now, the entry is to be removed for good.
func (n *Note) Due(now time.Time) bool { return !now.Before(n.Until) }
