package slim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"gclean/internal/visible"
	"gclean/walk"
	"gclean/walk/open"
)

// frozenName is the file in conda-meta that protects an environment from being
// changed: CEP 22. It may be empty, or JSON with a message.
const frozenName = "frozen"

// FrozenError says that an environment is protected from being changed.
type FrozenError struct {
	Prefix  string
	Message string // of who froze it, without control characters; "" if there is none
}

func (e *FrozenError) Error() string {
	text := e.Prefix + ": the environment is frozen (conda-meta/frozen)"
	if e.Message != "" {
		text += ": " + e.Message
	}
	return text
}

// thawed is a FrozenError if the environment is frozen. What cannot be looked at is
// taken for frozen.
func thawed(prefix *walk.Dir, name string) error {
	meta, err := prefix.OpenDir("conda-meta")
	if err != nil {
		return fmt.Errorf("%s: gclean cannot tell whether it is frozen: %w", name, walk.Cause(err))
	}
	defer meta.Close()
	if _, err := meta.Lstat(frozenName); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return &FrozenError{name, frozenMessage(meta)}
}

// maxMessage is how much of a message is read, in bytes.
const maxMessage = 64 << 10

func frozenMessage(meta *walk.Dir) string {
	f, err := meta.OpenFile(frozenName)
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := open.ReadAll(f, maxMessage)
	var doc struct {
		Message string `json:"message"`
	}
	if err != nil || json.Unmarshal(text, &doc) != nil {
		return ""
	}
	return visible.String(doc.Message)
}
