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

// Part is how much of an archive to read.
type Part int

// The parts of an archive.
const (
	Everything Part = iota
	InfoOnly        // files below info/
)

// Archive is a package as it was downloaded: a .conda or a .tar.bz2. Its methods must not
// be called at the same time.
type Archive struct {
	path   string
	source *source
	size   int64
	limits Limits
	close  func() error
	zip    *condaZip // nil for a .tar.bz2
	found  []Finding
}

// OpenArchive opens the archive at path; its name determines the format. For a .conda it
// checks the structure of the zip, which is about all that can be known without unpacking.
//
// An *ArchiveError says what is wrong with the archive. It wraps ErrDamaged, ErrUnsafe or
// ErrLimit if the archive itself is to blame.
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

// NewArchive is OpenArchive for a file that is already open. path is for messages, and its
// ending determines the format. Close closes f; after an error f stays open.
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

// Path returns the path by which the archive was opened.
func (a *Archive) Path() string { return a.path }

// Size returns the length of the archive in bytes.
func (a *Archive) Size() int64 { return a.size }

// Members calls visit for the members of part, in the archive's order. If it returns nil
// and visit did not stop it, all checksums are correct and nothing is cut off. For
// Everything that means the whole archive. visit may return fs.SkipAll to stop early. Then
// nothing is known about the bytes after that, nor about those just read. Members returns
// any other error of visit unchanged.
//
// A path may occur twice; the last one counts. Members leaves out what conda leaves out,
// such as a symlink without a target. Findings reports both.
//
// For a .conda, InfoOnly unpacks only the info part. In a .tar.bz2, info/ may be anywhere,
// so everything is unpacked, and visit is called only for info/.
//
// The checksums of a .conda are the CRC-32 of each part in the zip, since conda's zstd
// frames have none of their own. Those of a .tar.bz2 are in each bzip2 block and stream.
func (a *Archive) Members(ctx context.Context, part Part, visit Visit) error {
	a.found = nil
	if a.zip != nil {
		return a.condaMembers(ctx, part, visit)
	}
	return a.tarBz2Members(ctx, part, visit)
}

// Findings returns what the last call of Members found in an archive that it could read, in
// order and about 1000 at most. Its notes are about paths that occur twice, members that
// conda leaves out, and an odd metadata.json that no tool minds. Its faults are symlinks at
// which conda fails.
func (a *Archive) Findings() []Finding { return a.found }

// readTar calls visit for the members of one tar. The tar comes from r, whose decoder is
// named what, and which may return at most budget bytes.
func (a *Archive) readTar(ctx context.Context, r io.Reader, what, part string, budget int64, t *tarReader) (stopped bool, err error) {
	if err := ctx.Err(); err != nil {
		return false, err
	}
	t.in = &unpacked{ctx: ctx, r: r, what: what, budget: budget, source: a.source}
	stopped, err = t.read()
	return stopped, a.fail(part, t.at, err)
}

// fail wraps an error with the place where it happened, unless it is the visitor's, that of
// ctx, or the disk's.
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

// checkStart compares the first bytes. A file that is not an archive is usually a page sent
// by a proxy, or a file that a full disk left empty.
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

// source is the archive's file. It remembers the first error of the disk, so that decoders
// do not report it as damage.
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
