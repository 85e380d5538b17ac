package dist

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Reasons to refuse an archive. Errors of the disk, of ctx and of a visitor are not among
// them.
var (
	// ErrDamaged means that the bytes are not a whole archive: they are cut off, changed,
	// or something else altogether.
	ErrDamaged = errors.New("damaged")
	// ErrUnsafe means that unpacking would write outside the package, write something
	// twice, or create what no package needs.
	ErrUnsafe = errors.New("unsafe")
	// ErrLimit means that one of Limits was exceeded.
	ErrLimit = errors.New("too large")
	// ErrUnsupported means that conda can read the archive, but gclean cannot. Nothing is
	// known about it.
	ErrUnsupported = errors.New("unsupported")
)

// ArchiveError says what is wrong with an archive. Its Err wraps ErrDamaged, ErrUnsafe or
// ErrLimit if the archive is to blame.
type ArchiveError struct {
	Archive string // path by which the archive was opened
	Part    string // member of the zip of a .conda; "" for the archive as a whole
	Member  string // path in the package; "" for the part as a whole
	Err     error
}

// Error returns the archive, the part and the member, then what was found.
func (e *ArchiveError) Error() string {
	var b strings.Builder
	b.WriteString(e.Archive + ": ")
	if e.Part != "" {
		fmt.Fprintf(&b, "%s: ", printable(e.Part))
	}
	if e.Member != "" {
		fmt.Fprintf(&b, "%s: ", printable(e.Member))
	}
	return b.String() + e.Err.Error()
}

// Unwrap returns Err.
func (e *ArchiveError) Unwrap() error { return e.Err }

// printable returns a name from an archive for messages: quoted if it has other than plain
// characters, and cut if it is long.
func printable(name string) string {
	const most = 200
	if len(name) > most {
		name = name[:most] + "..."
	}
	if q := fmt.Sprintf("%q", name); q != `"`+name+`"` {
		return q
	}
	return name
}

// flaw is an error of a class that errors.Is finds, but that its text does not contain.
type flaw struct {
	class error
	text  string
}

func (f *flaw) Error() string { return f.text }
func (f *flaw) Unwrap() error { return f.class }

func damaged(format string, args ...any) error {
	return &flaw{ErrDamaged, fmt.Sprintf(format, args...)}
}

func refused(format string, args ...any) error {
	return &flaw{ErrUnsafe, fmt.Sprintf(format, args...)}
}

func tooLarge(format string, args ...any) error {
	return &flaw{ErrLimit, fmt.Sprintf(format, args...)}
}

// asDamage returns a decoder's error as damage, unless it already has a class.
func asDamage(what string, err error) error {
	switch {
	case errors.Is(err, ErrDamaged), errors.Is(err, ErrUnsafe), errors.Is(err, ErrLimit), errors.Is(err, ErrUnsupported):
		return err
	case errors.Is(err, zstd.ErrWindowSizeExceeded):
		return tooLarge("%s refers further back than is allowed", what)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return damaged("%s is cut off", what)
	}
	return damaged("%s: %v", what, err)
}
