//go:build unix

package slim_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
	"gclean/slim/taken"
	"gclean/walk"
)

// noted is the note of an environment in one line.
func noted(t *testing.T, env installed) string {
	t.Helper()
	prefix, err := walk.Open(env.Prefix)
	must(t, err)
	defer prefix.Close()
	n, err := taken.Read(prefix)
	must(t, err)
	var list []string
	for _, f := range n.Removed {
		list = append(list, fmt.Sprintf("%s(%s %s)", f.Path, f.Record, f.Kind))
	}
	return strings.Join(list, " ")
}

func TestWhatGoesIsNoted(t *testing.T) {
	env := small(t, t.TempDir())
	must(t, env.AddFile("conda-meta/0-copy-1-0.json", `{"files": ["lib/b.a"]}`))
	execute(t, prepare(t, env.Prefix, slim.StaticLibs, slim.Bytecode))
	const libs = "lib/a.a(a-1.0-0 static-libs) lib/b.a(0-copy-1-0 static-libs)"
	check(t, "the note", noted(t, env), libs)
	execute(t, prepare(t, env.Prefix, slim.Docs, slim.History))
	check(t, "both notes", noted(t, env), libs+" share/doc/a/README(a-1.0-0 docs) share/doc/a/b/README(a-1.0-0 docs)")
}

// Packages that are gone need no note.
func TestNoteForgetsPackagesThatAreGone(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", "lib/a.a"), pkg("b", "share/doc/b"))
	execute(t, prepare(t, env.Prefix, slim.StaticLibs))
	must(t, os.Remove(env.Path("conda-meta/a-1.0-0.json")))
	execute(t, prepare(t, env.Prefix, slim.Docs))
	check(t, "the note", noted(t, env), "share/doc/b(b-1.0-0 docs)")
}

// A run that is killed has noted too much, never too little.
func TestNoteComesFirst(t *testing.T) {
	env := small(t, t.TempDir())
	const all = "lib/a.a(a-1.0-0 static-libs) lib/b.a(a-1.0-0 static-libs)"
	res := prepare(t, env.Prefix, slim.StaticLibs).Execute(context.Background(), slim.RemoveOptions{Jobs: 1, Before: func(op, path string) error {
		if op == "unlink" {
			check(t, "the note before "+path, noted(t, env), all)
		}
		if strings.HasSuffix(path, "b.a") {
			return syscall.EIO
		}
		return nil
	}})
	if len(res.Removed) != 1 || len(res.Failures) != 1 {
		t.Errorf("%+v", res)
	}
	check(t, "the note of what went", noted(t, env), "lib/a.a(a-1.0-0 static-libs)")
}

// A full disk can be slimmed: the note is written when there is room.
func TestNoteOnAFullDisk(t *testing.T) {
	env := small(t, t.TempDir())
	notes := 0
	res := prepare(t, env.Prefix, slim.StaticLibs).Execute(context.Background(), slim.RemoveOptions{Before: func(op, path string) error {
		if op != "note" {
			return nil
		}
		if notes++; notes == 1 {
			return &os.PathError{Op: "write", Path: path, Err: syscall.ENOSPC}
		}
		return nil
	}})
	if len(res.Removed) != 2 || len(res.Failures) > 0 {
		t.Errorf("%+v", res)
	}
	check(t, "the note", noted(t, env), "lib/a.a(a-1.0-0 static-libs) lib/b.a(a-1.0-0 static-libs)")
}

func TestNoteThatCannotBeRead(t *testing.T) {
	env := small(t, t.TempDir())
	must(t, env.AddFile("conda-meta/"+taken.Name, "mine"))
	res := prepare(t, env.Prefix, slim.StaticLibs).Execute(context.Background(), slim.RemoveOptions{})
	if len(res.Removed) > 0 || len(res.Failures) != 1 || !strings.Contains(res.Failures[0].Err.Error(), taken.ErrNoNote.Error()) {
		t.Errorf("%+v", res)
	}
}
