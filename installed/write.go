package installed

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"

	"gclean/meta/dist"
)

// maxReplaced is how large a file may be in which the prefix is replaced, in bytes.
const maxReplaced = 1 << 30

// replaced says which placeholder is replaced in the file; "" where none is.
func (f *File) replaced() (placeholder string, binary bool) {
	if f.path.Placeholder != "" {
		return f.path.Placeholder, f.path.Binary
	}
	return f.entry.Placeholder, f.entry.Binary // mamba's records leave it out
}

// write writes the file as it was installed. It compares the content of the package with
// what the record says, and then the content with the prefix replaced. Of a symlink, it
// only proves that it is the package's. prefixes are those that the environment may have
// been made with, the surest first: the hash that the record has of the file decides.
func (f *File) write(ctx context.Context, prefixes []string, same bool, got content, to io.Writer) error {
	p := f.path
	switch {
	case got.mode&fs.ModeSymlink != 0 && (!same || got.target == ""):
		return fmt.Errorf("%w: %s", ErrUnproven, filepath.Join(f.From, f.source))
	case got.mode&fs.ModeSymlink != 0:
		return nil
	case p.SHA256 == "" && !same:
		return fmt.Errorf("%w: the record has no hash of it", ErrUnproven)
	}
	placeholder, binary := f.replaced()
	data, out := got.data, to
	var buf bytes.Buffer
	if placeholder != "" {
		if binary && f.check.record.Subdir == "osx-arm64" {
			return errors.New("it has to be signed; reinstall the package")
		}
		data, out = io.LimitReader(data, maxReplaced+1), &buf
	}
	h, err := dist.Hash(ctx, io.TeeReader(data, out), dist.HashOptions{SHA256: true})
	switch {
	case err != nil:
		return err
	case h.Size > maxReplaced && placeholder != "":
		return errors.New("it is too large for its prefix to be replaced")
	case p.SHA256 != "" && h.SHA256 != p.SHA256:
		return fmt.Errorf("%w: %s differs from what the record says", ErrUnproven, filepath.Join(f.From, f.source))
	case placeholder == "":
		return nil
	}
	if p.InPrefix == "" || p.InPrefix == p.SHA256 {
		prefixes = prefixes[:1] // nothing tells which one is right
	}
	var why error
	for _, prefix := range prefixes {
		text, err := f.withPrefix(ctx, buf.Bytes(), placeholder, prefix, binary)
		if err == nil {
			_, err = to.Write(text)
			return err
		}
		why = cmp.Or(why, err)
	}
	return why
}

// withPrefix is the content of the file in an environment that was made at a prefix, if
// it is what the record says.
func (f *File) withPrefix(ctx context.Context, data []byte, placeholder, prefix string, binary bool) ([]byte, error) {
	text, err := replacePrefix(data, placeholder, prefix, binary, f.check.windows())
	if err != nil || f.path.InPrefix == "" || f.path.InPrefix == f.path.SHA256 {
		return text, err
	}
	h, err := dist.Hash(ctx, bytes.NewReader(text), dist.HashOptions{SHA256: true})
	if err == nil && h.SHA256 != f.path.InPrefix {
		err = fmt.Errorf("%w: with the prefix in it, %s is not what the record says", ErrUnproven, f.source)
	}
	return text, err
}
