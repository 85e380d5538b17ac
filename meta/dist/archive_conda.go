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

// condaMembers reads a .conda: CEP 35.
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
		// As conda unpacks them: what is in both is that of the info part.
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

// A part of up to smallPart bytes is unpacked in memory if it has no more than
// smallUnpacked bytes then. As a stream it would take as much memory as the
// frame's window, which is 128 MiB in what conda-build made for years (at
// zstd's level 22) however little there is to unpack: clearing that takes 20 ms,
// reading the info part of a common package less than one.
const (
	smallPart     = 1 << 20
	smallUnpacked = 4 << 20
)

// condaPart reads info-*.tar.zst or pkg-*.tar.zst; left is what is left of
// Limits.Unpacked.
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
	// The decoder has read to the end to look for another frame. That the CRC
	// was compared must not hang on it.
	if _, err := io.Copy(io.Discard, in); err != nil {
		return false, a.fail(f.Name, "", err)
	}
	return false, nil
}

// unpackZstd opens a part of size bytes.
func (a *Archive) unpackZstd(ctx context.Context, in io.Reader, size int64, memory *share) (io.ReadCloser, error) {
	if size <= smallPart {
		// What is read may be less than size, or the start of more: then the
		// zip is damaged, and says so at the end of in.
		packed, err := io.ReadAll(io.LimitReader(in, smallPart))
		if err != nil {
			return nil, err
		}
		// Not WithDecoderMaxMemory: that would refuse the window itself.
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
		// Too much, or damaged: a stream gives what there is until then.
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

// window is how far back the first frame of in refers, in bytes, and in from its
// start. Where that is common, no frame behind it may refer further back than is
// common: no packer makes such, and conda's unpacker reads one frame only.
func (a *Archive) window(in io.Reader) (io.Reader, uint64, error) {
	start := make([]byte, zstd.HeaderMaxSize)
	n, err := io.ReadFull(in, start)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, 0, err
	}
	in = io.MultiReader(bytes.NewReader(start[:n]), in)
	var h zstd.Header
	if h.Decode(start[:n]) != nil {
		return in, 0, nil // the decoder says what is wrong
	}
	window := h.WindowSize
	if h.SingleSegment {
		window = h.FrameContentSize
	}
	return in, min(window, a.limits.Window), nil
}

// zipStream reads a member of a zip; its errors are sorted.
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

// checkMetadata reads metadata.json, which has the version of the format. Archives
// without one, or with an empty one, are what conda-package-handling wrote until
// 2022 (its issue 88). conda and rattler never read it, and mamba extracts the archive
// whatever it says, so that another version, or what is no JSON, is a note.
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

// formatVersion is the version of the format that a metadata.json states, 2 where it
// states none.
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
