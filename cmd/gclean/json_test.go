package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/meta"
	"gclean/walk"
)

func decode(t *testing.T, doc string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(doc), &m); err != nil {
		t.Fatalf("%v in %s", err, doc)
	}
	return m
}

// document is the whole document of a plan and its result.
func document(t *testing.T, p *cache.Plan, res *removal.Result) map[string]any {
	t.Helper()
	printed := planDocument(p) + resultDocument(planned{Plan: p}, res)
	valid(t, cleanName, printed)
	return decode(t, printed)
}

func TestJSONMatchesConda(t *testing.T) {
	tempFiles := &cache.Plan{
		Targets: []cache.Category{cache.TempFiles},
		Remove: []*cache.Entry{
			entry(cache.TempFiles, caseDir+"/env", "lib/libz.so.c~", 10),
			entry(cache.TempFiles, caseDir+"/env", "lib/old.trash", 10),
			entry(cache.TempFiles, casePkgs, "idle.c~", 10),
		},
	}
	force := casePlan()
	force.Targets = []cache.Category{cache.PkgsDirs}
	for _, tt := range []struct {
		recording string
		plan      *cache.Plan
		dryRun    bool
	}{
		{"all-dry-json.stdout", casePlan(), true},
		{"all-yes-json.stdout", casePlan(), false},
		{"c-env-json.stdout", tempFiles, false},
		{"f-dry-json.stdout", force, true},
		{"f-yes-json.stdout", force, false},
	} {
		t.Run(tt.recording, func(t *testing.T) {
			want := decode(t, recorded(t, tt.recording))
			var res *removal.Result
			if !tt.dryRun {
				res = &removal.Result{Removed: tt.plan.Remove}
			}
			got := decode(t, masked(planDocument(tt.plan)+resultDocument(planned{Plan: tt.plan}, res)))
			extra, _ := got["gclean"].(map[string]any)
			if extra["dry_run"] != tt.dryRun {
				t.Errorf("gclean is %v", extra)
			}
			delete(got, "gclean")
			delete(got, "trash") // conda knows none
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
		})
	}
}

// What cannot be read stays, and is told of among conda's warnings as conda words it;
// what else stays is not.
func TestJSONWarnings(t *testing.T) {
	kept := func(c cache.Category, name string, h hold.Hold) cache.Kept {
		return cache.Kept{Entry: entry(c, casePkgs, name, 10), Holds: []hold.Hold{h}}
	}
	denied := func(path string) hold.Hold {
		return hold.Hold{Reason: hold.UnreadableEntry, Err: fmt.Errorf("looked at: %w", &fs.PathError{Op: "read", Path: path, Err: syscall.EACCES})}
	}
	words := syscall.EACCES.Error()
	warning := func(path string) any {
		return fmt.Sprintf("WARNING: %s: [Errno %d] P%s: '%s'", path, int(syscall.EACCES), words[1:], path)
	}
	got := document(t, &cache.Plan{
		Targets: []cache.Category{cache.Tarballs, cache.Packages},
		Kept: []cache.Kept{
			kept(cache.Tarballs, "a-1-0.conda", denied("/c/a-1-0.conda")),
			kept(cache.Packages, "a-1-0", denied("/c/a-1-0/lib/x")),
			kept(cache.Packages, "b-1-0", hold.Hold{Reason: hold.HardLinked}),
		},
	}, nil)
	for key, want := range map[string]any{"tarballs": warning("/c/a-1-0.conda"), "packages": warning("/c/a-1-0/lib/x")} {
		if got := got[key].(map[string]any)["warnings"]; !reflect.DeepEqual(got, []any{want}) {
			t.Errorf("%s: %v, want %v", key, got, want)
		}
	}
}

func TestJSONNamesTheArchivesOfAForcedRun(t *testing.T) {
	c := packagesIn(t, 1)
	var stdout, stderr strings.Builder
	run(t.Context(), "gclean", []string{"-f", "--dry-run", "--json", "--no-config", "--pkgs-dir", c.Dir}, strings.NewReader(""), &stdout, &stderr)
	dists := map[string]any{}
	for _, e := range decode(t, stdout.String())["gclean"].(map[string]any)["removed"].([]any) {
		e := e.(map[string]any)
		dists[filepath.Base(e["path"].(string))] = e["dist"]
	}
	if dists["free0-1.0-0.conda"] != "free0-1.0-0" || dists["free0-1.0-0"] != "free0-1.0-0" || dists["urls.txt"] != nil {
		t.Errorf("%v, %s", dists, stderr.String())
	}
}

func TestJSONWithNothingToRemove(t *testing.T) {
	got := document(t, &cache.Plan{Targets: append(cache.All(), cache.Locks)}, nil)
	delete(got, "gclean")
	none := map[string]any{"warnings": []any{}, "pkg_sizes": map[string]any{}, "pkgs_dirs": map[string]any{}, "total_size": 0.0}
	want := map[string]any{
		"success": true, "tarballs": none, "packages": none,
		"index_cache": map[string]any{"files": []any{}},
		"tempfiles":   []any{}, "logfiles": []any{}, "trash": []any{}, "locks": []any{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestJSONListsFailures(t *testing.T) {
	p := casePlan()
	denied := &fs.PathError{Op: "unlinkat", Path: "/x", Err: fs.ErrPermission}
	got := document(t, p, &removal.Result{
		Removed:  p.Remove[2:],
		Failures: []removal.Failure{{Entry: p.Remove[0], Err: denied}},
		Err:      context.Canceled,
	})
	if got["success"] != false {
		t.Error("success is not false")
	}
	g := got["gclean"].(map[string]any)
	for key, want := range map[string]any{
		"dry_run":       false,
		"entry_count":   11.0,
		"apparent_size": float64(cache.SizesOf(p.Remove[2:]).Apparent),
		"freed_size":    float64(cache.SizesOf(p.Remove[2:]).Freed),
		"freed_inodes":  float64(len(p.Remove[2:])),
		"errors":        []any{map[string]any{"code": "permission_denied", "path": p.Remove[0].Path(), "message": "unlinkat /x: permission denied"}},
		"interrupted":   true,
		"message":       "interrupted",
		"left":          []any{p.Remove[1].Path()},
	} {
		if !reflect.DeepEqual(g[key], want) {
			t.Errorf("%s is %v, want %v", key, g[key], want)
		}
	}
}

// What something else removed, or has begun to use, is not left over.
func TestJSONListsWhatIsLeft(t *testing.T) {
	p := casePlan()
	got := document(t, p, &removal.Result{Removed: p.Remove[3:], Gone: p.Remove[:1], Spared: p.Remove[1:2], Err: context.Canceled})
	if left := got["gclean"].(map[string]any)["left"]; !reflect.DeepEqual(left, []any{p.Remove[2].Path()}) {
		t.Errorf("left: %v", left)
	}
}

// A problem because of which a part of the task is not done is an error too: a document
// without success names the reason in errors.
func TestJSONSaysWhyItFailed(t *testing.T) {
	p := casePlan()
	p.Problems = meta.Problems{
		{Code: cache.CodeForeignFolder, Path: "/pkgs/a", Err: errors.New("/pkgs/a: no"), Failed: true},
		{Code: meta.CodeConfiguration, Err: errors.New("odd"), Failed: true},
		{Code: cache.CodeReadOnlyCache, Path: "/ro", Err: errors.New("/ro: skipped")}, // nobody asked for it
	}
	for _, res := range []*removal.Result{nil, {Removed: p.Remove}} {
		got := document(t, p, res)
		want := []any{
			map[string]any{"code": "foreign_folder", "path": "/pkgs/a", "message": "/pkgs/a: no"},
			map[string]any{"code": "other", "path": nil, "message": "odd"},
		}
		g := got["gclean"].(map[string]any)
		if got["success"] != false || !reflect.DeepEqual(g["errors"], want) || len(g["warnings"].([]any)) != 3 {
			t.Errorf("success %v, errors %v, warnings %v", got["success"], g["errors"], g["warnings"])
		}
	}
}

// The size of a package that was not read is unknown; that of an empty one is not.
func TestJSONSizeOfWhatWasNotRead(t *testing.T) {
	for _, tt := range []struct {
		category cache.Category
		usage    walk.Usage
		want     any
	}{
		{cache.Packages, walk.Usage{}, nil},
		{cache.Packages, walk.Usage{Dirs: 1, Inodes: 1}, int64(0)},
		{cache.Packages, walk.Usage{Files: 1, Apparent: 7}, int64(7)},
		{cache.Tarballs, walk.Usage{}, int64(0)},
	} {
		if got := apparentOf(&cache.Entry{Category: tt.category, Usage: tt.usage}); got != tt.want {
			t.Errorf("%v %+v: %v, want %v", tt.category, tt.usage, got, tt.want)
		}
	}
}

func TestJSONListsWhatIsKept(t *testing.T) {
	plan := doubtPlan()
	g := decode(t, slashed(planDocument(plan)+resultDocument(planned{Plan: plan}, nil)))["gclean"].(map[string]any)
	kept := g["kept"].([]any)
	if len(kept) != 3 {
		t.Fatalf("%d kept, want 3", len(kept))
	}
	var owner, uid any = "0", 0.0
	if runtime.GOOS == "windows" {
		owner, uid = nil, nil
	}
	want := map[string]any{
		"path": "/pkgs/c-1-0", "category": "packages", "dist": nil, "owner": owner, "uid": uid,
		"apparent_size": 1.0, "freed_size": 0.0, "freed_inodes": 0.0, "state": "doubt",
		"reasons": []any{map[string]any{
			"code": "unreadable_record", "message": "in doubt: a record cannot be read", "prefix": nil,
			"record": "/e/conda-meta/c-1-0.json", "file": nil, "needed_by": nil, "users": nil,
			"ends": "until the record can be read, or its package is installed again", "error": "the record is cut off",
		}},
	}
	if !reflect.DeepEqual(kept[2], want) {
		t.Errorf("kept %v, want %v", kept[2], want)
	}
	warnings := g["warnings"].([]any)
	if len(warnings) != 2 {
		t.Fatalf("warnings %v", warnings)
	}
	warning := map[string]any{"code": "unreadable_environment", "path": "/env", "message": plan.Problems[0].Err.Error(), "doubt": true}
	if !reflect.DeepEqual(warnings[0], warning) {
		t.Errorf("warning %v, want %v", warnings[0], warning)
	}
}
