package dist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"gclean/walk/open"
)

// Part is how much of an archive is read.
type Part int

// The parts of an archive.
const (
	Everything Part = iota
	InfoOnly        // what is below info/
)

// Archive is a package as it was downloaded: a .conda or a .tar.bz2. Its
// methods may be called one after the other, not at the same time.
type Archive struct {
	path   string
	source *source
	size   int64
	limits Limits
	close  func() error
	zip    *condaZip // nil for a .tar.bz2
	found  []Finding
}

// OpenArchive opens the archive at path; its name says the format. Of a
// .conda the zip's structure is checked, which is about all that can be known
// without unpacking.
//
// An *ArchiveError says what is wrong with the archive. ErrDamaged, ErrUnsafe
// and ErrLimit are wrapped by it where that is the archive's fault.
func OpenArchive(path string, limits Limits) (*Archive, error) {
	f, err := open.Regular(path)
	if err != nil {
		return nil, err
	}
	a, err := NewArchive(f, path, limits)
	if err != nil {
		f.Close()
	}
	return a, err
}

// NewArchive is OpenArchive for a file that is open. path is for messages, and
// its ending says the format. Close closes f; an error leaves it open.
func NewArchive(f *os.File, path string, limits Limits) (*Archive, error) {
	st, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !st.Mode().IsRegular() {
		return nil, &ArchiveError{Archive: path, Err: open.ErrNotRegular}
	}
	a, err := newArchive(f, st.Size(), path, limits)
	if err != nil {
		return nil, err
	}
	a.close = f.Close
	return a, nil
}

func newArchive(r io.ReaderAt, size int64, path string, limits Limits) (*Archive, error) {
	a := &Archive{path: path, source: &source{r: r}, size: size, limits: limits.withDefaults()}
	var err error
	switch name := filepath.Base(path); {
	case strings.HasSuffix(name, ".conda"):
		if err = a.checkStart("PK\x03\x04", "a zip"); err == nil {
			a.zip, err = openCondaZip(a.source, size)
		}
	case strings.HasSuffix(name, ".tar.bz2"):
		err = a.checkStart("BZh", "bzip2")
	default:
		err = errors.New("the name of an archive ends in .conda or .tar.bz2")
	}
	if err != nil {
		return nil, a.fail("", "", err)
	}
	return a, nil
}

// Close closes the file.
func (a *Archive) Close() error {
	if a.close == nil {
		return nil
	}
	return a.close()
}

// Path is the path the archive was opened by.
func (a *Archive) Path() string { return a.path }

// Size is the length of the archive in bytes.
func (a *Archive) Size() int64 { return a.size }

// Members passes the members of part to visit, in the archive's order. When
// it returns nil without visit having stopped it, every checksum of what was
// read agreed and nothing was cut off; for Everything that is the whole
// archive. visit may return fs.SkipAll to end early: nothing is then known of
// what comes after, nor of the bytes just read. Another error of visit is
// returned as it is.
//
// A path may come twice: the last one counts. What conda leaves out, such as a symlink
// without a target, is not passed on. Findings tells of both.
//
// Of a .conda, InfoOnly unpacks the info part alone. In a .tar.bz2 info/ may be
// anywhere, so that everything is unpacked and only info/ is passed on.
//
// The checksums are the CRC-32 that the zip has of each part (the zstd frames
// that conda writes have none of their own), and those of each bzip2 block and
// stream.
func (a *Archive) Members(ctx context.Context, part Part, visit Visit) error {
	a.found = nil
	if a.zip != nil {
		return a.condaMembers(ctx, part, visit)
	}
	return a.tarBz2Members(ctx, part, visit)
}

// Findings are what the last call of Members found about an archive that it could read,
// in its order and some 1000 at most: notes on paths that come twice, on what conda leaves
// out and on a metadata.json that no tool minds, and as faults, symlinks over which conda
// stumbles.
func (a *Archive) Findings() []Finding { return a.found }

// readTar passes the members of one tar to visit. It comes out of r, the
// decoder what, which may give budget bytes.
func (a *Archive) readTar(ctx context.Context, r io.Reader, what, part string, budget int64, t *tarReader) (stopped bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	t.in = &unpacked{ctx: ctx, r: r, what: what, budget: budget, source: a.source}
	stopped, err = t.read()
	return stopped, a.fail(part, t.at, err)
}

// fail wraps an error with where it happened, unless it is the visitor's, that
// of ctx, or of the disk.
func (a *Archive) fail(part, member string, err error) error {
	if err == nil {
		return nil
	}
	if v, ok := fromVisit(err); ok {
		return v
	}
	var done *ArchiveError
	if errors.As(err, &done) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return &ArchiveError{Archive: a.path, Part: part, Member: member, Err: err}
}

// checkStart compares the first bytes. What is mistaken for an archive is
// mostly a page that a proxy sent, or a file that a full disk left empty.
func (a *Archive) checkStart(magic, what string) error {
	start := make([]byte, 512)
	n, err := a.source.ReadAt(start, 0)
	if err != nil && err != io.EOF {
		return err
	}
	start = start[:n]
	if bytes.HasPrefix(start, []byte(magic)) {
		return nil
	}
	text := strings.ToLower(string(bytes.TrimSpace(start)))
	found := fmt.Sprintf("it begins with %q", start[:min(n, 8)])
	switch {
	case n == 0:
		found = "the file is empty"
	case len(bytes.Trim(start, "\x00")) == 0:
		found = "it begins with zeros"
	case strings.HasPrefix(text, "<!doctype html"), strings.HasPrefix(text, "<html"):
		found = "it is a page of HTML"
	case strings.HasPrefix(text, "pk\x03\x04"):
		found = "it is a zip"
	case strings.HasPrefix(text, "bzh"):
		found = "it is bzip2"
	}
	return damaged("%s was expected, but %s", what, found)
}

// source is the file. It remembers the first error of the disk, so that
// decoders cannot make damage of it.
type source struct {
	r   io.ReaderAt
	err error
}

func (s *source) ReadAt(p []byte, off int64) (int, error) {
	n, err := s.r.ReadAt(p, off)
	if err != nil && err != io.EOF && s.err == nil {
		s.err = err
	}
	return n, err
}
