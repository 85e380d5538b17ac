package main

import (
	"context"
	"errors"
	"io/fs"
	"strings"
	"testing"
	"unicode/utf8"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/walk"
)

// printed is what a plan prints on stdout and stderr.
func printed(p *cache.Plan, t text) (stdout, stderr string) {
	var out, err strings.Builder
	t.out, t.err = &out, &err
	t.plan(p)
	t.warnings(p)
	return out.String(), err.String()
}

func TestTextStartsLikeConda(t *testing.T) {
	for _, tt := range []struct {
		recording string
		verbose   bool
		rest      string
	}{
		{"all-dry.stdout", false, `Will keep 2 packages in use.
In total: 13 entries, 2.9 MB. This frees 2.9 MB of disk space and 13 inodes.
`},
		{"all-yes.stdout", false, `Will keep 2 packages in use.
In total: 13 entries, 2.9 MB. This frees 2.9 MB of disk space and 13 inodes.
`},
		{"all-dry-verbose.stdout", true, `Will keep the following packages in use:
  - /CASE/pkgs/used-one-1.0-0
      hard-linked from outside the caches: environment /CASE/env, record /CASE/env/conda-meta/used-one-1.0-0.json, file /CASE/pkgs/used-one-1.0-0/bin/x
  - /CASE/pkgs/used-two-2.3.1-py311_0
      hard-linked from outside the caches: environment /CASE/env, record /CASE/env/conda-meta/used-two-2.3.1-py311_0.json, file /CASE/pkgs/used-two-2.3.1-py311_0/bin/x

In total: 13 entries, 2.9 MB. This frees 2.9 MB of disk space and 13 inodes.
`},
	} {
		t.Run(tt.recording, func(t *testing.T) {
			conda := recorded(t, tt.recording)
			stdout, stderr := printed(casePlan(), text{verbose: tt.verbose, all: true})
			rest, ok := strings.CutPrefix(masked(stdout), conda)
			if !ok {
				t.Fatalf("printed\n%s\nconda\n%s", masked(stdout), conda)
			}
			if rest != tt.rest {
				t.Errorf("after conda's part\n%s\nwant\n%s", rest, tt.rest)
			}
			if stderr != "" {
				t.Errorf("stderr %q", stderr)
			}
		})
	}
}

func TestTextWithNothingToRemove(t *testing.T) {
	for _, tt := range []struct {
		name    string
		targets []cache.Category
		all     bool
		want    string
	}{
		{"all", cache.All(), true, `There are no unused tarball(s) to remove.
There are no index cache(s) to remove.
There are no unused package(s) to remove.
There are no tempfile(s) to remove.
There are no logfile(s) to remove.
`},
		{"trash and locks", []cache.Category{cache.Locks, cache.Trash}, false, `There are no lock files to remove.
There are no trash items to remove.
`},
		{"force", []cache.Category{cache.PkgsDirs}, false, "There are no package cache items to remove.\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := printed(&cache.Plan{Targets: tt.targets}, text{all: tt.all}); got != tt.want {
				t.Errorf("printed\n%s\nwant\n%s", got, tt.want)
			}
		})
	}
}

func TestTextOfSeveralCaches(t *testing.T) {
	got, _ := printed(&cache.Plan{
		Targets: []cache.Category{cache.Packages},
		Remove: []*cache.Entry{
			entry(cache.Packages, "/a/pkgs", "x-1-0", 1),
			entry(cache.Packages, "/é", "y-1-0", 2048),
			entry(cache.Packages, "/é", strings.Repeat("z", 41), 3),
		},
	}, text{verbose: true})
	want := `Will remove the following package(s):
  /a/pkgs
  -------
  - x-1-0                                           1 B

  /é
  --
  - y-1-0                                          2 KB
  - zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz        3 B

-----------------
Total:       2 KB

In total: 3 entries, 2 KB. This frees 12 KB of disk space and 3 inodes.
`
	if got != want {
		t.Errorf("printed\n%s\nwant\n%s", got, want)
	}
}

// doubtPlan keeps three entries that may be in use: one over a record, two over
// an environment.
func doubtPlan() *cache.Plan {
	denied := errors.New("open /env: permission denied; give --ignore-unreadable to go on")
	env := hold.Hold{Reason: hold.UnreadableEnv, Prefix: "/env", Err: denied}
	return &cache.Plan{
		Targets: []cache.Category{cache.Packages},
		Kept: []cache.Kept{
			{Entry: entry(cache.Packages, "/pkgs", "a-1-0", 1), Holds: []hold.Hold{env}},
			{Entry: entry(cache.Packages, "/pkgs", "b-1-0", 1), Holds: []hold.Hold{env}},
			{Entry: entry(cache.Packages, "/pkgs", "c-1-0", 1), Holds: []hold.Hold{{
				Reason: hold.UnreadableRecord, Record: "/e/conda-meta/c-1-0.json", Err: errors.New("the record is cut off"),
			}}},
		},
		Problems: meta.Problems{
			{Code: cache.CodeUnreadableEnv, Path: "/env", Err: denied, Doubt: true},
			{Code: cache.CodeReadOnlyCache, Path: "/ro", Err: errors.New("/ro: read-only cache, skipped")},
		},
	}
}

func TestTextOfDoubt(t *testing.T) {
	stdout, stderr := printed(doubtPlan(), text{})
	stderr = slashed(stderr)
	if want := "There are no unused package(s) to remove.\nWill keep 3 packages that may be in use.\n"; stdout != want {
		t.Errorf("stdout\n%s\nwant\n%s", stdout, want)
	}
	doubts := `WARNING: open /env: permission denied; give --ignore-unreadable to go on
`
	readOnly := "WARNING: /ro: read-only cache, skipped\n"
	record := "WARNING: /pkgs/c-1-0 is kept, in doubt: a record cannot be read: record /e/conda-meta/c-1-0.json: the record is cut off\n"
	if want := doubts + readOnly + record; stderr != want {
		t.Errorf("stderr\n%s\nwant\n%s", stderr, want)
	}

	stdout, stderr = printed(doubtPlan(), text{quiet: true})
	if stdout != "" {
		t.Errorf("quiet: stdout %q", stdout)
	}
	if want := doubts + record; slashed(stderr) != want {
		t.Errorf("quiet: stderr\n%s\nwant\n%s", stderr, want)
	}
}

func TestAdviceAboutEarlierLayers(t *testing.T) {
	for hidden, want := range map[int64]bool{0: false, 8 << 10: false, 64 << 10: true} {
		p := &cache.Plan{Targets: []cache.Category{cache.Tarballs}, Remove: []*cache.Entry{{Dir: "/pkgs", Name: "a-1-0.conda", Category: cache.Tarballs, Hidden: hidden}}}
		if stdout, _ := printed(p, text{}); strings.Contains(stdout, "Clean in the RUN that installs.") != want {
			t.Errorf("%d bytes:\n%s", hidden, stdout)
		}
	}
}

func TestTextOfResults(t *testing.T) {
	p := casePlan()
	denied := removal.Failure{Entry: p.Remove[0], Err: &fs.PathError{Op: "unlinkat", Path: p.Remove[0].Path(), Err: fs.ErrPermission}}
	for _, tt := range []struct {
		name           string
		res            *removal.Result
		quiet          bool
		stdout, stderr string
	}{
		{name: "all went", res: &removal.Result{Removed: p.Remove}, stdout: "Removed 13 entries, 2.9 MB and 13 inodes freed.\n"},
		{name: "all went, quietly", res: &removal.Result{Removed: p.Remove}, quiet: true, stdout: "Removed 13 entries, 2.9 MB and 13 inodes freed.\n"},
		{name: "nothing went, quietly", res: &removal.Result{}, quiet: true},
		{
			name:   "one failed",
			res:    &removal.Result{Removed: p.Remove[1:], Failures: []removal.Failure{denied}},
			stdout: "Removed 12 of 13 entries, 2.9 MB and 12 inodes freed.\n",
			stderr: "WARNING: cannot remove /CASE/pkgs/half-2.0-0.tar.bz2.partial: permission denied\n",
		},
		{
			name:   "one failed, quietly",
			res:    &removal.Result{Removed: p.Remove[1:], Failures: []removal.Failure{denied}},
			quiet:  true,
			stdout: "Removed 12 of 13 entries, 2.9 MB and 12 inodes freed.\n",
			stderr: "WARNING: cannot remove /CASE/pkgs/half-2.0-0.tar.bz2.partial: permission denied\n",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out, err strings.Builder
			text{out: &out, err: &err, quiet: tt.quiet}.result(p, tt.res)
			if got := masked(out.String()); got != tt.stdout {
				t.Errorf("stdout %q, want %q", got, tt.stdout)
			}
			if got := masked(err.String()); got != tt.stderr {
				t.Errorf("stderr %q, want %q", got, tt.stderr)
			}
		})
	}
}

func TestTextNeverMovesTheCursor(t *testing.T) {
	evil := "a\x1b[2J\r\n\u202ewas\xff"
	e := entry(cache.Packages, "/p\n", evil, 1)
	f := entry(cache.TempFiles, "/p\n", evil, 1)
	p := &cache.Plan{
		Targets: []cache.Category{cache.Packages, cache.TempFiles},
		Remove:  []*cache.Entry{e, f},
		Kept:    []cache.Kept{{Entry: e, Holds: []hold.Hold{{Reason: hold.SoftLinked, Prefix: evil, Record: evil, File: evil, Err: errors.New(evil)}}}},
		Problems: meta.Problems{
			{Path: evil, Err: &fs.PathError{Op: "open", Path: evil, Err: fs.ErrPermission}, Doubt: true},
		},
	}
	stdout, stderr := printed(p, text{verbose: true})
	var out, err strings.Builder
	text{out: &out, err: &err}.result(p, &removal.Result{Failures: []removal.Failure{{Entry: e, Err: errors.New(evil)}}})
	all := stdout + stderr + out.String() + err.String()
	if strings.ContainsAny(all, "\x1b\r\u202e") || !utf8.ValidString(all) || strings.Contains(all, "/p\n") {
		t.Errorf("raw bytes in %q", all)
	}
	if want := `"a\x1b[2J\r\n\u202ewas\xff"`; !strings.Contains(stdout, want) {
		t.Errorf("%s is not in %s", want, stdout)
	}
	if n := strings.Count(stderr, "\n"); n != 1 {
		t.Errorf("%d lines for one warning: %q", n, stderr)
	}
}

func TestHumanBytes(t *testing.T) {
	// The first four are in the doc of conda's function; the rest are what
	// Python makes of halves.
	for n, want := range map[int64]string{
		42: "42 B", 1042: "1 KB", 10004242: "9.5 MB", 100000004242: "93.13 GB",
		0: "0 B", 1023: "1023 B", 1024: "1 KB", 1536: "2 KB", 2560: "2 KB", 3584: "4 KB",
		1<<20 - 1: "1024 KB", 1 << 20: "1.0 MB", 1<<30 - 1: "1024.0 MB", 1 << 30: "1.00 GB", 5 << 40: "5120.00 GB",
	} {
		if got := units.Bytes(n); got != want {
			t.Errorf("units.Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	e := &cache.Entry{Usage: walk.Usage{}}
	failed := &removal.Result{Failures: []removal.Failure{{Entry: e, Err: fs.ErrPermission}}}
	for _, tt := range []struct {
		name string
		plan *cache.Plan
		res  *removal.Result
		want error
	}{
		{"done", &cache.Plan{}, &removal.Result{}, nil},
		{"dry run", &cache.Plan{}, nil, nil},
		{"doubt", doubtPlan(), nil, status(exitDoubt)},
		{"failure and doubt", doubtPlan(), failed, status(exitFailed)},
		{"interrupted after a failure", doubtPlan(), &removal.Result{Failures: failed.Failures, Err: context.Canceled}, status(exitInterrupted)},
	} {
		if got := outcome(tt.plan, endOf(tt.res)); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
