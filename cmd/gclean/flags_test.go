package main

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"gclean/cache"
)

func parse(t *testing.T, args string) (*cleanFlags, []string) {
	t.Helper()
	f := new(cleanFlags)
	fs := pflag.NewFlagSet("gclean", pflag.ContinueOnError)
	f.register(fs, new(bool))
	if err := fs.Parse(spreadPaths(strings.Fields(args), fs)); err != nil {
		t.Fatalf("%s: %v", args, err)
	}
	return f, fs.Args()
}

// The readings are argparse's, which conda uses.
func TestPathsOfTempfiles(t *testing.T) {
	for _, tt := range []struct {
		args  string
		bare  bool
		paths []string
		all   bool
		rest  []string
	}{
		{args: "-a", all: true},
		{args: "-c", bare: true},
		{args: "--tempfiles", bare: true},
		{args: "-c a b", paths: []string{"a", "b"}},
		{args: "-c a b -y", paths: []string{"a", "b"}},
		{args: "--tempfiles a b", paths: []string{"a", "b"}},
		{args: "--tempfiles=a", paths: []string{"a"}},
		{args: "--tempfiles=a b", paths: []string{"a"}, rest: []string{"b"}},
		{args: "-ac a", all: true, paths: []string{"a"}},
		{args: "-ac", all: true, bare: true},
		{args: "-ca", paths: []string{"a"}},
		{args: "-c/a", paths: []string{"/a"}},
		{args: "-c=a", paths: []string{"a"}},
		{args: "-c -c a", bare: true, paths: []string{"a"}},
		{args: "-c -a", bare: true, all: true},
		{args: "-c a -y b", paths: []string{"a"}, rest: []string{"b"}},
		{args: "-c -- -x", paths: []string{"-x"}},
		{args: "-c info", paths: []string{"info"}},
		{args: "-c clean -a", paths: []string{"clean"}, all: true},
		{args: "-y -- -c", rest: []string{"-c"}},
		{args: "-a --pkgs-dir -c", all: true},
		{args: "-a --pkgs-dir=c d", all: true, rest: []string{"d"}},
	} {
		f, rest := parse(t, tt.args)
		if f.tempfiles.bare != tt.bare || !slices.Equal(f.tempfiles.paths, tt.paths) || f.all != tt.all || !slices.Equal(rest, tt.rest) {
			t.Errorf("%s: bare %v, paths %q, all %v, rest %q; want %v, %q, %v, %q",
				tt.args, f.tempfiles.bare, f.tempfiles.paths, f.all, rest, tt.bare, tt.paths, tt.all, tt.rest)
		}
	}
}

func TestTargets(t *testing.T) {
	for _, tt := range []struct {
		args string
		want []cache.Category
	}{
		{"-y", nil},
		{"-lpit", []cache.Category{cache.Tarballs, cache.IndexCache, cache.Packages, cache.LogFiles}},
		{"-c x --trash --locks", []cache.Category{cache.TempFiles, cache.Locks, cache.Trash}},
		{"-a", cache.All()},
		{"-apt --locks", append(cache.All()[:5:5], cache.Locks, cache.Trash)},
		{"-afy", []cache.Category{cache.PkgsDirs}},
	} {
		f, _ := parse(t, tt.args)
		if got := f.targets(); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.args, got, tt.want)
		}
	}
}

func TestWhereTempFilesAreSearched(t *testing.T) {
	for _, tt := range []struct {
		args string
		want []string
	}{
		{"-a", []string{"/root"}},
		{"-c", []string{"/root"}},
		{"-a -c /x /y", []string{"/x", "/y"}},
		{"-a --prefix /env", []string{"/root"}},
		{"-a --pkgs-dir /pkgs", nil},
		{"-a --pkgs-dir /pkgs --prefix /env --root-prefix /r", []string{"/env", "/r"}},
		{"-a --pkgs-dir /pkgs --prefix /env -c /x", []string{"/x"}},
		{"-c --pkgs-dir /pkgs", []string{"/root"}},
	} {
		f, _ := parse(t, tt.args)
		got := f.tempfiles.folders(f, "/root")
		for i := range got {
			got[i] = filepath.ToSlash(strings.TrimPrefix(got[i], filepath.VolumeName(got[i])))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.args, got, tt.want)
		}
	}
}

func TestAbsoluteKeepsPathsThroughLinks(t *testing.T) {
	t.Chdir("/")
	for path, want := range map[string]string{
		"":           "",
		"a/":         "/a",
		"./a":        "/a",
		"/a//b/.":    "/a/b",
		"/link/../b": "/link/../b",
		"..a":        "/..a",
	} {
		if runtime.GOOS == "windows" && want != "" {
			if strings.HasSuffix(want, "/link/../b") {
				want = "/b"
			}
			var err error
			if want, err = filepath.Abs(want); err != nil {
				t.Fatal(err)
			}
		}
		if got := absolute(path); got != want {
			t.Errorf("absolute(%q) = %q, want %q", path, got, want)
		}
	}
}
