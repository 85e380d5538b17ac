package verify_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/dsnet/compress/bzip2"
	"github.com/klauspost/compress/zstd"

	"gclean/cache/removal"
	"gclean/internal/fixture"
)

// member is a member of an archive made by a test: a file, or a symlink if target is not
// nil.
type member struct {
	name, text string
	target     *string
}

func link(name, target string) member { return member{name: name, target: &target} }

func tarOf(t testing.TB, members ...member) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Typeflag: tar.TypeReg, Size: int64(len(m.text))}
		if m.target != nil {
			h.Typeflag, h.Linkname, h.Size = tar.TypeSymlink, *m.target, 0
		}
		must(t, w.WriteHeader(h))
		_, err := w.Write([]byte(m.text))
		must(t, err)
	}
	must(t, w.Close())
	return buf.Bytes()
}

func tarBz2Of(t testing.TB, members ...member) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := bzip2.NewWriter(&buf, nil)
	must(t, err)
	_, err = w.Write(tarOf(t, members...))
	must(t, err, w.Close())
	return buf.Bytes()
}

// condaOf returns a .conda with that metadata.json, or without one if metadata is nil.
func condaOf(t testing.TB, name string, metadata *string, info, pkg []byte) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil)
	must(t, err)
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	add := func(name string, data []byte) {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Store})
		must(t, err)
		_, err = w.Write(data)
		must(t, err)
	}
	if metadata != nil {
		add("metadata.json", []byte(*metadata))
	}
	add("info-"+name+".tar.zst", enc.EncodeAll(info, nil))
	add("pkg-"+name+".tar.zst", enc.EncodeAll(pkg, nil))
	must(t, z.Close())
	return buf.Bytes()
}

// The archives have oddities of real ones. What conda, mamba and rattler extract is sound.
func TestArchiveKinds(t *testing.T) {
	fixture.NeedSymlinks(t)
	index := member{name: "info/index.json", text: `{"name": "a", "version": "1.0", "build": "0", "subdir": "linux-64"}`}
	win := member{name: "info/index.json", text: `{"name": "a", "version": "1.0", "build": "0", "subdir": "win-64"}`}
	epoch := member{name: "info/index.json", text: `{"name": "a", "version": "1!1.0", "build": "0"}`}
	files := func(list string) member { return member{name: "info/files", text: list} }
	a := member{name: "lib/a", text: "a"}
	none, empty, odd := (*string)(nil), new(string), "not JSON"
	bz := func(members ...member) []byte { return tarBz2Of(t, append([]member{index}, members...)...) }
	for name, c := range map[string]struct {
		archive, folder string
		data            []byte
		notes, faults   string // of the archive, as patterns; "" means none
		tree            string // after verify --repair, as a pattern; "" means not repaired
	}{
		"no metadata.json":                        {"a-1.0-0.conda", "a-1.0-0", condaOf(t, "a-1.0-0", none, tarOf(t, index, files("lib/a\n")), tarOf(t, a)), "", "", `lib/a `},
		"an empty metadata.json":                  {"a-1.0-0.conda", "a-1.0-0", condaOf(t, "a-1.0-0", empty, tarOf(t, index, files("lib/a\n")), tarOf(t, a)), "", "", `lib/a `},
		"a broken metadata.json":                  {"a-1.0-0.conda", "a-1.0-0", condaOf(t, "a-1.0-0", &odd, tarOf(t, index, files("lib/a\n")), tarOf(t, a)), "odd metadata", "", `lib/a `},
		"index.json in both":                      {"a-1.0-0.conda", "a-1.0-0", condaOf(t, "a-1.0-0", none, tarOf(t, index, files("lib/a\n")), tarOf(t, epoch, a)), "info/index.json: twice", "", `lib/a `},
		"an absolute symlink":                     {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/certs\n"), link("lib/certs", "/etc/ssl/certs")), "leads out", "", `lib/certs -> /etc/ssl/certs`},
		"an upward symlink":                       {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/up\n"), link("lib/up", "../../../x")), "leads out", "", `lib/up -> \.\./\.\./\.\./x`},
		"a symlink upwards by its text":           {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("b\na\n"), link("b", "lib/c"), link("lib/c", "."), link("a", "b/../../..")), "a: leads out", "", `a -> b/\.\./\.\./\.\.`},
		"a symlink upwards through another":       {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("b\na\n"), link("b", "."), link("a", "b/../lib")), "", "unsafe: .*leads out", ""},
		"a file below an upward symlink":          {"a-1.0-0.tar.bz2", "a-1.0-0", bz(link("out", "../.."), member{name: "out/x", text: "x"}), "", "unsafe", ""},
		"a symlink inside, through another":       {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("s\nl\nlib/a\n"), a, link("s", "lib"), link("l", "s/../lib/a")), "", "", `l -> s/\.\./lib/a`},
		"a symlink without a target":              {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\n"), a, link("lib/l", "")), "lib/l: left out", "", `lib/a `},
		"a symlink without a target, then a file": {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\n"), link("lib/l", ""), a), "left out", "lib/l: damaged: it is a symlink that cannot be made, since it has no target", ""},
		"a file twice":                            {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\n"), member{name: "lib/a", text: "long"}, a), "lib/a: twice", "", `lib/a -rw-r--r-- ca978112`},
		"a symlink twice":                         {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\nl\n"), a, link("l", "lib/b"), link("l", "lib/a")), "l: twice", "", `l -> lib/a`},
		"a file below a symlink inside":           {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\nlib/b\nd\n"), a, link("d", "lib"), member{name: "d/b", text: "b"}), "", "", `lib/b `},
		"a file listed below a symlink inside":    {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\nd/b\nd\n"), a, link("d", "lib"), member{name: "d/b", text: "b"}), "", "", `lib/b `},
		"AppleDouble":                             {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\n"), a, member{name: "lib/._a", text: "x"}, member{name: "._lib", text: "x"}), "", "", `lib/\._a `},
		".DS_Store":                               {"a-1.0-0.tar.bz2", "a-1.0-0", bz(files("lib/a\n"), a, member{name: ".DS_Store", text: "x"}), "", "", `\.DS_Store `},
		"a name with %":                           {"a-1%211.0-0.tar.bz2", "a-1%211.0-0", tarBz2Of(t, epoch, files("lib/a\n"), a), "", "", `lib/a `},
		"Windows":                                 {"a-1.0-0.tar.bz2", "a-1.0-0", tarBz2Of(t, win, files("Library/bin/A.dll\n"), member{name: "Library/bin/a.dll", text: "a"}), "", "", `Library/bin/a.dll `},
		"another name":                            {"b-2.0-0.tar.bz2", "b-2.0-0", bz(files("lib/a\n"), a), "renamed", "", `lib/a `},
	} {
		t.Run(name, func(t *testing.T) {
			pkgs := newCache(t, filepath.Join(t.TempDir(), "pkgs"))
			must(t, os.WriteFile(pkgs.Path("urls.txt"), []byte("https://conda.example/linux-64/"+c.archive+"\n"), 0o644))
			must(t, os.WriteFile(pkgs.Path(c.archive), c.data, 0o644), os.MkdirAll(pkgs.Path(c.folder+"/info"), 0o755))
			before := modes(t, filepath.Dir(pkgs.Dir))
			v := verified(t, options(pkgs))
			if len(v.Checks) == 0 {
				t.Fatal("nothing was checked")
			}
			archive := v.Checks[0]
			v.Checks = v.Checks[:1]
			for _, x := range []struct{ what, got, want string }{{"notes", notes(v), c.notes}, {"faults", faults(v), c.faults}} {
				if x.want == "" && x.got != "" || !regexp.MustCompile(x.want).MatchString(x.got) {
					t.Errorf("%s: %q, want %q", x.what, x.got, x.want)
				}
			}
			if archive.Sound() != (c.faults == "") {
				t.Errorf("sound: %v", archive.Sound())
			}
			plan := repairPlan(t, verified(t, options(pkgs)))
			plan.Execute(t.Context(), removal.Options{})
			switch after := modes(t, filepath.Dir(pkgs.Dir)); {
			case c.tree == "" && after != before:
				t.Errorf("changed from\n%s\nto\n%s", before, after)
			case c.tree != "" && !regexp.MustCompile(c.tree).MatchString(after):
				t.Errorf("%s is not in\n%s\n%+v", c.tree, after, plan.Unmendable)
			}
		})
	}
}
