package dist

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// LinkType is how a package got into an environment, according to the record. The numbers
// are those of conda.models.enums.LinkType, which mamba and rattler share.
type LinkType int

// The link types. HardLink may be wrong: mamba writes it for copies and symlinks too.
const (
	UnknownLink LinkType = 0 // the record does not say
	HardLink    LinkType = 1
	SoftLink    LinkType = 2
	Copy        LinkType = 3
	Directory   LinkType = 4
)

// RecordLink is the part of a record that says where its package came from.
type RecordLink struct {
	Source       string // link.source: path of the extracted package; "" if absent
	ExtractedDir string // extracted_package_dir: the same, written by conda; "" if absent
	Type         LinkType
}

// Path returns the path of the extracted package that the record names, or "".
func (l RecordLink) Path() string {
	if l.Source != "" {
		return l.Source
	}
	return l.ExtractedDir
}

// MaxRecordSize is how much of a record is read, in bytes. The largest records on
// conda-forge have 10 MB.
const MaxRecordSize = 64 << 20

// ErrRecordTooLarge means that a record is longer than MaxRecordSize.
var ErrRecordTooLarge = fmt.Errorf("the record is larger than %d MiB", MaxRecordSize>>20)

// errStop ends a scan early.
var errStop = errors.New("stop")

// ReadRecordLink reads a record (conda-meta/*.json) until it knows the link; without
// link.source, to the end. It skips other keys without checking them.
func ReadRecordLink(r io.Reader) (RecordLink, error) {
	var l RecordLink
	err := scanRecord(r, func(key string, d *jsontext.Decoder) error {
		switch key {
		case "extracted_package_dir":
			return readString(d, &l.ExtractedDir)
		case "link":
			if err := readLink(d, &l); err != nil {
				return err
			}
			if l.Source != "" {
				return errStop
			}
			return nil
		}
		return d.SkipValue()
	})
	return l, err
}

// scanRecord calls value for each key of the record; value must read the key's value from
// the decoder. A record that ends early, or is not a JSON object, is an error.
func scanRecord(r io.Reader, value func(key string, d *jsontext.Decoder) error) error {
	return scanDocument(r, "record", value)
}

// scanDocument is scanRecord for a document called name in errors.
func scanDocument(r io.Reader, name string, value func(key string, d *jsontext.Decoder) error) error {
	limited := &io.LimitedReader{R: r, N: MaxRecordSize + 1}
	d := jsontext.NewDecoder(limited, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	err := scanObject(d, value)
	switch {
	case err == errStop:
		return nil
	case err != nil && limited.N == 0:
		return ErrRecordTooLarge
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("the %s is cut off", name)
	case err != nil:
		return fmt.Errorf("not a %s: %s", name, strings.TrimPrefix(err.Error(), "jsontext: "))
	}
	return nil
}

func scanObject(d *jsontext.Decoder, value func(key string, d *jsontext.Decoder) error) error {
	if kind := d.PeekKind(); kind != '{' {
		if kind == 0 {
			_, err := d.ReadToken()
			return err
		}
		return unexpected(d, "no JSON object")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != '}' {
		tok, err := d.ReadToken()
		if err != nil {
			return err
		}
		if err := value(tok.String(), d); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}

// readLink reads the object "link"; null means none.
func readLink(d *jsontext.Decoder, l *RecordLink) error {
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	return scanObject(d, func(key string, d *jsontext.Decoder) error {
		switch key {
		case "source":
			return readString(d, &l.Source)
		case "type":
			return readLinkType(d, &l.Type)
		}
		return d.SkipValue()
	})
}

// readLinkType reads a number or, as early versions of conda 4 wrote it, a name.
func readLinkType(d *jsontext.Decoder, t *LinkType) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case 'n':
		return nil
	case '0':
		if n, err := tok.Float(); err == nil && n >= 1 && n <= 4 && n == float64(int(n)) {
			*t = LinkType(n)
			return nil
		}
	case '"':
		switch strings.ReplaceAll(tok.String(), "-", "") {
		case "hardlink":
			*t = HardLink
			return nil
		case "softlink":
			*t = SoftLink
			return nil
		case "copy":
			*t = Copy
			return nil
		case "directory":
			*t = Directory
			return nil
		}
	}
	return fmt.Errorf("link type %s is none that is known", tok)
}

// readString reads a string; null leaves s as it is.
func readString(d *jsontext.Decoder, s *string) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case '"':
		*s = tok.String()
		return nil
	case 'n':
		return nil
	}
	return unexpected(d, "a string was expected")
}

func unexpected(d *jsontext.Decoder, what string) error {
	return fmt.Errorf("%s (at byte %d)", what, d.InputOffset())
}
