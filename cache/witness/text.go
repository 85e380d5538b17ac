package witness

import (
	"errors"
	"strings"

	"gclean/internal/asuser/wire"
	"gclean/internal/visible"
	"gclean/walk"
)

// maxText is the length, in bytes, to which the text of an error is cut.
const maxText = 4 << 10

// text returns the text of an error for the other side.
func text(err error) string {
	if err == nil {
		return ""
	}
	return shown(err.Error())
}

// shown returns s cut to maxText, without characters that move the cursor.
func shown(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return visible.String(strings.ToValidUTF8(s, "\ufffd"))
}

// failure returns the error with that text, or nil for "".
func failure(text string) error {
	if text == "" {
		return nil
	}
	return &RemoteError{shown(text)}
}

// id is a walk.ID.
type id struct {
	Dev uint64 `json:"dev"`
	Ino uint64 `json:"ino"`
}

func idOf(i walk.ID) id    { return id{i.Dev, i.Ino} }
func (i id) walk() walk.ID { return walk.ID{Dev: i.Dev, Ino: i.Ino} }
func paths(list []string) []wire.Path {
	out := make([]wire.Path, len(list))
	for i, p := range list {
		out[i] = wire.Path(p)
	}
	return out
}

func strs(list []wire.Path) []string {
	var out []string
	for _, p := range list {
		out = append(out, string(p))
	}
	return out
}

// errMany means that an answer contains more than any real host has.
var errMany = errors.New("says too much")
