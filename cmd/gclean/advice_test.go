package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/meta"
	"gclean/walk"
)

func TestTold(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want string
	}{
		{fs.ErrPermission, "permission denied"},
		{&cache.TooLargeError{Path: "/p", Over: 2048, Max: cache.Amount{Bytes: 0}},
			"/p: still 2 KB above --max-size 0 B: gclean can remove nothing else in it"},
		{&cache.TooFullError{Path: "/p", Missing: 2048, Min: cache.Amount{Percent: 20}, Available: 1024},
			"/p: still 2 KB short of --min-free 20%, with 1 KB available: gclean can remove nothing else in the caches"},
		{&cache.TooManyFilesError{Path: "/p", Over: 20, Max: 300}, "/p: still 20 inodes above --max-files 300: gclean can remove nothing else in it"},
		{&cache.TooFewFilesError{Path: "/p", Missing: 20, Min: cache.Files{Percent: 20}, Free: 300},
			"/p: still 20 inodes short of --min-free-files 20%, with 300 free: gclean can remove nothing else in the caches"},
		{&cache.NoInodesError{Path: "/p"},
			"/p: its file system has no limit of inodes, so gclean removes nothing to free them; use --max-files or --min-free instead of --min-free-files"},
		{fmt.Errorf("not cleaned: %w", &fs.PathError{Op: "open", Path: "/c/pkgs", Err: cache.ErrNotFolder}),
			"not cleaned: open /c/pkgs: not a folder; if it is a symlink, pass its target to --pkgs-dir"},
		{fmt.Errorf("[a: %w", cache.ErrPattern), `[a: bad pattern; use *, ? and [a-z], and put \ before a literal *, ? or [`},
		{verify.ErrNoArchive, "its archive is not in the cache; remove it with --remove, or install it again"},
		{verify.ErrBrokenArchive, "its archive is broken too; remove both with --remove, or install it again"},
		{verify.ErrArchiveItself, "an archive cannot be repaired; remove it with --remove; conda downloads it again when it needs it"},
		{&meta.NamedError{Source: "--prefix", Path: "/e", Err: meta.ErrNoEnvironment}, "--prefix /e: it is not an environment (it has no conda-meta)"},
		{&meta.NamedError{Source: "--search", Path: "/s", Err: meta.ErrLoop}, "--search /s: the symlinks form a loop"},
		{&meta.NamedError{Source: "--root-prefix", Path: "/r", Err: meta.ErrNoFolder}, "--root-prefix /r: there is no such folder"},
		{meta.ErrOnlyRoot, "--all-users: only root can look at the caches of all users"},
		{meta.ErrCachesNamed, "--all-users and --pkgs-dir: choose one. One looks for caches, the other names them"},
		{&meta.HomeError{Home: "/home/ann"}, "--all-users: the home /home/ann is not root's; with sudo, use sudo -H"},
		{&meta.UserError{User: &meta.User{Name: "ann", Home: "/home/ann"}, Err: fs.ErrPermission},
			"/home/ann: user ann was not asked: permission denied; environments and caches of this user are unknown; let every user execute the file of gclean, and let root use setuid"},
		{&cache.OtherHostsError{Cache: "/shared/pkgs"},
			"/shared/pkgs is on a network file system: environments on other hosts were not asked, and those with symlinks into it may break; gclean round asks them first"},
		{&removal.LockTimeoutError{Err: fmt.Errorf("/p: %w", walk.ErrLocked)},
			"/p: " + walk.ErrLocked.Error() + "; try again or raise --lock-timeout"},
	} {
		if got := told(tt.err); got != tt.want {
			t.Errorf("%q, want %q", got, tt.want)
		}
		if strings.Contains(tt.err.Error(), "--") && !errors.As(tt.err, new(*meta.NamedError)) { // which says what it was told
			t.Errorf("%q names a flag", tt.err)
		}
	}
}

func TestJSONHasTheSameAdvice(t *testing.T) {
	if message(nil) != nil || message(verify.ErrNoArchive) != told(verify.ErrNoArchive) {
		t.Error(message(verify.ErrNoArchive))
	}
}

// sayFlags are the packages whose texts may name flags, and why.
var sayFlags = map[string]string{
	"cmd/gclean":       "it has the flags",
	"internal/fixture": "it writes the files that conda writes, with conda's command lines in them",

	"internal/dockerlint": "it reads command lines, of gclean too, and says how they ought to be",

	"cache/hold/commands.go": "it knows the command lines of installers",
	"installed/made.go":      "it reads the command lines that an environment notes",
}

// A library does not know what it is asked by: a flag that it names is wrong for
// who calls it otherwise, and forgotten when the flag gets another name.
func TestLibrariesNameNoFlags(t *testing.T) {
	seen := map[string]bool{}
	eachSource(t, func(rel string, set *token.FileSet, file *ast.File) {
		dir := path.Dir(rel)
		seen[dir], seen[rel] = true, true
		if sayFlags[dir] != "" || sayFlags[rel] != "" || file.Name.Name == "main" {
			return // a command has flags of its own
		}
		for _, named := range flagsNamed(set, file) {
			t.Errorf("%s: %s", rel, named)
		}
	})
	for dir := range sayFlags {
		if !seen[dir] {
			t.Errorf("there is no folder %s", dir)
		}
	}
}

var flagName = regexp.MustCompile(`(^|[^-\w!])--[a-z]`)

// flagsNamed are the string literals of a file that name a flag.
func flagsNamed(set *token.FileSet, file *ast.File) []string {
	var list []string
	ast.Inspect(file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && flagName.MatchString(strings.Trim(lit.Value, "`\"")) {
			list = append(list, fmt.Sprintf("line %d: %s", set.Position(lit.Pos()).Line, lit.Value))
		}
		return true
	})
	return list
}

// The test of libraries sees what it is there for.
func TestFlagsAreSeen(t *testing.T) {
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "x.go", "package x\n\n// no --comment\nvar a = \"give --yes\" + `--json`\nvar b = \"a--b\"\n", 0)
	if err != nil {
		t.Fatal(err)
	}
	if names := flagsNamed(set, file); len(names) != 2 {
		t.Errorf("%q", names)
	}
	for text, want := range map[string]bool{"give --yes": true, "--yes": true, "(--all)": true, "<!--x": false, "a--b": false, "-- x": false, "---x": false} {
		if got := flagName.MatchString(text); got != want {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
}
