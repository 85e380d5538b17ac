package dist

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// Expected is what somebody wrote down about an archive when it was
// downloaded. Fields that are zero are not known.
type Expected struct {
	Size   int64  // bytes
	MD5    string // in hex, small letters
	SHA256 string // in hex, small letters
	Source string // who says so, for messages: a file name such as urls.txt
}

// Known says whether there is anything to compare.
func (e Expected) Known() bool { return e.Size != 0 || e.MD5 != "" || e.SHA256 != "" }

// MismatchError says that a file is not the one that was expected. It is an
// ErrDamaged.
type MismatchError struct {
	Path      string
	What      string // size, MD5 or SHA-256
	Want, Got string
	Source    string // of Want
}

// Error names the file, both values and where the expected one comes from.
func (e *MismatchError) Error() string {
	return fmt.Sprintf("%s: the %s is %s; %s says %s", e.Path, e.What, e.Got, e.Source, e.Want)
}

// Is makes the error an ErrDamaged.
func (e *MismatchError) Is(target error) bool { return target == ErrDamaged }

// Check compares what is known with h, and returns a *MismatchError for the
// first that differs. What h lacks is not compared.
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

// CheckFile is CheckFileAll for one.
func (e Expected) CheckFile(ctx context.Context, f *os.File, done func(bytes int64)) error {
	return CheckFileAll(ctx, f, []Expected{e}, done)
}

// CheckFileAll compares f, an archive that is open for reading, with all that is
// known of it: first the sizes, and only if they agree the content, which is read once,
// for all hashes together. MD5 is computed only if somebody who states it states no
// SHA-256. The error is a *MismatchError of the first of list that differs. done may be
// nil; it gets the numbers of bytes read.
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

// Digits of hashes in hex.
const (
	md5Digits    = 32
	sha256Digits = 64
)

// readHash reads a hash in hex. null, and what is no such hash, count as
// absent: rattler and conda write records of packages they know little of.
func readHash(d *jsontext.Decoder, digits int, s *string) error {
	var text string
	if err := readString(d, &text); err != nil {
		return err
	}
	*s = hexHash(text, digits)
	return nil
}

// hexHash is text in small letters if it is a hash, else "".
func hexHash(text string, digits int) string {
	if len(text) != digits || strings.Trim(text, "0123456789abcdefABCDEF") != "" {
		return ""
	}
	return strings.ToLower(text)
}
