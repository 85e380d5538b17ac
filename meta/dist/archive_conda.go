package dist

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/zstd"
)

// condaMembers reads a .conda (CEP 35).
func (a *Archive) condaMembers(ctx context.Context, part Part, visit Visit) error {
	if err := a.checkMetadata(); err != nil {
		return a.fail(a.zip.metadata.Name, "", err)
	}
	memory, err := a.limits.Memory.take(ctx, commonMemory)
	if err != nil {
		return err
	}
	defer memory.give()
	parts := []*zip.File{a.zip.info}
	if part == Everything {
		// conda unpacks them in this order, so for a path in both parts the info part wins.
		parts = []*zip.File{a.zip.pkg, a.zip.info}
	}
	members := newMemberSet(a.limits)
	members.large = func() error { return memory.enlarge(ctx) }
	t := &tarReader{members: members, visit: visit, found: &a.found}
	if part == InfoOnly {
		t.only = inInfo
	}
	left := a.limits.Unpacked
	for _, f := range parts {
		stopped, err := a.condaPart(ctx, f, t, memory, &left)
		if err != nil || stopped {
			return err
		}
	}
	if name, err := members.finish(); err != nil {
		return a.fail("", name, err)
	}
	if part == Everything {
		for _, f := range a.zip.others {
			if err := checkZipMember(a.source, f); err != nil {
				return a.fail(f.Name, "", err)
			}
		}
	}
	return nil
}

// A part of at most smallPart bytes is unpacked in memory if it unpacks to at most
// smallUnpacked bytes. As a stream it would need as much memory as the frame's window. That
// is 128 MiB in files that conda-build wrote for years (zstd level 22), even if they are
// tiny. Clearing that memory takes 20 ms, while reading the info part of a typical package
// takes less than one.
const (
	smallPart     = 1 << 20
	smallUnpacked = 4 << 20
)

// condaPart reads info-*.tar.zst or pkg-*.tar.zst. left is the rest of Limits.Unpacked.
func (a *Archive) condaPart(ctx context.Context, f *zip.File, t *tarReader, memory *share, left *int64) (stopped bool, err error) {
	packed, err := f.Open()
	if err != nil {
		return false, a.fail(f.Name, "", zipError(a.source, err))
	}
	defer packed.Close()
	in := &zipStream{r: packed, src: a.source}
	z, err := a.unpackZstd(ctx, in, int64(f.UncompressedSize64), memory)
	if err != nil {
		return false, a.fail(f.Name, "", err)
	}
	defer z.Close()
	stopped, err = a.readTar(ctx, z, "zstd", f.Name, min(*left, a.limits.budget(int64(f.CompressedSize64))), t)
	if err != nil || stopped {
		return stopped, err
	}
	*left -= t.in.n
	// The decoder has read to the end, to look for another frame. Do not depend on that for
	// comparing the CRC.
	if _, err := io.Copy(io.Discard, in); err != nil {
		return false, a.fail(f.Name, "", err)
	}
	return false, nil
}

// unpackZstd opens a part of size bytes.
func (a *Archive) unpackZstd(ctx context.Context, in io.Reader, size int64, memory *share) (io.ReadCloser, error) {
	if size <= smallPart {
		// The data may be shorter or longer than size. Then the zip is damaged, and the end
		// of in reports it.
		packed, err := io.ReadAll(io.LimitReader(in, smallPart))
		if err != nil {
			return nil, err
		}
		// WithDecoderMaxMemory would refuse the window itself.
		z, err := zstd.NewReader(nil, zstd.WithDecodeAllCapLimit(true), zstd.WithDecoderMaxWindow(a.limits.Window), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return nil, err
		}
		defer z.Close()
		for room := max(8*len(packed), 64<<10); room <= smallUnpacked; room *= 4 {
			all, err := z.DecodeAll(packed, make([]byte, 0, room))
			if err == nil {
				return io.NopCloser(bytes.NewReader(all)), nil
			}
			if !errors.Is(err, zstd.ErrDecoderSizeExceeded) {
				break
			}
		}
		// Too large, or damaged: a stream returns everything before that.
		in = io.MultiReader(bytes.NewReader(packed), in)
	}
	in, window, err := a.window(in)
	if err != nil {
		return nil, err
	}
	if window > commonMemory {
		if err := memory.enlarge(ctx); err != nil {
			return nil, err
		}
		return memory.wideDecoder(in, a.limits.Window)
	}
	z, err := zstd.NewReader(in, zstd.WithDecoderMaxWindow(min(commonMemory, a.limits.Window)), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return nil, err
	}
	return z.IOReadCloser(), nil
}

// window returns how far back the first frame of in refers, in bytes, and a reader for all
// of in. If that is at most commonMemory, no later frame may refer further back: no packer
// writes such files, and conda's unpacker reads only one frame.
func (a *Archive) window(in io.Reader) (io.Reader, uint64, error) {
	start := make([]byte, zstd.HeaderMaxSize)
	n, err := io.ReadFull(in, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, 0, err
	}
	in = io.MultiReader(bytes.NewReader(start[:n]), in)
	var h zstd.Header
	if h.Decode(start[:n]) != nil {
		return in, 0, nil // the decoder reports what is wrong
	}
	window := h.WindowSize
	if h.SingleSegment {
		window = h.FrameContentSize
	}
	return in, min(window, a.limits.Window), nil
}

// zipStream reads a member of a zip and classifies its errors.
type zipStream struct {
	r   io.Reader
	src *source
}

func (z *zipStream) Read(p []byte) (int, error) {
	n, err := z.r.Read(p)
	if err != nil && err != io.EOF {
		err = zipError(z.src, err)
	}
	return n, err
}

// checkMetadata reads metadata.json, which has the version of the format. Until 2022
// conda-package-handling wrote archives without it, or with an empty one (its issue 88).
// conda and rattler never read it, and mamba extracts the archive whatever it says. So
// another version, or invalid JSON, is only a note.
func (a *Archive) checkMetadata() error {
	f := a.zip.metadata
	if f == nil {
		return nil
	}
	if f.UncompressedSize64 > maxMetadata {
		return tooLarge("has %d bytes, %d are allowed", f.UncompressedSize64, maxMetadata)
	}
	r, err := f.Open()
	if err != nil {
		return zipError(a.source, err)
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, maxMetadata))
	if err != nil {
		return zipError(a.source, err)
	}
	text = bytes.TrimSpace(bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")))
	if len(text) == 0 {
		return nil
	}
	switch version, err := formatVersion(text); {
	case err != nil:
		a.found = append(a.found, Finding{Kind: OddMetadata, Path: f.Name, Got: err.Error()})
	case version != 2:
		a.found = append(a.found, Finding{Kind: OddMetadata, Path: f.Name, Got: fmt.Sprintf("version %d of the format", version)})
	}
	return nil
}

// formatVersion returns the version of the format in a metadata.json, or 2 if it has none.
func formatVersion(text []byte) (int64, error) {
	version := int64(2)
	d := jsontext.NewDecoder(bytes.NewReader(text), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	err := scanObject(d, func(key string, d *jsontext.Decoder) error {
		if key == "conda_pkg_format_version" {
			return readInt(d, &version)
		}
		return d.SkipValue()
	})
	if err != nil {
		return 0, err
	}
	if _, err := d.ReadToken(); err != io.EOF {
		return 0, errors.New("something follows it")
	}
	return version, nil
}
