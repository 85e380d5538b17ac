package hold

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/meta"
	"gclean/walk"
)

// onDisk is a package, and an environment whose only file may be a symlink into it.
type onDisk struct {
	t   *testing.T
	top string
	p   *Package
}

func newOnDisk(t *testing.T, folder, index string) *onDisk {
	t.Helper()
	fixture.NeedSymlinks(t)
	d := &onDisk{t: t, top: t.TempDir()}
	d.write("pkgs/"+folder+"/lib/x", "content")
	dist := strings.ReplaceAll(folder, "%21", "!")
	d.p = &Package{Cache: filepath.Join(d.top, "pkgs"), Name: folder, Dist: dist, Index: index, Payload: true}
	var err error
	if d.p.ID, err = walk.Identify(d.p.Path()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *onDisk) write(name, content string) {
	d.t.Helper()
	path := filepath.Join(d.top, filepath.FromSlash(name))
	if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644)); err != nil {
		d.t.Fatal(err)
	}
}

func (d *onDisk) symlink() {
	d.t.Helper()
	at := filepath.Join(d.top, "env", "lib", "x")
	if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), fixture.Symlink(filepath.Join(d.p.Path(), "lib", "x"), at)); err != nil {
		d.t.Fatal(err)
	}
}

// reasons returns what holds the package if the environment has this record.
func (d *onDisk) reasons(record, text string) []Reason {
	d.t.Helper()
	text = strings.ReplaceAll(text, "TOP", filepath.ToSlash(d.top))
	d.write("env/conda-meta/"+record, text)
	env, ok := meta.ReadEnvironment(filepath.Join(d.top, "env"))
	if !ok || env.Err != nil {
		d.t.Fatalf("%+v", env)
	}
	return d.ask(env)
}

func (d *onDisk) ask(env meta.Environment) []Reason {
	d.t.Helper()
	h := NewHolders([]meta.Environment{env}, []*Package{d.p}, nil)
	h.Doubts = NewDoubts(&meta.Discovery{}, []meta.Environment{env})
	err := h.Resolve(context.Background(), []*Package{d.p})
	holds, oerr := h.Of(context.Background(), d.p)
	if err := errors.Join(err, oerr); err != nil {
		d.t.Fatal(err)
	}
	return reasonsOf(holds)
}

// TestResolveNames: any way in which a record can name a package is enough.
func TestResolveNames(t *testing.T) {
	const soft, files = `"link": {"type": 2}`, `"files": ["lib/x"]`
	nothing := []Reason{}
	for name, test := range map[string]struct {
		folder, index, record, text string
		want                        []Reason
	}{
		"a wheel, by its index":            {"a-1-py3-none-any", "a-1-py3_none_any_0", "a-1-py3_none_any_0.json", "{" + soft + "}", []Reason{SoftLinked}},
		"a wheel, by url":                  {"a-1-py3-none-any", "", "a-1-py3_none_any_0.json", `{"url": "https://x/a-1-py3-none-any.whl", ` + soft + "}", []Reason{SoftLinked}},
		"a renamed archive, by fn":         {"copy_of_a", "", "a-1-0.json", `{"fn": "copy_of_a.tar.bz2", ` + soft + "}", []Reason{SoftLinked}},
		"a renamed archive, by its folder": {"copy_of_a", "", "a-1-0.json", `{"extracted_package_dir": "TOP/pkgs/copy_of_a", ` + soft + "}", []Reason{SoftLinked}},
		"a renamed archive, by its source": {"copy_of_a", "", "a-1-0.json", `{"link": {"source": "TOP/pkgs/copy_of_a", "type": 2}}`, []Reason{SoftLinked}},
		"an epoch, encoded":                {"a-1%212-0", "a-1!2-0", "a-1!2-0.json", "{" + soft + "}", []Reason{SoftLinked}},
		"an epoch, in a url":               {"a-1%212-0", "", "odd.json", `{"url": "https://x/a-1%212-0.conda", ` + soft + "}", []Reason{SoftLinked}},
		"name, version and build":          {"a-1-0", "a-1-0", "odd.json", `{"name": "a", "version": "1", "build": "0", ` + soft + "}", []Reason{SoftLinked}},
		"named .JSON":                      {"a-1-0", "a-1-0", "a-1-0.JSON", "{" + soft + "}", []Reason{SoftLinked}},
		"set aside by conda":               {"a-1-0", "a-1-0", "a-1-0.json.c~", "{" + soft + "}", []Reason{SoftLinked}},
		"set aside by mamba":               {"a-1-0", "a-1-0", "a-1-0.json.mamba_trash", "{" + soft + "}", []Reason{SoftLinked}},
		"an odd record of another package": {"a-1-0", "a-1-0", "odd.json", `{"name": "b", "version": "1", "build": "0", ` + soft + "}", nothing},
		"an odd record, cut off":           {"a-1-0", "a-1-0", "odd.json", `{"name": "a", `, nothing}, // all tools name record and folder alike
		"an odd record, cut off, and a package that may be anything": {"a-1-0", "", "odd.json", `{"name": "a", `, []Reason{UnreadableRecord}},
		"an odd record, cut off, and an odd package":                 {"copy_of_a", "a-1-0", "odd.json", `{"name": "a", `, []Reason{UnreadableRecord}},
		"a copy, under another name":                                 {"copy_of_a", "a-1-0", "a-1-0.json", `{"link": {"type": 3}, ` + files + "}", nothing},
	} {
		t.Run(name, func(t *testing.T) {
			got := newOnDisk(t, test.folder, test.index).reasons(test.record, test.text)
			if len(got)+len(test.want) > 0 && !slices.Equal(got, test.want) {
				t.Errorf("%v, want %v", got, test.want)
			}
		})
	}
}

// TestPackageBehindSymlink: records name a package by a symlink in its cache, which may have
// the name of another package.
func TestPackageBehindSymlink(t *testing.T) {
	for name, other := range map[string]bool{"alone": false, "another cache has that package": true} {
		d := newOnDisk(t, "new-1-0", "new-1-0")
		if err := fixture.Symlink(d.p.Path(), filepath.Join(d.p.Cache, "old-1-0")); err != nil {
			t.Fatal(err)
		}
		d.p.Aliases = []string{"old-1-0"}
		d.write("env/conda-meta/old-1-0.json", `{"link": {"source": "`+filepath.ToSlash(filepath.Join(d.p.Cache, "old-1-0"))+`", "type": 2}}`)
		env, _ := meta.ReadEnvironment(filepath.Join(d.top, "env"))
		packages := []*Package{d.p}
		if other {
			d.write("other/old-1-0/lib/x", "content")
			packages = append(packages, &Package{Cache: filepath.Join(d.top, "other"), Name: "old-1-0", Dist: "old-1-0", Index: "old-1-0", Payload: true})
		}
		h := NewHolders([]meta.Environment{env}, packages, nil)
		err := h.Resolve(t.Context(), packages)
		holds, oerr := h.Of(t.Context(), d.p)
		if got := reasonsOf(holds); err != nil || oerr != nil || !slices.Equal(got, []Reason{SoftLinked}) {
			t.Errorf("%s: %v, %v, %v", name, got, err, oerr)
		}
	}
}

// TestUnreadableRecordWithSymlinks: a record that cannot be read and has another name may be
// about any package, so gclean searches its environment for symlinks.
func TestUnreadableRecordWithSymlinks(t *testing.T) {
	for name, text := range map[string]string{"zeros": "\x00\x00", "cut off": `{"name": "a"`, "UTF-16": "\xff\xfe{\x00}\x00"} {
		d := newOnDisk(t, "a-1-0", "a-1-0")
		d.symlink()
		if got := d.reasons("odd.json", text); !slices.Equal(got, []Reason{SymlinkFound}) {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestRecordsThatSayLittle: if a record does not say that it uses symlinks, gclean looks at
// the files. If it does not list the files, that is a doubt.
func TestRecordsThatSayLittle(t *testing.T) {
	const paths = `"paths_data": {"paths": [{"_path": "lib/x", "path_type": "hardlink"}]}`
	for name, test := range map[string]struct {
		text    string
		linked  Reason // with a symlink
		without Reason // without one; "" if free
	}{
		"type 1":               {`{"link": {"type": 1}, "files": ["lib/x"]}`, SymlinkFound, ""},
		"no link":              {`{"files": ["lib/x"]}`, SymlinkFound, ""},
		"paths_data alone":     {`{"link": {"type": 1}, ` + paths + `}`, SymlinkFound, ""},
		"files is null":        {`{"link": {"type": 1}, "files": null, ` + paths + `}`, SymlinkFound, ""},
		"files is empty":       {`{"link": {"type": 1}, "files": [], ` + paths + `}`, SymlinkFound, ""},
		"neither":              {`{"link": {"type": 1}}`, UnreadableRecord, UnreadableRecord},
		"both null":            {`{"link": {"type": 1}, "files": null, "paths_data": null}`, UnreadableRecord, UnreadableRecord},
		"files is empty alone": {`{"link": {"type": 1}, "files": []}`, UnreadableRecord, UnreadableRecord},
		"cut off":              {`{"link": {"type": 1}, "files": ["li`, UnreadableRecord, UnreadableRecord},
		"another cache":        {`{"link": {"type": 2, "source": "TOP/other/a-1-0"}, "files": ["lib/x"]}`, SymlinkFound, ""},
	} {
		t.Run(name, func(t *testing.T) {
			for _, linked := range []bool{true, false} {
				d := newOnDisk(t, "a-1-0", "a-1-0")
				d.write("other/a-1-0/lib/x", "another")
				want := test.without
				if linked {
					d.symlink()
					want = test.linked
				}
				got := d.reasons("a-1-0.json", test.text)
				if want == "" && len(got) > 0 || want != "" && !slices.Equal(got, []Reason{want}) {
					t.Errorf("symlink %v: %v, want %q", linked, got, want)
				}
			}
		})
	}
}

// TestBareEnvironment: symlinks anywhere in an environment without records hold packages.
func TestBareEnvironment(t *testing.T) {
	d := newOnDisk(t, "a-1-0", "a-1-0")
	packages := []*Package{d.p}
	for _, name := range []string{"b-1-0", "c-1-0", "free-1-0"} {
		d.write("pkgs/"+name+"/share/x", "content")
		p := &Package{Cache: d.p.Cache, Name: name, Dist: name, Index: name, Payload: true}
		var err error
		if p.ID, err = walk.Identify(p.Path()); err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
	d.symlink()
	top := filepath.Join(d.top, "env")
	err := errors.Join(os.MkdirAll(filepath.Join(top, "deep", "er"), 0o755),
		fixture.Symlink(filepath.Join("..", "pkgs", "b-1-0", "share", "x"), filepath.Join(top, "at-the-top")),
		fixture.Symlink(filepath.Join(d.top, "pkgs", "c-1-0", "share"), filepath.Join(top, "deep", "er", "folder")))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"deep/file", "deep/er/file", "lib/file", "another"} {
		d.write("env/"+name, "not a symlink")
	}
	env, ok := meta.ReadEnvironment(top)
	if !ok || !env.Bare {
		t.Fatalf("%+v", env)
	}
	found, err := newDiskEvidence().bare(context.Background(), &env, packages)
	if err != nil || len(found) != 3 || found[packages[3]] != "" {
		t.Errorf("%v %v", found, err)
	}
	if got := d.ask(env); !slices.Equal(got, []Reason{SymlinkFound}) {
		t.Errorf("%v", got)
	}
	if err := os.Remove(filepath.Join(top, "lib", "x")); err != nil {
		t.Fatal(err)
	}
	if got := d.ask(env); len(got) > 0 {
		t.Errorf("without the symlink: %v", got)
	}
}

// TestScopeOfDoubts: a doubt keeps what its user can read; a doubt about a mark concerns
// one cache only. Unseen users alone keep nothing.
func TestScopeOfDoubts(t *testing.T) {
	failed := errors.New("failed")
	nobody := &meta.User{UID: 1 << 30, Home: "/nowhere"}
	open, closed := t.TempDir(), filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	d := &meta.Discovery{
		Unread: meta.Problems{{Path: "/list", Err: failed, User: nobody}},
		Unseen: []meta.Problem{{Path: "/etc/nsswitch.conf", Err: failed}},
	}
	ds := NewDoubts(d, []meta.Environment{{Prefix: "/env", Err: failed}, {Prefix: "/theirs", Err: failed, Users: []*meta.User{nobody}}})
	ds.Unreadable = append(ds.Unreadable, Doubt{Reason: UnreadableEnv, File: "mark", Cache: open})
	count := func(list []Doubt, path string) int { return len(ds.Of(list, path)) }
	if n := count(ds.Unreadable, closed); os.Getuid() >= 0 && os.Getuid() != 65534 && n != 1 {
		t.Errorf("%d doubts about a closed cache, want 1", n)
	}
	if n := count(ds.Unreadable, open); n < 2 {
		t.Errorf("%d doubts about the other, want that of its mark too", n)
	}
	if n := count(ds.Unseen, closed); n != 1 {
		t.Errorf("%d unseen, want 1", n)
	}
	h := newHolders(nil, nil, nil, told{})
	h.Doubts = &Doubts{Unseen: ds.Unseen, reads: map[readKey]bool{}}
	p := &Package{Cache: open, Dist: "a-1-0", Index: "a-1-0"}
	if holds, err := h.Of(context.Background(), p); len(holds) > 0 || err != nil {
		t.Errorf("unseen users hold by themselves: %v %v", holds, err)
	}
	if got := reasonsOf(h.Unseen(p)); !slices.Equal(got, []Reason{UnseenUsers}) {
		t.Errorf("%v", got)
	}
	var none *Doubts // as with --ignore-unreadable
	if len(none.Of(ds.Unreadable, open)) > 0 {
		t.Error("there are doubts where none are wanted")
	}
}

// TestSymlinkedFolderIsNoHardLink: a file reached through a symlink to a folder of the
// package is the same file, which proves no hard link.
func TestSymlinkedFolderIsNoHardLink(t *testing.T) {
	d := newOnDisk(t, "a-1-0", "a-1-0")
	if err := errors.Join(os.MkdirAll(filepath.Join(d.top, "env"), 0o755), fixture.Symlink(filepath.Join(d.p.Path(), "lib"), filepath.Join(d.top, "env", "lib"))); err != nil {
		t.Fatal(err)
	}
	d.write("env/conda-meta/a-1-0.json", `{"link": {"type": 1}, "files": ["lib/x"]}`)
	env, _ := meta.ReadEnvironment(filepath.Join(d.top, "env"))
	h := NewHolders([]meta.Environment{env}, []*Package{d.p}, nil)
	if h.Probe(d.p); d.p.Proof != nil {
		t.Errorf("%+v", d.p.Proof)
	}
	if got := d.ask(env); !slices.Equal(got, []Reason{SymlinkFound}) {
		t.Errorf("%v", got)
	}
	if err := os.Link(filepath.Join(d.p.Path(), "lib", "x"), filepath.Join(d.top, "another")); err != nil {
		t.Skip(err)
	}
	if h.Probe(d.p); d.p.Proof == nil {
		t.Error("a file with two names is not proof")
	}
}
