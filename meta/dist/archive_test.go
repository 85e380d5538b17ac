package dist

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/internal/fixture"
)

// realPackages returns archives made by conda-build and rattler-build.
func realPackages(t testing.TB) []string {
	t.Helper()
	const dir = "../../../shared/real/packages"
	var archives []string
	for _, pattern := range []string{"*.conda", "*.tar.bz2"} {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil {
			t.Fatal(err)
		}
		archives = append(archives, found...)
	}
	if len(archives) == 0 {
		t.Skipf("%s is absent", dir)
	}
	return archives
}

// content is a member, and the hash of its content.
type content struct {
	Member
	SHA256 string
}

// contents reads an archive completely.
func contents(a *Archive, part Part) (map[string]content, error) {
	found := make(map[string]content)
	err := a.Members(context.Background(), part, func(m Member, r io.Reader) error {
		sum := sha256.New()
		n, err := io.Copy(sum, r)
		if err == nil && n != m.Size {
			err = errors.New("the size is not the content's")
		}
		found[m.Path] = content{m, hex.EncodeToString(sum.Sum(nil))}
		return err
	})
	return found, err
}

// openBytes opens an archive in memory.
func openBytes(data []byte, name string) (*Archive, error) {
	return newArchive(bytes.NewReader(data), int64(len(data)), name, Limits{})
}

func readBytes(data []byte, name string) (map[string]content, error) {
	a, err := openBytes(data, name)
	if err != nil {
		return nil, err
	}
	return contents(a, Everything)
}

// small returns a package with one member of each kind.
func small(f fixture.Format) fixture.Package {
	return fixture.Package{
		Name: "small", Version: "1.0", Build: "0", Format: f,
		Files: []fixture.File{
			{Path: "bin/tool", Prefix: true, Mode: 0o755},
			{Path: "lib/libsmall.so", Target: "libsmall.so.1"},
			{Path: "lib/libsmall.so.1", Content: "not an ELF file"},
			{Path: "share/empty"},
		},
	}
}

func pack(t testing.TB, p fixture.Package) []byte {
	t.Helper()
	var buf bytes.Buffer
	if err := p.WriteArchive(&buf); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

func TestRealArchives(t *testing.T) {
	for _, path := range realPackages(t) {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := OpenArchive(path, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			all, err := contents(a, Everything)
			if err != nil {
				t.Fatal(err)
			}
			info, err := contents(a, InfoOnly)
			if err != nil {
				t.Fatal(err)
			}
			if len(all) < len(info) || all["info/index.json"].Size == 0 || info["info/index.json"] != all["info/index.json"] {
				t.Errorf("%d members, %d of info/", len(all), len(info))
			}
			for name := range info {
				if !strings.HasPrefix(name, "info/") {
					t.Errorf("%s is not below info/", name)
				}
			}
		})
	}
}

// The two archives of zlib have the same contents and sizes. Both were made on Windows,
// where the symlinks lib/libz.so and lib/libz.so.1 were lost. The .tar.bz2 has empty files
// instead, and the .conda has symlinks without a target, which no unpacker makes.
func TestFormatsAgree(t *testing.T) {
	found := make(map[string]map[string]content)
	for _, path := range realPackages(t) {
		if name := filepath.Base(path); strings.HasPrefix(name, "zlib-1.2.11-h7b6447c_3.") {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if found[name], err = readBytes(data, name); err != nil {
				t.Fatal(err)
			}
		}
	}
	conda, tarbz2 := found["zlib-1.2.11-h7b6447c_3.conda"], found["zlib-1.2.11-h7b6447c_3.tar.bz2"]
	if len(tarbz2) > 0 && len(conda)+2 != len(tarbz2) {
		t.Errorf("%d and %d members", len(conda), len(tarbz2))
	}
	for name, c := range conda {
		if b := tarbz2[name]; b.SHA256 != c.SHA256 || b.Type != c.Type || b.Size != c.Size {
			t.Errorf("%s\n%+v\n%+v", name, c, b)
		}
	}
}

func TestTruncatedArchives(t *testing.T) {
	for _, f := range []fixture.Format{fixture.Conda, fixture.TarBz2} {
		p := small(f)
		data := pack(t, p)
		if _, err := readBytes(data, p.ArchiveName()); err != nil {
			t.Fatal(err)
		}
		for n := range data {
			if _, err := readBytes(data[:n], p.ArchiveName()); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s of %d bytes cut to %d: %v", p.ArchiveName(), len(data), n, err)
			}
		}
		for _, tail := range []string{"\x00", "x", "BZ", "PK\x05\x06", strings.Repeat("\x00", 1000)} {
			if _, err := readBytes(append(bytes.Clone(data), tail...), p.ArchiveName()); !errors.Is(err, ErrDamaged) {
				t.Errorf("%s and %q: %v", p.ArchiveName(), tail, err)
			}
		}
	}
}
