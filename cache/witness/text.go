package witness

import (
	"errors"
	"strings"

	"gclean/internal/asuser/wire"
	"gclean/internal/visible"
	"gclean/walk"
)

// maxText is how much of an error is passed on, in bytes.
const maxText = 4 << 10

// text is an error as it is passed on.
func text(err error) string {
	if err == nil {
		return ""
	}
	return shown(err.Error())
}

// shown is s as a text that moves no cursor, and not too long.
func shown(s string) string {
	if len(s) > maxText {
		s = s[:maxText] + "..."
	}
	return visible.String(strings.ToValidUTF8(s, "\ufffd"))
}

// failure is the error that a text stands for; nil for none.
func failure(text string) error {
	if text == "" {
		return nil
	}
	return &RemoteError{shown(text)}
}

// id is the identity of a file as it is passed on.
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

// errMany says that an answer has more in it than anything real.
var errMany = errors.New("says too much")
