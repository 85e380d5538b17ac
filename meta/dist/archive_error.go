package dist

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Why an archive is refused. Errors of the disk, of ctx and of a visitor are
// none of these.
var (
	// ErrDamaged says that the bytes are not those of a whole archive: cut
	// off, changed, or something else altogether.
	ErrDamaged = errors.New("damaged")
	// ErrUnsafe says that unpacking would reach outside of the package, write
	// something twice, or make what no package needs.
	ErrUnsafe = errors.New("unsafe")
	// ErrLimit says that one of Limits was exceeded.
	ErrLimit = errors.New("too large")
	// ErrUnsupported says that conda can read the archive, and gclean cannot. Nothing is
	// known of it.
	ErrUnsupported = errors.New("unsupported")
)

// ArchiveError is what is wrong with an archive. Its Err wraps ErrDamaged,
// ErrUnsafe or ErrLimit where the archive is to blame.
type ArchiveError struct {
	Archive string // path of the archive, as it was opened
	Part    string // member of the zip of a .conda; "" for the archive as a whole
	Member  string // path in the package; "" for the part as a whole
	Err     error
}

// Error names the archive, the part and the member, then what was found.
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

// Unwrap gives Err.
func (e *ArchiveError) Unwrap() error { return e.Err }

// printable quotes a name that an archive states if it holds more than plain
// characters, and cuts it where it is long.
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

// flaw is an error of a class that errors.Is finds, and that its text does not
// repeat.
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

// asDamage turns what a decoder says into damage, unless it has a class.
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
