package dist

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/zstd"
)

// zipPart is a member of a zip made by a test.
type zipPart struct {
	name string
	data []byte
}

// makeZip stores parts, with a header before each.
func makeZip(t testing.TB, parts ...zipPart) []byte {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	for _, p := range parts {
		w, err := z.CreateRaw(&zip.FileHeader{
			Name: p.name, CRC32: crc32.ChecksumIEEE(p.data),
			CompressedSize64: uint64(len(p.data)), UncompressedSize64: uint64(len(p.data)),
		})
		if err == nil {
			_, err = w.Write(p.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func makeTar(t testing.TB, headers ...tar.Header) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, h := range headers {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(make([]byte, h.Size)); err != nil && h.Typeflag == tar.TypeReg {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func packZstd(t testing.TB, data []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	return z.EncodeAll(data, nil)
}

func packBzip2(t testing.TB, data []byte) []byte {
	t.Helper()
	var buf bytes.Buffer
	z, err := bzip2.NewWriter(&buf, nil)
	if err == nil {
		_, err = z.Write(data)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

var metadataPart = zipPart{"metadata.json", []byte(`{"conda_pkg_format_version": 2}`)}

// condaOf returns a .conda with the tar pkg and an empty info part.
func condaOf(t testing.TB, pkg []byte) []byte {
	t.Helper()
	return makeZip(t, metadataPart, zipPart{"info-x-1-0.tar.zst", packZstd(t, makeTar(t))}, zipPart{"pkg-x-1-0.tar.zst", packZstd(t, pkg)})
}

func TestUnsafeMembers(t *testing.T) {
	file := func(name string) tar.Header { return tar.Header{Name: name, Typeflag: tar.TypeReg} }
	link := func(name, target string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeSymlink, Linkname: target}
	}
	hard := func(name, target string) tar.Header {
		return tar.Header{Name: name, Typeflag: tar.TypeLink, Linkname: target}
	}
	folder := tar.Header{Name: "lib/", Typeflag: tar.TypeDir}
	for _, c := range []struct {
		name    string
		members []tar.Header
		want    string // part of the error; "" if it can be read
	}{
		{"plain", []tar.Header{folder, file("lib/a"), hard("lib/b", "lib/a"), link("c", "lib/a"), link("lib/c", "../c")}, ""},
		{"dots", []tar.Header{{Name: "./", Typeflag: tar.TypeDir}, file("./lib//a")}, ""},
		{"folder twice", []tar.Header{folder, file("lib/a"), folder}, ""},
		{"back through a folder", []tar.Header{link("a", "lib/../b"), file("lib/x")}, ""},
		{"absolute", []tar.Header{file("/etc/passwd")}, "absolute"},
		{"upwards", []tar.Header{file("lib/../../a")}, "leads upwards"},
		{"upwards inside", []tar.Header{file("lib/../a")}, "leads upwards"},
		{"long", []tar.Header{file(strings.Repeat("a/", 3000) + "a")}, "4096 are allowed"},
		{"folder over file", []tar.Header{file("lib"), folder}, "twice"},
		{"file over folder", []tar.Header{folder, file("lib")}, "twice"},
		{"file over a symlink out", []tar.Header{link("a", "/etc/passwd"), file("a")}, "twice"},
		{"file over a symlink to a folder", []tar.Header{folder, link("a", "lib"), file("a")}, "twice"},
		{"file over a symlink to a missing folder", []tar.Header{link("a", "lib/b"), file("a")}, "twice"},
		{"file over a symlink to itself", []tar.Header{link("a", "a"), file("a")}, "twice"},
		{"file over a symlink that leads out by another", []tar.Header{link("d/e/up", "../.."), link("a", "d/e/up/../x"), file("a")}, "twice"},
		{"folder over a symlink to a file", []tar.Header{file("a"), link("lib", "a"), folder}, "twice"},
		{"folder over a symlink to nothing", []tar.Header{link("lib", "a"), folder}, "twice"},
		{"hard link twice", []tar.Header{file("a"), hard("b", "a"), hard("b", "a")}, "twice"},
		{"hard link to itself", []tar.Header{file("a"), hard("a", "a")}, "twice"},
		{"through a symlink to a later folder", []tar.Header{link("lib", "lib64"), file("lib/a"), file("lib64/b")}, "below lib, which is a symlink"},
		{"through a symlink to a file", []tar.Header{file("b"), link("lib", "b"), file("lib/a")}, "below lib, which is a symlink"},
		{"through a symlink that leads out by another", []tar.Header{link("d/e/up", "../.."), link("x", "d/e/up/../etc"), file("x/a")}, "below x, which is a symlink"},
		{"through a symlink that first led inside", []tar.Header{folder, link("d", "lib"), link("d", "../x"), file("d/a")}, "below d, which is a symlink"},
		{"hard link through a symlink out", []tar.Header{link("d", "/etc"), hard("a", "d/passwd")}, "does not come before"},
		{"through a file", []tar.Header{file("lib"), file("lib/a/b")}, "below lib, which is a file"},
		{"symlink out", []tar.Header{link("lib/a", "../../b")}, ""},
		{"symlink to root", []tar.Header{link("lib/a", "/lib")}, ""},
		{"symlink to a system's folder", []tar.Header{link("lib/certs", "/etc/ssl/certs"), link("lib/cert.pem", "certs/ca.pem")}, ""},
		{"symlink out and in", []tar.Header{link("lib/a", "../../x/lib/b")}, ""},
		{"file below a symlink out", []tar.Header{link("lib", "/etc"), file("lib/passwd")}, "below lib, which is a symlink"},
		{"back through a symlink", []tar.Header{link("d/e/up", "../.."), link("out", "d/e/up/../../..")}, "through the symlink d/e/up"},
		{"back through a symlink, counted out", []tar.Header{link("d/e/up", "../.."), link("out", "d/e/up/../etc")}, "through the symlink d/e/up"},
		{"back through a later symlink", []tar.Header{link("out", "d/e/up/../etc"), link("d/e/up", "../..")}, "through the symlink d/e/up"},
		{"back through a symlink below another", []tar.Header{file("a/u/v/f"), link("a/u/v/w", "../../.."), link("s", "a"), link("l", "s/u/v/w/../../..")}, "through the symlink a/u/v/w"},
		{"back through three symlinks", []tar.Header{link("a/b/c/w", "../../.."), link("p", "q"), link("q", "r"), link("r", "a/b"), link("l", "p/c/w/../../..")}, "through the symlink a/b/c/w"},
		{"back behind a symlink out", []tar.Header{link("lib/certs", "/etc/ssl/certs"), link("l", "lib/certs/../../passwd")}, "through the symlink lib/certs"},
		{"back before a symlink out", []tar.Header{link("lib/certs", "/etc/ssl/certs"), link("l", "lib/../lib/certs/ca.pem")}, ""},
		{"back through a symlink, but inside", []tar.Header{link("lib64", "lib"), file("lib/x"), link("share/l", "../lib64/../lib/x")}, ""},
		{"back through a symlink deeper", []tar.Header{link("a", "b/c/d"), link("l", "a/../../x")}, ""},
		{"symlinks in a circle", []tar.Header{link("a", "b/../b"), link("b", "a/../a")}, ""},
		{"hard link out", []tar.Header{hard("a", "../b")}, "leads upwards"},
		{"hard link to root", []tar.Header{hard("a", "/etc/passwd")}, "absolute"},
		{"hard link to what is not there", []tar.Header{hard("a", "b"), file("b")}, "does not come before"},
		{"hard link to folder", []tar.Header{folder, hard("c", "lib")}, "which is a folder"},
		{"device", []tar.Header{{Name: "a", Typeflag: tar.TypeChar, Devmajor: 1, Devminor: 5}}, "has the tar type '3'"},
		{"block device", []tar.Header{{Name: "a", Typeflag: tar.TypeBlock}}, "has the tar type '4'"},
		{"FIFO", []tar.Header{{Name: "a", Typeflag: tar.TypeFifo}}, "has the tar type '6'"},
		{"global header", []tar.Header{{Name: "a", Typeflag: tar.TypeXGlobalHeader, PAXRecords: map[string]string{"path": "b"}}}, "has the tar type 'g'"},
		{"the package as a file", []tar.Header{file("./.")}, "in place of the package's folder"},
	} {
		t.Run(c.name, func(t *testing.T) {
			data := makeTar(t, c.members...)
			for name, archive := range map[string][]byte{"x-1-0.conda": condaOf(t, data), "x-1-0.tar.bz2": packBzip2(t, data)} {
				_, err := readBytes(archive, name)
				switch {
				case c.want == "" && err != nil:
					t.Errorf("%s: %v", name, err)
				case c.want != "" && (!errors.Is(err, ErrUnsafe) && !errors.Is(err, ErrLimit) || !strings.Contains(err.Error(), c.want)):
					t.Errorf("%s: %v; want %q", name, err, c.want)
				}
			}
		})
	}
}

// On Windows a path may lead out of the package in more ways.
func TestUnsafeWindowsPaths(t *testing.T) {
	s := newMemberSet(Limits{}.withDefaults())
	s.windows = true
	for _, name := range []string{`..\a`, `C:\a`, "C:a", "a:stream", `a\..\..\b`, `\\host\share`} {
		if got, err := s.clean("path", name); !errors.Is(err, ErrUnsafe) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err := s.try(Member{Path: "l" + printable(name), Type: Symlink, Target: name}); !errors.Is(err, ErrUnsafe) {
			t.Errorf("symlink to %s: %v", name, err)
		}
	}
}

func TestBadZips(t *testing.T) {
	empty := packZstd(t, makeTar(t))
	info, pkg := zipPart{"info-x-1-0.tar.zst", empty}, zipPart{"pkg-x-1-0.tar.zst", empty}
	good := makeZip(t, metadataPart, info, pkg)
	many := []zipPart{metadataPart, info, pkg}
	for range 40 {
		many = append(many, zipPart{"x", nil})
	}
	hidden := bytes.Clone(good)
	copy(hidden[bytes.Index(hidden, []byte("pkg-")):], "PKG-") // only in the local header
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"good", good, ""},
		{"unknown part", makeZip(t, metadataPart, zipPart{"signature", []byte("x")}, info, pkg), ""},
		{"empty", nil, "the file is empty"},
		{"zeros", make([]byte, 1000), "begins with zeros"},
		{"page", []byte("<!DOCTYPE html><p>Sign in"), "a page of HTML"},
		{"bzip2", packBzip2(t, nil), "it is bzip2"},
		{"before", append([]byte("PK\x03\x04"), good...), "zip"},
		{"after", append(bytes.Clone(good), 0), "follow the end"},
		{"two ends", append(bytes.Clone(good), good[len(good)-22:]...), "directory of the zip is not where"},
		{"no metadata", makeZip(t, info, pkg), ""},
		{"empty metadata", makeZip(t, zipPart{"metadata.json", nil}, info, pkg), ""},
		{"blank metadata", makeZip(t, zipPart{"metadata.json", []byte(" \n")}, info, pkg), ""},
		{"metadata without a version", makeZip(t, zipPart{"metadata.json", []byte("{}")}, info, pkg), ""},
		{"metadata with more", makeZip(t, zipPart{"metadata.json", []byte(`{"x": [{}], "conda_pkg_format_version": 2, "y": null}`)}, info, pkg), ""},
		{"unknown method", withMethod(good, 9), "zip method 9"},
		{"no info", makeZip(t, metadataPart, pkg), "no info-*.tar.zst"},
		{"no pkg", makeZip(t, metadataPart, info), "no pkg-*.tar.zst"},
		{"two pkg", makeZip(t, metadataPart, info, pkg, zipPart{"pkg-y-1-0.tar.zst", empty}), "holds both"},
		{"many", makeZip(t, many...), "32 are allowed"},
		{"other name before the data", hidden, "differs from the directory"},
		{"no tar end", makeZip(t, metadataPart, info, zipPart{pkg.name, packZstd(t, nil)}), "it has no end"},
		{"half a tar end", makeZip(t, metadataPart, info, zipPart{pkg.name, packZstd(t, make([]byte, 512))}), "it has no end"},
		{"after the tar", makeZip(t, metadataPart, info, zipPart{pkg.name, packZstd(t, append(makeTar(t), 1))}), "follows the end of the tar"},
		{"after the frame", makeZip(t, metadataPart, info, zipPart{pkg.name, append(bytes.Clone(empty), "junk"...)}), "zstd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := readBytes(c.data, "x-1-0.conda")
			if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "x-1-0.conda: ")) {
				t.Errorf("%v; want %q", err, c.want)
			}
		})
	}
}

func TestTarBz2WithoutEnd(t *testing.T) {
	whole := makeTar(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 2000})
	for n := 0; n < len(whole); n += 64 {
		if _, err := readBytes(packBzip2(t, whole[:n]), "x-1-0.tar.bz2"); !errors.Is(err, ErrDamaged) {
			t.Errorf("%d of %d bytes: %v", n, len(whole), err)
		}
	}
	streams := append(packBzip2(t, whole[:700]), packBzip2(t, whole[700:])...)
	if _, err := readBytes(streams, "x-1-0.tar.bz2"); err != nil {
		t.Errorf("two streams: %v", err)
	}
}

// bombHeader returns the beginning of a tar with one file of size zeros.
func bombHeader(t testing.TB, size int64) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := tar.NewWriter(&buf).WriteHeader(&tar.Header{Name: "bomb", Typeflag: tar.TypeReg, Size: size, Format: tar.FormatGNU}); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestBomb(t *testing.T) {
	// Frames and streams may be concatenated, so the test need not pack 10 GiB.
	const frame, frames = 128 << 20, 80
	packed := packZstd(t, bombHeader(t, frame*frames))
	packed = append(packed, bytes.Repeat(packZstd(t, make([]byte, frame)), frames)...)
	packed = append(packed, packZstd(t, make([]byte, 1024))...)
	data := makeZip(t, metadataPart, zipPart{"info-x-1-0.tar.zst", packZstd(t, makeTar(t))}, zipPart{"pkg-x-1-0.tar.zst", packed})
	t.Logf("the bomb has %d bytes", len(data))

	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var out int64
	a, err := openBytes(data, "x-1-0.conda")
	if err == nil {
		err = a.Members(context.Background(), Everything, func(m Member, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			out += n
			return err
		})
	}
	runtime.ReadMemStats(&after)
	if !errors.Is(err, ErrLimit) {
		t.Errorf("%v", err)
	}
	if grown := after.TotalAlloc - before.TotalAlloc; grown > 128<<20 || out > 2<<30 {
		t.Errorf("%d bytes were allocated, %d came out", grown, out)
	} else {
		t.Logf("%d bytes were allocated, %d came out: %v", grown, out, err)
	}

	const stream, streams = 4 << 20, 32
	packed = packBzip2(t, bombHeader(t, stream*streams))
	packed = append(packed, bytes.Repeat(packBzip2(t, make([]byte, stream)), streams)...)
	if _, err := readBytes(packed, "x-1-0.tar.bz2"); !errors.Is(err, ErrLimit) {
		t.Errorf("%d bytes of bzip2: %v", len(packed), err)
	}
}

func TestLimits(t *testing.T) {
	plain := condaOf(t, makeTar(t, tar.Header{Name: "a/b", Typeflag: tar.TypeReg, Size: 5000}, tar.Header{Name: "c", Typeflag: tar.TypeReg}))
	var wide bytes.Buffer
	z, err := zstd.NewWriter(&wide, zstd.WithWindowSize(256<<20), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := z.Write(makeTar(t)); err != nil {
		t.Fatal(err)
	}
	if err := z.Flush(); err != nil { // otherwise the window is cut to the content
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	window := makeZip(t, metadataPart, zipPart{"info-x-1-0.tar.zst", packZstd(t, makeTar(t))}, zipPart{"pkg-x-1-0.tar.zst", wide.Bytes()})
	for _, c := range []struct {
		name   string
		data   []byte
		limits Limits
		ok     bool
	}{
		{"none", plain, Limits{}, true},
		{"unpacked", plain, Limits{Unpacked: 4000}, false},
		{"members", plain, Limits{Members: 2}, false},
		{"members with folders", plain, Limits{Members: 3}, true},
		{"path", plain, Limits{Path: 2}, false},
		{"window", window, Limits{}, false},
		{"larger window", window, Limits{Window: 256 << 20}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, err := newArchive(bytes.NewReader(c.data), int64(len(c.data)), "x-1-0.conda", c.limits)
			if err != nil {
				t.Fatal(err)
			}
			_, err = contents(a, Everything)
			if (err == nil) != c.ok || err != nil && !errors.Is(err, ErrLimit) {
				t.Error(err)
			}
		})
	}
}

// Errors of a visitor, of ctx and of the disk are not the archive's.
func TestOtherErrors(t *testing.T) {
	data := condaOf(t, makeTar(t, tar.Header{Name: "a", Typeflag: tar.TypeReg, Size: 5000}))
	a, err := openBytes(data, "x-1-0.conda")
	if err != nil {
		t.Fatal(err)
	}
	mine := errors.New("mine")
	if err := a.Members(context.Background(), Everything, func(Member, io.Reader) error { return mine }); err != mine {
		t.Errorf("the visitor's error became %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := a.Members(ctx, Everything, func(Member, io.Reader) error { return nil }); err != context.Canceled {
		t.Errorf("that of ctx became %v", err)
	}
	path := filepath.Join(t.TempDir(), "x-1-0.conda")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	if a, err = OpenArchive(path, Limits{}); err != nil {
		t.Fatal(err)
	}
	a.Close()
	if err := a.Members(context.Background(), Everything, func(Member, io.Reader) error { return nil }); !errors.Is(err, os.ErrClosed) || errors.Is(err, ErrDamaged) {
		t.Errorf("that of the disk became %v", err)
	}
}
