package dist

import (
	"archive/zip"
	"context"
	"errors"
	"io"
	"os"
)

// maxWheelDirectory is the largest accepted directory of a wheel's zip, in bytes: about
// 100,000 files.
const maxWheelDirectory = 8 << 20

// IsWheel reports whether name is that of a wheel, complete or being downloaded.
func IsWheel(name string) bool {
	name = cutEnding(name, ".partial")
	return cutEnding(name, ".whl") != name
}

// CheckWheel reads a wheel to its end and checks the CRC-32 of each member of the zip. It
// does not check names and contents; plugins of conda unpack wheels. The errors are those
// of OpenArchive and Members.
func CheckWheel(ctx context.Context, f *os.File, path string, limits Limits) error {
	st, err := f.Stat()
	if err != nil {
		return err
	}
	a := &Archive{path: path, source: &source{r: f}, size: st.Size(), limits: limits.withDefaults()}
	if err := a.checkStart("PK\x03\x04", "a zip"); err != nil {
		return a.fail("", "", err)
	}
	memory, err := a.limits.Memory.take(ctx, commonMemory)
	if err != nil {
		return err
	}
	defer memory.give()
	if err := memory.enlarge(ctx); err != nil { // its directory may be large
		return err
	}
	end, err := zipEndOf(a.source, a.size)
	if err == nil && end.length > maxWheelDirectory {
		err = tooLarge("the directory of the zip has %d bytes, %d are allowed", end.length, maxWheelDirectory)
	}
	if err != nil {
		return a.fail("", "", err)
	}
	z, err := zip.NewReader(a.source, a.size)
	if err != nil {
		return a.fail("", "", zipError(a.source, err))
	}
	left := a.limits.budget(a.size)
	for _, member := range z.File {
		if err := a.checkWheelMember(ctx, member, &left); err != nil {
			return a.fail("", member.Name, err)
		}
	}
	return nil
}

// checkWheelMember reads one member; left is how many bytes may still come out.
func (a *Archive) checkWheelMember(ctx context.Context, f *zip.File, left *int64) error {
	r, err := f.Open()
	if err != nil {
		return zipError(a.source, err)
	}
	defer r.Close()
	in := &unpacked{ctx: ctx, r: &zipStream{r: r, src: a.source}, what: "zip", budget: *left, source: a.source}
	n, err := io.Copy(io.Discard, in)
	*left -= n
	if errors.Is(err, zip.ErrAlgorithm) {
		return damaged("is packed in an unknown way")
	}
	return err
}
