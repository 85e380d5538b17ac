package dist

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Expected is what is recorded about an archive. Zero fields are unknown.
type Expected struct {
	Size   int64  // in bytes
	MD5    string // in hex, lower case
	SHA256 string // in hex, lower case
	Source string // who recorded it, for messages: a file name such as urls.txt
}

// Known reports whether there is anything to compare.
func (e Expected) Known() bool { return e.Size != 0 || e.MD5 != "" || e.SHA256 != "" }

// MismatchError says that a file is not the expected one. errors.Is reports it as
// ErrDamaged.
type MismatchError struct {
	Path      string
	What      string // size, MD5 or SHA-256
	Want, Got string
	Source    string // of Want
}

// Error returns the file, both values, and the source of the expected one.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s: the %s is %s; %s says %s", e.Path, e.What, e.Got, e.Source, e.Want)
}

// Is makes errors.Is report an ErrDamaged.
func (e *MismatchError) Is(target error) bool { return target == ErrDamaged }

// Check compares the known fields with h, and returns a *MismatchError for the first that
// differs. It does not compare hashes that h lacks.
func (e Expected) Check(path string, h Hashes) error {
	for _, c := range []struct{ what, want, got string }{
		{"size", sizeText(e.Size), sizeText(h.Size)},
		{"SHA-256", e.SHA256, h.SHA256},
		{"MD5", e.MD5, h.MD5},
	} {
		if c.want != "" && c.got != "" && !strings.EqualFold(c.want, c.got) {
			return &MismatchError{Path: path, What: c.what, Want: c.want, Got: c.got, Source: e.Source}
		}
	}
	return nil
}

func sizeText(n int64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("%d bytes", n)
}

// CheckFile is CheckFileAll for one Expected.
func (e Expected) CheckFile(ctx context.Context, f *os.File, done func(bytes int64)) error {
	return CheckFileAll(ctx, f, []Expected{e}, done)
}

// CheckFileAll compares f, an archive that is open for reading, with everything known about
// it. It compares the sizes first. Only if they agree, it reads the content, once for all
// hashes. It computes MD5 only if some source of list has no SHA-256. The error is a
// *MismatchError for the first of list that differs. done is called with the number of
// bytes just read; it may be nil.
func CheckFileAll(ctx context.Context, f *os.File, list []Expected, done func(bytes int64)) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	o := HashOptions{Done: done}
	for _, e := range list {
		if e.Size != 0 && st.Size() != e.Size {
			return &MismatchError{Path: f.Name(), What: "size", Want: sizeText(e.Size), Got: fmt.Sprintf("%d bytes", st.Size()), Source: e.Source}
		}
		o.SHA256 = o.SHA256 || e.SHA256 != ""
		o.MD5 = o.MD5 || e.SHA256 == "" && e.MD5 != ""
	}
	if !o.SHA256 && !o.MD5 {
		return nil
	}
	h, err := Hash(ctx, f, o)
	if err != nil {
		return err
	}
	for _, e := range list {
		if err := e.Check(f.Name(), h); err != nil {
			return err
		}
	}
	return nil
}

// Lengths of hashes in hex digits.
const (
	md5Digits    = 32
	sha256Digits = 64
)

// readHash reads a hash in hex. null, and text that is no hash, count as absent, because
// rattler and conda write records of packages about which they know little.
func readHash(d *jsontext.Decoder, digits int, s *string) error {
	var text string
	if err := readString(d, &text); err != nil {
		return err
	}
	*s = hexHash(text, digits)
	return nil
}

// hexHash returns text in lower case if it is a hash, else "".
func hexHash(text string, digits int) string {
	if len(text) != digits || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return ""
	}
	return strings.ToLower(text)
}
