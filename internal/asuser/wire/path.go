package wire

import (
	"encoding/base64"
	"errors"
	"strings"
	"unicode/utf8"
)

// Path is a name on a disk, which may contain any byte except 0. On the wire, it is a
// string. A name that is not UTF-8 is a 0 and base64.
type Path string

// errPath says that a string is not a name.
var errPath = errors.New("not the name of a file")

// MarshalText implements encoding.TextMarshaler.
func (p Path) MarshalText() ([]byte, error) {
	switch s := string(p); {
	case strings.ContainsRune(s, 0):
		return nil, errPath
	case utf8.ValidString(s):
		return []byte(s), nil
	}
	return base64.StdEncoding.AppendEncode([]byte{0}, []byte(p)), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (p *Path) UnmarshalText(text []byte) error {
	s := string(text)
	if encoded, ok := strings.CutPrefix(s, "\x00"); ok {
		data, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if s = string(data); err != nil || utf8.ValidString(s) {
			return errPath // each name has only one form
		}
	}
	if strings.ContainsRune(s, 0) {
		return errPath
	}
	*p = Path(s)
	return nil
}
