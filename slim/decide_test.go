package slim

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing"

	"gclean/walk"
)

// made is a tree that was never on a disk: paths that a record lists, or does not
// where they begin with "-"; "@" is a symlink.
func made(paths ...string) *tree {
	t := &tree{files: map[string]*file{}, modules: map[string]bool{}}
	for i, p := range paths {
		p, unrecorded := strings.CutPrefix(p, "-")
		p, link := strings.CutPrefix(p, "@")
		dir, name := folderOf(p), path.Base(p)
		st := walk.Stat{ID: walk.ID{Dev: 1, Ino: uint64(i + 1)}, Nlink: 1, Size: 100, Disk: 4096}
		if link {
			st.Mode |= fs.ModeSymlink
		}
		if !link && strings.HasSuffix(name, ".py") {
			t.modules[p] = true
		}
		if isCompiler(dir, name) {
			t.compilers = append(t.compilers, p)
		}
		place := placeOf(dir)
		kinds := place.of(name)
		if p == "conda-meta/history" {
			kinds = setOf(History)
		}
		if kinds != 0 {
			t.files[p] = &file{path: p, place: &place, kinds: kinds, stat: st, recorded: !unrecorded}
		}
	}
	return t
}

// spellItems are items in one line, with the first letter of their kind.
func spellItems(items []*Item) string {
	var list []string
	for _, it := range items {
		list = append(list, it.Kind.String()[:1]+":"+it.Path)
	}
	return strings.Join(list, " ")
}

func spellKept(kept []Kept) string {
	var list []string
	for _, k := range kept {
		s := fmt.Sprintf("%s %s", k.Path, k.Reason)
		if k.Files != 1 {
			s = fmt.Sprintf("%d in %s", k.Files, s)
		}
		if k.By != "" {
			s += " by " + k.By
		}
		list = append(list, s)
	}
	return strings.Join(list, "; ")
}

func TestDecide(t *testing.T) {
	const site = "lib/python3.11/site-packages/"
	all := Kinds()
	for _, c := range []struct {
		name         string
		tree         *tree
		kinds        []Kind
		held         map[string]holder
		items, stays string
	}{
		{"nothing asked", made("lib/a.a"), nil, nil, "", ""},
		{"not this kind", made("lib/a.a"), []Kind{Docs}, nil, "", ""},

		{"bytecode, recorded or not", made("a.py", "-__pycache__/a.cpython-311.pyc", "b.py", "__pycache__/b.cpython-311.opt-2.pyc"), []Kind{Bytecode}, nil,
			"p:__pycache__/a.cpython-311.pyc p:__pycache__/b.cpython-311.opt-2.pyc", ""},
		{"bytecode without a source", made("__pycache__/a.cpython-311.pyc", "-__pycache__/b.cpython-311.pyc"), []Kind{Bytecode}, nil, "",
			"__pycache__/a.cpython-311.pyc bytecode without its source beside it; __pycache__/b.cpython-311.pyc bytecode without its source beside it"},
		{"bytecode of a symlink", made("@a.py", "__pycache__/a.cpython-311.pyc"), []Kind{Bytecode}, nil, "",
			"__pycache__/a.cpython-311.pyc bytecode without its source beside it"},
		{"bytecode of an unknown Python", made("a.py", "__pycache__/a.other-1.pyc"), []Kind{Bytecode}, nil, "",
			"__pycache__/a.other-1.pyc bytecode without its source beside it"},
		{"symlinks for bytecode", made("a.py", "@__pycache__/a.cpython-311.pyc", "-@__pycache__/a.cpython-312.pyc"), []Kind{Bytecode}, nil,
			"p:__pycache__/a.cpython-311.pyc", "__pycache__/a.cpython-312.pyc in no record"},

		{"unrecorded", made("-lib/a.a", "-lib/b.a", "lib/c.a", "-share/man/x"), all, nil, "s:lib/c.a", "2 in lib/a.a in no record; share/man/x in no record"},
		{"a soft-linked file", made("@lib/a.a"), all, nil, "s:lib/a.a", ""},
		{"what a linker needs", made("lib/gcc/x/1/libgcc.a", "lib/b.a"), all, nil, "s:lib/b.a", "lib/gcc/x/1/libgcc.a needed to build by a compiler"},
		{"licences of any kind", made("share/doc/a/LICENSE", "share/doc/a/README", site+"a/tests/COPYING", "include/NOTICE"), all, nil, "d:share/doc/a/README",
			"share/doc/a/LICENSE a licence; " + site + "a/tests/COPYING a licence; include/NOTICE a licence"},

		{"headers", made("include/a.h", "include/python3.11/pyconfig.h"), all, nil, "h:include/a.h", "include/python3.11/pyconfig.h Python reads it"},
		{"headers and a compiler", made("include/a.h", "include/c++/b", "Library/include/c.h", "bin/x86_64-conda-linux-gnu-gcc", "bin/nvcc"), all, nil, "",
			"Library/include there is a compiler by bin/nvcc; 2 in include there is a compiler by bin/nvcc"},
		{"a compiler that no record lists", made("include/a.h", "-bin/gcc"), all, nil, "", "include there is a compiler by bin/gcc"},

		{"tests", made(site+"a/tests/x.py", site+"a/tests/x.csv", site+"a/b.py"), all, nil, "t:" + site + "a/tests/x.csv t:" + site + "a/tests/x.py", ""},
		{"tests that are imported", made(site+"a/tests/x.py", site+"a/tests/x.csv", site+"b/test/x.py"), all,
			map[string]holder{site + "a/tests": {by: site + "a/b.py"}}, "t:" + site + "b/test/x.py",
			"2 in " + site + "a/tests imported by " + site + "a/b.py"},
		{"tests in doubt", made(site + "a/tests/x.py"), all, map[string]holder{site + "a/tests": {by: "x", err: errors.New("no")}}, "",
			site + "a/tests in doubt: a module cannot be read by x"},
		{"a user's own in a test folder", made(site+"a/tests/x.py", "-"+site+"a/tests/mine.py", "-"+site+"a/tests/__pycache__/mine.cpython-311.pyc"), []Kind{Tests}, nil,
			"t:" + site + "a/tests/x.py", "2 in " + site + "a/tests/__pycache__/mine.cpython-311.pyc in no record"},
		{"bytecode goes with its test", made(site+"a/tests/x.py", "-"+site+"a/tests/__pycache__/x.cpython-311.pyc"), []Kind{Tests}, nil,
			"t:" + site + "a/tests/__pycache__/x.cpython-311.pyc t:" + site + "a/tests/x.py", ""},
		{"bytecode stays with its test", made(site+"a/tests/x.py", "-"+site+"a/tests/__pycache__/x.cpython-311.pyc"), []Kind{Tests},
			map[string]holder{site + "a/tests": {by: "y"}}, "", "2 in " + site + "a/tests imported by y"},
		{"bytecode without a source in a test folder", made(site+"a/tests/x.pyc", site+"a/tests/__pycache__/y.cpython-311.pyc"), []Kind{Tests}, nil, "",
			site + "a/tests/__pycache__/y.cpython-311.pyc bytecode without its source beside it; " + site + "a/tests/x.pyc bytecode without its source beside it"},
		{"bytecode of a held test folder", made(site+"a/tests/x.py", site+"a/tests/__pycache__/x.cpython-311.pyc"), all,
			map[string]holder{site + "a/tests": {by: "y"}}, "p:" + site + "a/tests/__pycache__/x.cpython-311.pyc", site + "a/tests imported by y"},

		{"the first kind claims", made(site+"a/tests/x.a", "share/doc/x.js.map", "include/y.a"), all, nil,
			"s:include/y.a s:" + site + "a/tests/x.a j:share/doc/x.js.map", ""},
		{"or the only one", made(site + "a/tests/x.a"), []Kind{Tests}, nil, "t:" + site + "a/tests/x.a", ""},

		{"history", made("-conda-meta/history", "-conda-meta/x.a"), all, nil, "c:conda-meta/history", ""},
		{"history that is a symlink", made("-@conda-meta/history"), all, nil, "", "conda-meta/history not a regular file"},
	} {
		items, kept := c.tree.decide(c.kinds, evidence{held: c.held})
		if got := spellItems(items); got != c.items {
			t.Errorf("%s: goes %s, want %s", c.name, got, c.items)
		}
		if got := spellKept(kept); got != c.stays {
			t.Errorf("%s: stays %s, want %s", c.name, got, c.stays)
		}
	}
}

func TestEmptyHistoryIsNoNews(t *testing.T) {
	tree := made("conda-meta/history")
	tree.files["conda-meta/history"].stat.Size = 0
	if items, kept := tree.decide(Kinds(), evidence{}); len(items)+len(kept) > 0 {
		t.Errorf("goes %s, stays %s", spellItems(items), spellKept(kept))
	}
}

func TestAccount(t *testing.T) {
	tree := made("lib/alone.a", "lib/cached.a", "lib/both.a", "lib/python3.11/site-packages/a/tests/both.a", "share/man/both", "lib/below.a", "lib/cached-below.a")
	set := func(name string, ino, links uint64, lower bool) {
		f := tree.files[name]
		f.stat.ID.Ino, f.stat.Nlink, f.lower = ino, links, lower
	}
	set("lib/cached.a", 90, 2, false)
	set("lib/both.a", 91, 3, false)
	set("lib/python3.11/site-packages/a/tests/both.a", 91, 3, false)
	set("share/man/both", 91, 3, false)
	set("lib/below.a", 92, 1, true)
	set("lib/cached-below.a", 93, 2, true)
	figures := func(kinds ...Kind) string {
		items, _ := tree.decide(kinds, evidence{})
		var list []string
		for _, it := range items {
			if it.Freed+it.Shared+it.Hidden > 0 {
				list = append(list, fmt.Sprintf("%s %d/%d/%d", path.Base(it.Path), it.Freed/4096, it.Shared/4096, it.Hidden/4096))
			}
		}
		return strings.Join(list, ", ")
	}
	if got, want := figures(Kinds()...), "alone.a 1/0/0, below.a 0/0/1, both.a 1/0/0, cached-below.a 0/0/1, cached.a 0/1/0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	// Without the manual, one link of three is left; it counts once all the same.
	if got, want := figures(StaticLibs, Tests), "alone.a 1/0/0, below.a 0/0/1, both.a 0/1/0, cached-below.a 0/0/1, cached.a 0/1/0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	items, _ := tree.decide(Kinds(), evidence{})
	if got, want := Sum(items), (Figures{Files: 7, Apparent: 700, Freed: 2 * 4096, Shared: 4096, Hidden: 2 * 4096}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestNamesOfKinds(t *testing.T) {
	seen := map[string]bool{}
	for i, k := range Kinds() {
		if int(k) != i || k.String() == "?" || seen[k.String()] {
			t.Errorf("%d: %s", k, k)
		}
		seen[k.String()] = true
	}
}
