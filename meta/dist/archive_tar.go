package dist

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
)

// Visit is called with one member of an archive. The reader returns the content of a file,
// and nothing for other members; it is valid only during the call. What it returns is
// proven undamaged only when Members returns nil.
type Visit func(m Member, r io.Reader) error

// tarReader calls a visitor for the members of one tar.
type tarReader struct {
	in      *unpacked
	members *memberSet
	only    func(path string) bool // members to visit; nil means all
	visit   Visit
	at      string // path of the current member, for errors
	found   *[]Finding
	lost    *lostLink
}

// lostLink is a symlink that cannot be made. conda then reads on to the end of the tar, to
// find what it could copy instead. It leaves the symlink out, and fails at the next file.
type lostLink struct{ path, why string }

// tarBlock is the unit of a tar: a header has one block, and contents are padded to blocks.
const tarBlock = 512

// read visits all members of the tar, and reads what follows to the end of the stream.
// stopped reports that the visitor asked to stop.
func (t *tarReader) read() (stopped bool, err error) {
	r := tar.NewReader(t.in)
	t.lost = nil
	var end int64 // where the last member ends, including its padding
	for {
		t.at = ""
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, t.in.blame("the tar", err)
		}
		t.at = h.Name
		m, err := t.member(h)
		if err != nil {
			return false, err
		}
		if t.lost != nil && m.Type == File {
			t.note(Finding{Kind: Damaged, Path: t.lost.path, Err: damaged("it is a symlink that cannot be made, since %s", t.lost.why)})
			t.lost = nil
		}
		if m.Path != "" {
			leftOut, err := t.members.add(&m)
			switch {
			case err != nil:
				return false, err
			case leftOut != "":
				if t.lost == nil {
					t.lost = &lostLink{m.Path, leftOut}
				}
				t.note(Finding{Kind: LeftOut, Path: m.Path, Got: leftOut})
			case m.Again:
				t.note(Finding{Kind: Twice, Path: m.Path})
			}
			if leftOut == "" && (t.only == nil || t.only(m.Path)) {
				content := &contentReader{r: r, in: t.in}
				switch err := t.visit(m, content); {
				case content.err != nil:
					return false, content.err
				case err == fs.SkipAll:
					return true, nil
				case err != nil:
					return false, &visitError{err}
				}
			}
		}
		// Otherwise the tar reader would skip the rest later, when its position in the
		// stream is unknown.
		if _, err := io.Copy(io.Discard, r); err != nil {
			return false, t.in.blame("the tar", err)
		}
		end = (t.in.n + tarBlock - 1) / tarBlock * tarBlock
	}
	t.at = ""
	return false, t.in.finish(end)
}

// maxFound is how many findings of one archive are kept, besides the first fault.
const maxFound = 1000

func (t *tarReader) note(f Finding) {
	if len(*t.found) < maxFound || len(*t.found) == maxFound && !f.Kind.Note() {
		*t.found = append(*t.found, f)
	}
}

// member turns a header into a checked Member. If Path is empty, it is the package's own
// folder.
func (t *tarReader) member(h *tar.Header) (Member, error) {
	m := Member{Size: h.Size, ModTime: h.ModTime, Target: h.Linkname}
	m.Mode = h.FileInfo().Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)
	switch h.Typeflag {
	case tar.TypeReg:
		m.Type = File
	case tar.TypeSymlink:
		m.Type = Symlink
	case tar.TypeLink:
		m.Type = Hardlink
	case tar.TypeDir:
		m.Type = Folder
	default:
		return m, refused("has the tar type %q; files, links and folders are expected", h.Typeflag)
	}
	for key := range h.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return m, refused("is a sparse file")
		}
	}
	if m.Type != File && h.Size != 0 {
		return m, damaged("is a %v with %d bytes of content", m.Type, h.Size)
	}
	var err error
	if m.Path, err = t.members.clean("path", h.Name); err != nil {
		return m, err
	}
	if m.Path == "" && m.Type != Folder {
		return m, refused("is a %v in place of the package's folder", m.Type)
	}
	m.Stated = m.Path
	switch m.Type {
	case File, Folder:
		m.Target = ""
	case Hardlink:
		if m.Target, err = t.members.clean("target of the hard link", h.Linkname); err != nil {
			return m, err
		}
	}
	return m, nil
}

// visitError marks an error as the visitor's, so that it is returned unchanged.
type visitError struct{ err error }

func (e *visitError) Error() string { return e.err.Error() }

// contentReader is the reader that a visitor gets. It remembers its error, even if the
// visitor ignores it.
type contentReader struct {
	r   io.Reader
	in  *unpacked
	err error
}

func (c *contentReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	if err != nil && err != io.EOF {
		c.err = c.in.blame("the tar", err)
		err = c.err
	}
	return n, err
}

// unpacked is the output of a decoder: it counts bytes, limits them, and stops when ctx
// ends.
type unpacked struct {
	ctx    context.Context
	r      io.Reader
	what   string // the decoder, for errors
	n      int64  // bytes read so far
	budget int64  // most bytes that may be read
	source *source
	err    error // of the decoder, classified
}

func (u *unpacked) Read(p []byte) (int, error) {
	if u.err != nil {
		return 0, u.err
	}
	if err := u.ctx.Err(); err != nil {
		u.err = err
		return 0, err
	}
	n, err := u.r.Read(p)
	u.n += int64(n)
	switch {
	case u.n > u.budget:
		u.err = tooLarge("more than %d bytes come out of the %s", u.budget, u.what)
	case err != nil && err != io.EOF && u.source.err != nil:
		u.err = u.source.err
	case err != nil && err != io.EOF:
		u.err = asDamage("the "+u.what, err)
	default:
		return n, err
	}
	return n, u.err
}

// blame returns why a reader on top of u failed: u's own error, or damage that the reader
// found.
func (u *unpacked) blame(what string, err error) error {
	if u.err != nil {
		return u.err
	}
	return asDamage(what, err)
}

// finish reads u to its end. From end on, where the last member ends, there must be at
// least two blocks of zeros and nothing else. Without this check, a tar that is cut off
// between two members would look complete.
func (u *unpacked) finish(end int64) error {
	zeros := u.n - end // the tar reader stops after two blocks, or at the end of u
	buf := make([]byte, 32<<10)
	for {
		n, err := u.Read(buf)
		for _, b := range buf[:n] {
			if b != 0 {
				return damaged("something follows the end of the tar")
			}
		}
		zeros += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return u.blame("the tar", err)
		}
	}
	if zeros < 2*tarBlock {
		return damaged("the tar is cut off: it has no end")
	}
	return nil
}

// fromVisit returns the visitor's error, if err is a visitError.
func fromVisit(err error) (error, bool) {
	var v *visitError
	if errors.As(err, &v) {
		return v.err, true
	}
	return nil, false
}
