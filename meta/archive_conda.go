package meta

import (
	"archive/zip"
	"context"
	"io"

	"github.com/go-json-experiment/json"
	"github.com/klauspost/compress/zstd"
)

// condaMembers reads a .conda: CEP 35.
func (a *Archive) condaMembers(ctx context.Context, part Part, visit Visit) error {
	if err := a.checkMetadata(); err != nil {
		return a.fail(a.zip.metadata.Name, "", err)
	}
	parts := []*zip.File{a.zip.info}
	if part == Everything {
		parts = append(parts, a.zip.pkg)
	}
	members := newMemberSet(a.limits)
	t := &tarReader{members: members, visit: visit}
	if part == InfoOnly {
		t.only = inInfo
	}
	left := a.limits.Unpacked
	for _, f := range parts {
		stopped, err := a.condaPart(ctx, f, t, &left)
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

// condaPart reads info-*.tar.zst or pkg-*.tar.zst; left is what is left of
// Limits.Unpacked.
func (a *Archive) condaPart(ctx context.Context, f *zip.File, t *tarReader, left *int64) (stopped bool, err error) {
	packed, err := f.Open()
	if err != nil {
		return false, a.fail(f.Name, "", zipError(a.source, err))
	}
	defer packed.Close()
	in := &zipStream{r: packed, src: a.source}
	z, err := zstd.NewReader(in, zstd.WithDecoderMaxWindow(a.limits.Window), zstd.WithDecoderLowmem(true), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return false, a.fail(f.Name, "", err)
	}
	defer z.Close()
	stopped, err = a.readTar(ctx, z, "zstd", f.Name, int64(f.CompressedSize64), t)
	if err != nil || stopped {
		return stopped, err
	}
	if *left -= t.in.n; *left < 0 {
		return false, a.fail(f.Name, "", tooLarge("more than %d bytes come out of the archive", a.limits.Unpacked))
	}
	// The decoder has read to the end to look for another frame. That the CRC
	// was compared must not hang on it.
	if _, err := io.Copy(io.Discard, in); err != nil {
		return false, a.fail(f.Name, "", err)
	}
	return false, nil
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

// checkMetadata reads metadata.json, which has the version of the format.
func (a *Archive) checkMetadata() error {
	f := a.zip.metadata
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
	var m struct {
		Version int `json:"conda_pkg_format_version"`
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return damaged("not the metadata of a package: %v", err)
	}
	if m.Version != 2 {
		return damaged("the version of the format is %d; 2 is expected", m.Version)
	}
	return nil
}
