package dist

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

// withMethod returns the zip with all members marked as packed by that method.
func withMethod(zip []byte, method uint16) []byte {
	zip = bytes.Clone(zip)
	for _, header := range []struct {
		sig string
		at  int
	}{{"PK\x03\x04", 8}, {"PK\x01\x02", 10}} {
		for rest := zip; ; {
			i := bytes.Index(rest, []byte(header.sig))
			if i < 0 {
				break
			}
			rest = rest[i:]
			binary.LittleEndian.PutUint16(rest[header.at:], method)
			rest = rest[4:]
		}
	}
	return zip
}

// placed returns the place of a member, and what conda does with it.
func placed(m Member, content string) string {
	line := m.Path
	switch m.Type {
	case Symlink, Hardlink:
		line += " " + m.Type.String() + " to " + m.Target
	case File:
		line += " " + content
	}
	if m.Again {
		line += " again"
	}
	return line
}

// Members are placed where conda puts them, in its order.
func TestMembersBehindSymlinks(t *testing.T) {
	type member struct {
		kind         byte
		name, target string // target is the content of a file
	}
	f := func(name, text string) member { return member{tar.TypeReg, name, text} }
	l := func(name, target string) member { return member{tar.TypeSymlink, name, target} }
	h := func(name, target string) member { return member{tar.TypeLink, name, target} }
	d := func(name string) member { return member{tar.TypeDir, name, ""} }
	for name, c := range map[string]struct {
		members     []member
		want, notes string
	}{
		"file twice":                            {[]member{f("a", "1"), f("./a", "2")}, "a 1, a 2 again", "a: twice"},
		"symlink twice":                         {[]member{l("a", "b"), l("a", "c")}, "a symlink to b, a symlink to c again", "a: twice"},
		"symlink over file":                     {[]member{f("a", "1"), l("a", "b")}, "a 1, a symlink to b again", "a: twice"},
		"symlink over folder":                   {[]member{f("lib/a", "1"), l("lib", "b")}, "lib/a 1", "lib: left out: a folder is in its place"},
		"symlink without a target":              {[]member{f("a", "1"), l("b", "")}, "a 1", "b: left out: it has no target"},
		"symlinks without a target":             {[]member{f("a", "1"), l("b", ""), l("c", ""), d("lib")}, "a 1, lib", "b: left out: it has no target, c: left out: it has no target"},
		"symlinks without a target, then files": {[]member{l("b", ""), l("c", ""), f("a", "1"), f("d", "2")}, "a 1, d 2", "b: left out: it has no target, c: left out: it has no target, b: damaged: it is a symlink that cannot be made, since it has no target"},
		"file over symlink":                     {[]member{f("b", "1"), l("a", "b"), f("a", "2")}, "b 1, a symlink to b, b 2 again", "b: twice"},
		"file over symlink to nothing":          {[]member{l("a", "b"), f("a", "2")}, "a symlink to b, b 2 again", "b: twice"},
		"file over hard link":                   {[]member{f("a", "1"), h("b", "a"), f("b", "2")}, "a 1, b hard link to a, b 2 again", "b: twice"},
		"folder over symlink":                   {[]member{d("lib"), l("d", "lib"), d("d"), f("d/b", "1")}, "lib, d symlink to lib, lib, lib/b 1", ""},
		"below a symlink":                       {[]member{f("lib/a", "1"), l("d", "lib"), f("d/b", "2")}, "lib/a 1, d symlink to lib, lib/b 2", ""},
		"below a symlink, again":                {[]member{f("lib/a", "1"), l("d", "lib"), f("d/a", "2")}, "lib/a 1, d symlink to lib, lib/a 2 again", "lib/a: twice"},
		"below two symlinks":                    {[]member{f("x/lib/a", "1"), l("e", "x"), l("x/d", "../e/lib"), f("e/d/q/b", "2")}, "x/lib/a 1, e symlink to x, x/d symlink to ../e/lib, x/lib/q/b 2", ""},
		"below a symlink to the top":            {[]member{d("lib"), l("lib/up", ".."), f("lib/up/a", "1")}, "lib, lib/up symlink to .., a 1", ""},
		"symlink below a symlink":               {[]member{f("lib/a", "1"), l("d", "lib"), l("d/s", "a")}, "lib/a 1, d symlink to lib, lib/s symlink to a", ""},
		"hard link through a symlink":           {[]member{f("lib/a", "1"), l("d", "lib"), h("b", "d/a")}, "lib/a 1, d symlink to lib, b hard link to lib/a", ""},
		"hard link to a symlink":                {[]member{l("a", "c"), h("x/b", "a")}, "a symlink to c, x/b symlink to c", ""},
		"hard link to a symlink out":            {[]member{l("a", "/etc/passwd"), h("b", "a")}, "a symlink to /etc/passwd, b symlink to /etc/passwd", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var buf bytes.Buffer
			w := tar.NewWriter(&buf)
			for _, m := range c.members {
				header := &tar.Header{Name: m.name, Typeflag: m.kind, Mode: 0o755}
				if m.kind == tar.TypeReg {
					header.Size = int64(len(m.target))
				} else {
					header.Linkname = m.target
				}
				must(t, w.WriteHeader(header))
				if m.kind == tar.TypeReg {
					_, err := io.WriteString(w, m.target)
					must(t, err)
				}
			}
			must(t, w.Close())
			for archive, data := range map[string][]byte{"x-1-0.conda": condaOf(t, buf.Bytes()), "x-1-0.tar.bz2": packBzip2(t, buf.Bytes())} {
				a, err := openBytes(data, archive)
				must(t, err)
				var got, notes []string
				must(t, a.Members(context.Background(), Everything, func(m Member, r io.Reader) error {
					content, err := io.ReadAll(r)
					got = append(got, placed(m, string(content)))
					return err
				}))
				for _, n := range a.Findings() {
					notes = append(notes, n.String())
				}
				if strings.Join(got, ", ") != c.want || strings.Join(notes, ", ") != c.notes {
					t.Errorf("%s: %q, notes %q; want %q, %q", archive, got, notes, c.want, c.notes)
				}
			}
		})
	}
}

// For a file in both parts of a .conda, the info part wins, which conda unpacks last.
func TestInfoInBothParts(t *testing.T) {
	part := func(name, text string) zipPart {
		var buf bytes.Buffer
		w := tar.NewWriter(&buf)
		must(t, w.WriteHeader(&tar.Header{Name: "info/a", Typeflag: tar.TypeReg, Size: int64(len(text))}))
		_, err := io.WriteString(w, text)
		must(t, err, w.Close())
		return zipPart{name, packZstd(t, buf.Bytes())}
	}
	info, pkg := part("info-x-1-0.tar.zst", "info"), part("pkg-x-1-0.tar.zst", "pkg")
	for _, parts := range [][]zipPart{{metadataPart, info, pkg}, {metadataPart, pkg, info}} {
		a, err := openBytes(makeZip(t, parts...), "x-1-0.conda")
		must(t, err)
		var got []string
		must(t, a.Members(context.Background(), Everything, func(m Member, r io.Reader) error {
			text, err := io.ReadAll(r)
			got = append(got, string(text))
			return err
		}))
		if !slices.Equal(got, []string{"pkg", "info"}) || len(a.Findings()) != 1 || a.Findings()[0].Kind != Twice {
			t.Errorf("%v, %v", got, a.Findings())
		}
		if text, err := a.ReadInfo(context.Background(), "a"); err != nil || string(text) != "info" {
			t.Errorf("%q, %v", text, err)
		}
	}
}

// No tool minds what is in metadata.json.
func TestOddMetadata(t *testing.T) {
	empty := packZstd(t, makeTar(t))
	info, pkg := zipPart{"info-x-1-0.tar.zst", empty}, zipPart{"pkg-x-1-0.tar.zst", empty}
	for text, want := range map[string]string{
		"\xef\xbb\xbf{\"conda_pkg_format_version\": 2}": "",
		"\xef\xbb\xbf":                      "",
		`{"conda_pkg_format_version": "2"}`: "",
		`{"conda_pkg_format_version": 3}`:   "version 3",
		"[]":                                "odd metadata",
		"{":                                 "odd metadata",
		"{} {}":                             "something follows",
		"\x00\xff":                          "odd metadata",
	} {
		a, err := openBytes(makeZip(t, zipPart{"metadata.json", []byte(text)}, info, pkg, zipPart{"metadata.json", []byte("{}")}), "x-1-0.conda")
		must(t, err)
		must(t, a.Members(context.Background(), Everything, func(Member, io.Reader) error { return nil }))
		switch notes := a.Findings(); {
		case want == "" && len(notes) > 0, want != "" && (len(notes) != 1 || !strings.Contains(notes[0].String(), want)):
			t.Errorf("%q: %v, want %q", text, notes, want)
		}
	}
}

// Nothing is said about an archive that other tools can read, but gclean cannot.
func TestUnsupportedMethods(t *testing.T) {
	good := condaOf(t, makeTar(t))
	for method, want := range map[uint16]error{12: ErrUnsupported, 14: ErrUnsupported, 93: ErrUnsupported, 9: ErrDamaged, 99: ErrDamaged} {
		if _, err := openBytes(withMethod(good, method), "x-1-0.conda"); !errors.Is(err, want) {
			t.Errorf("method %d: %v", method, err)
		}
	}
}
