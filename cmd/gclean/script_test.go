package main

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"gclean/internal/fixture"
)

// scriptPackage is the package that scripts mean by a name: name-1.0-0.
func scriptPackage(name string) fixture.Package {
	return fixture.Package{Name: name, Version: "1.0", Build: "0", Files: []fixture.File{
		{Path: "lib/" + name + ".so", Content: name + " library", Mode: 0o755},
		{Path: "share/" + name + "/data", Size: 5000},
	}}
}

// packagesIn makes a cache with free packages.
func packagesIn(t *testing.T, n int) *fixture.Cache {
	t.Helper()
	c, err := fixture.NewCache(filepath.Join(t.TempDir(), "pkgs"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := c.Add(scriptPackage(fmt.Sprint("free", i))); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

// makeCache makes a cache, or adds to it, with an archive and an extracted folder of each
// package: mkcache DIR [NAME...].
func makeCache(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: mkcache DIR [NAME...]")
	}
	c := &fixture.Cache{Dir: ts.MkAbs(args[0])}
	if _, err := os.Stat(c.Path("urls.txt")); err != nil {
		c, err = fixture.NewCache(c.Dir)
		ts.Check(err)
	}
	for _, name := range args[1:] {
		ts.Check(c.Add(scriptPackage(name)))
	}
}

// makeEnv makes an environment that links packages of a cache: mkenv PREFIX
// [hard|soft|copy|mamba CACHE NAME...]. mamba soft-links and writes a record of
// a hard link, as mamba does.
func makeEnv(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 || len(args) == 2 {
		ts.Fatalf("usage: mkenv PREFIX [hard|soft|copy|mamba CACHE NAME...]")
	}
	env, err := fixture.NewEnvironment(ts.MkAbs(args[0]))
	ts.Check(err)
	if len(args) == 1 {
		return
	}
	link, ok := map[string]fixture.Link{
		"hard":  {Kind: fixture.Hard},
		"soft":  {Kind: fixture.Soft},
		"copy":  {Kind: fixture.Copy},
		"mamba": {Kind: fixture.Soft, Writer: fixture.Mamba},
	}[args[1]]
	if !ok {
		ts.Fatalf("no way to link: %s", args[1])
	}
	for _, name := range args[3:] {
		ts.Check(env.Link(&fixture.Cache{Dir: ts.MkAbs(args[2])}, scriptPackage(name), link))
	}
}

// register notes an environment in ~/.conda/environments.txt: register PREFIX.
func register(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: register PREFIX")
	}
	env := fixture.Environment{Prefix: ts.MkAbs(args[0])}
	ts.Check(env.Register(filepath.Join(ts.Getenv("HOME"), ".conda", "environments.txt")))
}

// isJSON checks that a file, or stdout, is one JSON document: isjson FILE.
func isJSON(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: isjson FILE")
	}
	if !json.Valid([]byte(ts.ReadFile(args[0]))) {
		ts.Fatalf("%s is not one JSON document", args[0])
	}
}

// listing writes to FILE all that a change to a tree would change, but for the
// times of reading: listing FILE DIR.
func listing(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: listing FILE DIR")
	}
	var b strings.Builder
	top := ts.MkAbs(args[1])
	ts.Check(filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		fi, err := d.Info()
		if err != nil {
			return err
		}
		data := ""
		switch {
		case fi.Mode().IsRegular():
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			data = string(text)
		case fi.Mode()&fs.ModeSymlink != 0:
			if data, err = os.Readlink(path); err != nil {
				return err
			}
		}
		_, err = fmt.Fprintf(&b, "%q %v %d %v %q\n", strings.TrimPrefix(path, top), fi.Mode(), fi.Size(), fi.ModTime().UnixNano(), data)
		return err
	}))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(b.String()), 0o644))
}

// nobody is the user of tests that must not be root: to root, nothing is
// unreadable.
const nobody = 65534

// asNobody is exitcode, without root's rights: nobody CODE gclean [ARG...].
func asNobody(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 || args[1] != "gclean" {
		ts.Fatalf("usage: nobody CODE gclean [ARG...]")
	}
	command := args[1:]
	if os.Geteuid() == 0 {
		exe, err := os.Executable()
		ts.Check(err)
		bin, _, _ := strings.Cut(ts.Getenv("PATH"), string(os.PathListSeparator))
		for _, path := range []string{exe, filepath.Join(bin, "gclean"), ts.Getenv("WORK")} {
			// Temporary folders are closed to others.
			for dir := filepath.Dir(path); len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
				ts.Check(os.Chmod(dir, 0o755))
			}
		}
		user := strconv.Itoa(nobody)
		command = append([]string{"setpriv", "--reuid", user, "--regid", user, "--clear-groups", "--inh-caps=-all", "--bounding-set=-all", "--"}, command...)
	}
	checkCode(ts, args[0], ts.Exec(command[0], command[1:]...))
}

// give makes trees those of the user that asNobody runs as: give PATH...
func give(ts *testscript.TestScript, neg bool, args []string) {
	if os.Geteuid() != 0 {
		return
	}
	for _, arg := range args {
		ts.Check(filepath.WalkDir(ts.MkAbs(arg), func(path string, _ fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			return os.Lchown(path, nobody, nobody)
		}))
	}
}

func checkCode(ts *testscript.TestScript, want string, err error) {
	got := "0"
	if err != nil {
		got = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if got != want {
		ts.Fatalf("exit code %s, want %s", got, want)
	}
}
