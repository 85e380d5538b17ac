package dist

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"gclean/internal/fixture"
)

// A flipped bit outside of all contents, such as in a date in the zip, changes nothing; all
// others are found.
func TestFlippedBits(t *testing.T) {
	files := map[string][]byte{}
	for _, f := range []fixture.Format{fixture.Conda, fixture.TarBz2} {
		p := small(f)
		files[p.ArchiveName()] = pack(t, p)
	}
	for name, data := range files {
		want, err := readBytes(data, name)
		if err != nil {
			t.Fatal(err)
		}
		found, harmless := 0, 0
		for i := range data {
			for bit := i % 4; bit < 8; bit += 4 { // testing all eight gives the same result, but takes long
				bad := bytes.Clone(data)
				bad[i] ^= 1 << bit
				got, err := readBytes(bad, name)
				switch {
				case err == nil && !maps.Equal(got, want):
					t.Errorf("%s: bit %d of byte %d: other content without an error", name, bit, i)
				case err == nil:
					harmless++
				case !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsafe) && !errors.Is(err, ErrLimit):
					t.Errorf("%s: bit %d of byte %d: %v has no class", name, bit, i, err)
				default:
					found++
				}
			}
		}
		t.Logf("%s: %d flips found, %d harmless", name, found, harmless)
	}
}

// Several bytes of real archives are changed, the same in each run.
func TestRealArchivesDamaged(t *testing.T) {
	archives := realPackages(t)
	random := rand.New(rand.NewPCG(1, 2))
	for _, path := range archives {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Base(path)
		want, err := readBytes(data, name)
		if err != nil {
			t.Fatal(err)
		}
		for end := time.Now().Add(time.Second / 2); time.Now().Before(end); {
			bad := bytes.Clone(data)
			for range 1 + random.IntN(3) {
				bad[random.IntN(len(bad))] ^= byte(1 + random.IntN(255))
			}
			if got, err := readBytes(bad, name); err == nil && !maps.Equal(got, want) {
				t.Fatalf("%s: other content without an error", name)
			}
			n := random.IntN(len(data))
			if _, err := readBytes(data[:n], name); !errors.Is(err, ErrDamaged) {
				t.Fatalf("%s cut to %d bytes: %v", name, n, err)
			}
		}
	}
}

func fuzz(f *testing.F, format fixture.Format) {
	p := small(format)
	var buf bytes.Buffer
	if err := p.WriteArchive(&buf); err != nil {
		f.Fatal(err)
	}
	f.Add(buf.Bytes())
	real, _ := filepath.Glob("../../../shared/real/packages/*" + format.String())
	for _, path := range real {
		if data, err := os.ReadFile(path); err == nil && len(data) < 10_000 {
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := readBytes(data, p.ArchiveName())
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsafe) && !errors.Is(err, ErrLimit) {
			t.Errorf("%v has no class", err)
		}
		for name, c := range got {
			if err == nil && (name == "" || !filepath.IsLocal(filepath.FromSlash(name)) || c.Type == Symlink && leadsOut(name, c.Target)) {
				t.Errorf("%+v", c)
			}
		}
	})
}

func FuzzConda(f *testing.F)  { fuzz(f, fixture.Conda) }
func FuzzTarBz2(f *testing.F) { fuzz(f, fixture.TarBz2) }

// FuzzTar fuzzes the data below the checksums, which FuzzConda and FuzzTarBz2 rarely reach.
func FuzzTar(f *testing.F) {
	for _, headers := range [][]tar.Header{
		{{Name: "lib/", Typeflag: tar.TypeDir}, {Name: "lib/a", Typeflag: tar.TypeReg, Size: 600}, {Name: "b", Typeflag: tar.TypeSymlink, Linkname: "lib/a"}},
		{{Name: "a", Typeflag: tar.TypeReg, Format: tar.FormatPAX, PAXRecords: map[string]string{"GCLEAN.x": "y"}}, {Name: "c", Typeflag: tar.TypeLink, Linkname: "a"}},
		{{Name: strings.Repeat("long/", 60), Typeflag: tar.TypeDir, Format: tar.FormatGNU}},
	} {
		f.Add(makeTar(f, headers...))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		a := &Archive{path: "x-1-0.tar.bz2", source: &source{}, limits: Limits{}.withDefaults()}
		members := newMemberSet(a.limits)
		r := &tarReader{members: members, visit: func(m Member, r io.Reader) error {
			if m.Path == "" || !filepath.IsLocal(filepath.FromSlash(m.Path)) || m.Type == Symlink && leadsOut(m.Path, m.Target) {
				t.Errorf("%+v", m)
			}
			_, err := io.Copy(io.Discard, r)
			return err
		}}
		_, err := a.readTar(context.Background(), bytes.NewReader(data), "test", "", int64(len(data)), r)
		if err != nil && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsafe) && !errors.Is(err, ErrLimit) {
			t.Errorf("%v has no class", err)
		}
	})
}
