package dist

import (
	"bytes"
	"compress/bzip2"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	dsnet "github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/zstd"

	"gclean/internal/fixture"
)

// archivesToMeasure returns the largest real archives of both formats, and a package of
// source code in both, because 400 kB are too little to measure.
func archivesToMeasure(b *testing.B) map[string][]byte {
	b.Helper()
	archives := make(map[string][]byte)
	for _, path := range realPackages(b) {
		if name := filepath.Base(path); strings.HasPrefix(name, "zlib-1.2.11-h7b6447c_3.") || strings.HasPrefix(name, "ca-") {
			data, err := os.ReadFile(path)
			if err != nil {
				b.Fatal(err)
			}
			archives[name] = data
		}
	}
	for _, f := range []fixture.Format{fixture.Conda, fixture.TarBz2} {
		p := sources(b, f)
		archives[p.ArchiveName()] = pack(b, p)
	}
	return archives
}

// sources returns a package of this machine's Go sources: about 20 MB.
func sources(b *testing.B, f fixture.Format) fixture.Package {
	b.Helper()
	p := fixture.Package{Name: "sources", Version: "1", Build: "0", Format: f}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		b.Skip("no go command to ask for Go's sources")
	}
	var total int
	err = filepath.WalkDir(filepath.Join(strings.TrimSpace(string(root)), "src"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		text, err := os.ReadFile(path)
		if total += len(text); total > 20<<20 {
			return filepath.SkipAll
		}
		p.Files = append(p.Files, fixture.File{Path: "src/" + filepath.Base(filepath.Dir(path)) + "/" + strconv.Itoa(len(p.Files)), Content: string(text)})
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	return p
}

// BenchmarkMembers reads archives in memory completely; it counts the bytes that come out.
func BenchmarkMembers(b *testing.B) {
	for name, data := range archivesToMeasure(b) {
		b.Run(name, func(b *testing.B) {
			a, err := openBytes(data, name)
			if err != nil {
				b.Fatal(err)
			}
			var total int64
			all, err := contents(a, Everything)
			if err != nil {
				b.Fatal(err)
			}
			for _, c := range all {
				total += c.Size
			}
			b.SetBytes(total)
			b.ReportAllocs()
			for b.Loop() {
				err := a.Members(context.Background(), Everything, func(Member, io.Reader) error { return nil })
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkBzip2 compares the standard library's decoder of .tar.bz2 with dsnet's.
func BenchmarkBzip2(b *testing.B) {
	for name, data := range archivesToMeasure(b) {
		if !strings.HasSuffix(name, ".tar.bz2") {
			continue
		}
		for _, decoder := range []struct {
			name string
			open func() (io.Reader, error)
		}{
			{"std", func() (io.Reader, error) { return bzip2.NewReader(bytes.NewReader(data)), nil }},
			{"dsnet", func() (io.Reader, error) { return dsnet.NewReader(bytes.NewReader(data), nil) }},
		} {
			b.Run(name+"/"+decoder.name, func(b *testing.B) { measure(b, decoder.open) })
		}
	}
}

// BenchmarkZstd is why one goroutine unpacks zstd: several archives are read at a time.
func BenchmarkZstd(b *testing.B) {
	p := sources(b, fixture.Conda)
	a, err := openBytes(pack(b, p), p.ArchiveName())
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		options []zstd.DOption
	}{
		{"one", []zstd.DOption{zstd.WithDecoderConcurrency(1)}},
		{"one-lowmem", []zstd.DOption{zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true)}},
		{"many", nil},
	} {
		b.Run(c.name, func(b *testing.B) {
			measure(b, func() (io.Reader, error) {
				r, err := a.zip.pkg.Open()
				if err != nil {
					return nil, err
				}
				z, err := zstd.NewReader(r, c.options...)
				if err != nil {
					return nil, err
				}
				return z.IOReadCloser(), nil
			})
		})
	}
}

// measure reads what open opens to its end.
func measure(b *testing.B, open func() (io.Reader, error)) {
	for b.Loop() {
		r, err := open()
		if err != nil {
			b.Fatal(err)
		}
		n, err := io.Copy(io.Discard, r)
		if err != nil {
			b.Fatal(err)
		}
		if c, ok := r.(io.Closer); ok {
			c.Close()
		}
		b.SetBytes(n)
	}
}
