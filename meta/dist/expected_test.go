package dist

import (
	"context"
	"crypto/md5"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/walk"
)

const (
	someMD5    = "0cc175b9c0f1b6a831c399e269772661"
	someSHA256 = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"
)

func TestReadURLs(t *testing.T) {
	urls, err := ReadURLs(strings.NewReader(strings.Join([]string{
		"# a comment",
		"https://conda.example/c/linux-64/a-1-0.conda",
		"https://conda.example/c/linux-64/a-1-0.conda#" + strings.ToUpper(someMD5) + "\r",
		"https://conda.example/c/noarch/b-1!2-0.tar.bz2#md5:" + someMD5,
		"https://conda.example/c/noarch/c-1%212-0.tar.bz2#sha256=" + someSHA256,
		"https://conda.example/c/noarch/d-1-0.tar.bz2#short",
		"https://pypi.example/e-1-py3-none-any.whl#sha256=" + someSHA256,
		"https://conda.example/c/noarch/repodata.json",
		"", "(null)",
	}, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]DownloadedURL{
		"a-1-0.conda":          {URL: "https://conda.example/c/linux-64/a-1-0.conda", MD5: someMD5},
		"b-1!2-0.tar.bz2":      {URL: "https://conda.example/c/noarch/b-1!2-0.tar.bz2", MD5: someMD5},
		"c-1!2-0.tar.bz2":      {URL: "https://conda.example/c/noarch/c-1%212-0.tar.bz2", SHA256: someSHA256},
		"d-1-0.tar.bz2":        {URL: "https://conda.example/c/noarch/d-1-0.tar.bz2"},
		"c-1%212-0.tar.bz2":    {URL: "https://conda.example/c/noarch/c-1%212-0.tar.bz2", SHA256: someSHA256},
		"e-1-py3-none-any.whl": {URL: "https://pypi.example/e-1-py3-none-any.whl", SHA256: someSHA256},
	}
	if len(urls) != len(want) {
		t.Errorf("%v", urls)
	}
	for name, u := range want {
		if urls[name] != u {
			t.Errorf("%s: %+v", name, urls[name])
		}
	}
}

func TestReadURLsIsBounded(t *testing.T) {
	line := "https://conda.example/c/linux-64/a-1-0.conda\n"
	if urls, err := ReadURLs(strings.NewReader(strings.Repeat(line, MaxURLs/len(line)+1))); urls != nil || !errors.Is(err, ErrLimit) {
		t.Errorf("%d, %v", len(urls), err)
	}
}

func TestReadRattlerMetadata(t *testing.T) {
	sum, _ := hex.DecodeString(someSHA256)
	revision := "\x00\x00\x00\x00\x00\x00\x01\x02"
	for text, want := range map[string]RattlerMetadata{
		"":                              {},
		"\x00\x01":                      {},
		revision:                        {Revision: 0x102},
		revision + string(sum[:31]):     {Revision: 0x102},
		revision + string(sum):          {Revision: 0x102, SHA256: someSHA256},
		revision + string(sum) + "more": {Revision: 0x102, SHA256: someSHA256},
	} {
		if got, err := ReadRattlerMetadata(strings.NewReader(text)); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

// What conda recorded about an archive agrees with that archive, and with no other.
func TestExpectedOfCache(t *testing.T) {
	c, err := fixture.NewCache(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	p := extractable(small(fixture.Conda))
	if err := c.Add(p); err != nil {
		t.Fatal(err)
	}
	d, err := walk.Open(c.Extracted(p))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	rec, err := ReadRepodataRecord(context.Background(), Extracted{Dir: d})
	if err != nil {
		t.Fatal(err)
	}
	if rec.Dist() != p.Dist() || rec.Filename != p.ArchiveName() || rec.URL != p.URL() || !rec.Expected().Known() {
		t.Errorf("%+v", rec)
	}
	archive := c.Path(p.ArchiveName())
	check := func(e Expected) error {
		f, err := os.Open(archive)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		return e.CheckFile(context.Background(), f, nil)
	}
	if err := check(rec.Expected()); err != nil {
		t.Error(err)
	}
	for what, e := range map[string]Expected{
		"size":    {Size: rec.Size + 1, SHA256: rec.SHA256, Source: "test"},
		"SHA-256": {Size: rec.Size, SHA256: someSHA256, MD5: rec.MD5, Source: "test"},
		"MD5":     {MD5: someMD5, Source: "test"},
	} {
		var m *MismatchError
		if err := check(e); !errors.As(err, &m) || m.What != what || !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestHashFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	text := []byte(strings.Repeat("text", 200_000))
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	m, s := md5.Sum(text), sha256.Sum256(text)
	all := Hashes{int64(len(text)), hex.EncodeToString(m[:]), hex.EncodeToString(s[:])}
	var done int64
	for _, c := range []struct {
		o    HashOptions
		want Hashes
	}{
		{HashOptions{MD5: true, SHA256: true, Done: func(n int64) { done += n }}, all},
		{HashOptions{SHA256: true}, Hashes{all.Size, "", all.SHA256}},
		{HashOptions{MD5: true}, Hashes{all.Size, all.MD5, ""}},
	} {
		if got, err := HashFile(context.Background(), path, c.o); err != nil || got != c.want {
			t.Errorf("%+v, %v", got, err)
		}
	}
	if done != all.Size {
		t.Errorf("done with %d bytes", done)
	}
	if _, err := HashFile(context.Background(), dir, HashOptions{}); err == nil {
		t.Error("a folder was read")
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := HashFile(ctx, path, HashOptions{}); err != context.Canceled {
		t.Error(err)
	}
}

func TestReadInfo(t *testing.T) {
	for _, format := range []fixture.Format{fixture.Conda, fixture.TarBz2} {
		p := extractable(small(format))
		a, err := openBytes(pack(t, p), p.ArchiveName())
		if err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if err := p.Extract(dir); err != nil {
			t.Fatal(err)
		}
		d, err := walk.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var want []string
		for _, f := range p.Files {
			want = append(want, f.Path)
		}
		links := len(want) - 3
		for _, src := range []InfoSource{a, Extracted{Dir: d}} {
			ctx := context.Background()
			index, err := ReadIndex(ctx, src)
			if err != nil || index.Dist() != p.Dist() || index.Subdir != "linux-64" {
				t.Errorf("%T: %+v, %v", src, index, err)
			}
			paths, err := ReadPaths(ctx, src)
			if err != nil || len(paths.Entries) != len(want) || paths.Version != 1 || (paths.Entries[1].Type == PathSoftlink) != (links == 1) || paths.Entries[0].Placeholder == "" {
				t.Errorf("%T: %+v, %v", src, paths, err)
			}
			files, err := ReadFiles(ctx, src)
			if err != nil || !slices.Equal(files, want) {
				t.Errorf("%T: %q, %v", src, files, err)
			}
			if _, err := src.ReadInfo(ctx, "none"); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%T: %v", src, err)
			}
		}
	}
}

func TestParseIndex(t *testing.T) {
	for text, want := range map[string]error{
		`{"name": "a", "version": "1", "build": "0", "build_number": "3", "noarch": true}`: nil,
		`{"name": "a", "version": "1", "build": "0", "timestamp": 1.5e12}`:                 nil,
		`{"name": "a", "version": "1"}`:                                                    ErrDamaged,
		`{"name": "a", "version": "1", "build": "../../b"}`:                                ErrUnsafe,
		`{"name": "..", "version": "1", "build": "0"}`:                                     ErrUnsafe,
		`{"name": "a", "version": "1\\2", "build": "0"}`:                                   ErrUnsafe,
		`{"name": "a", "version": "1", "build": "0"`:                                       ErrDamaged,
		`[]`: ErrDamaged,
		``:   ErrDamaged,
	} {
		if _, err := ParseIndex(strings.NewReader(text)); !errors.Is(err, want) {
			t.Errorf("%s: %v", text, err)
		}
	}
}

// An archive with hashes from three sources is read once.
func TestCheckFileAllReadsOnce(t *testing.T) {
	text := []byte("an archive")
	path := filepath.Join(t.TempDir(), "a.conda")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := HashFile(t.Context(), path, HashOptions{MD5: true, SHA256: true})
	if err != nil {
		t.Fatal(err)
	}
	record := Expected{Size: int64(len(text)), SHA256: all.SHA256, MD5: all.MD5, Source: "record"}
	rattler := Expected{SHA256: all.SHA256, Source: "rattler"}
	urls := Expected{MD5: all.MD5, Source: "urls.txt"}
	other := Expected{MD5: strings.Repeat("0", 32), Source: "other"}
	for name, c := range map[string]struct {
		known []Expected
		wrong string // source of the wrong hash
		bytes int64
	}{
		"nothing known":            {nil, "", 0},
		"three sources that agree": {[]Expected{record, rattler, urls}, "", int64(len(text))},
		"the last source differs":  {[]Expected{record, rattler, other}, "other", int64(len(text))},
		"a wrong size":             {[]Expected{urls, {Size: 3, Source: "short"}}, "short", 0},
	} {
		t.Run(name, func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			var read int64
			err = CheckFileAll(t.Context(), f, c.known, func(n int64) { read += n })
			mismatch := (*MismatchError)(nil)
			switch {
			case c.wrong == "" && err != nil:
				t.Fatal(err)
			case c.wrong != "" && (!errors.As(err, &mismatch) || mismatch.Source != c.wrong):
				t.Errorf("got %v; %s differs", err, c.wrong)
			}
			if read != c.bytes {
				t.Errorf("%d bytes were read, want %d", read, c.bytes)
			}
		})
	}
}
