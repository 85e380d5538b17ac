package merged_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"gclean/cache"
	"gclean/cache/merged"
	"gclean/meta/others"
)

// report describes the report of a host that has one cache with one package.
type report struct {
	host, identity, state, made, envs string
	more                              string // other entries, each followed by a comma
}

func (r report) text() string {
	free, reasons := "4096", "[]"
	if r.state != "free" {
		free, reasons = "0", `[{"code": "soft_linked", "prefix": "/home/ann/env", "record": null, "file": null, "error": null}]`
	}
	return fmt.Sprintf(`{"schema": 1, "success": true, "made": %q, "host": %q, "hosts": [], "doubt": false,
		"caches": [{"path": "/opt/pkgs", "family": "conda", "source": "x", "read_only": false, "identity": %q, "filesystem_size": 9, "filesystem_available": 8}],
		"owners": [], "other_folders": [{"path": "/opt/other/pkgs", "kind": "installation", "source": "x", "cache": true, "files": 3, "apparent_size": 10, "disk_size": 8192, "inodes": 4, "error": null},
			{"path": "/opt/conda-bld", "kind": "conda_build", "source": "y", "cache": false, "files": 0, "apparent_size": 0, "disk_size": 0, "inodes": 1, "error": "permission denied"}],
		"environments": [{"prefix": "/home/ann/env", "error": null}],
		"entries": [%s {"path": "/opt/pkgs/a-1-0", "category": "packages", "dist": "a-1-0", "name": "a", "version": "1", "build": "0", "owner": "ann", "uid": 7,
			"apparent_size": 10, "disk_size": 4096, "freed_size": %s, "inodes": 2, "freed_inodes": 2, "files": 1, "state": %q, "reasons": %s,
			"environments": [%s], "last_used": "2026-11-27T12:00:00Z", "quarantine": null}],
		"warnings": []}`, r.made, r.host, r.identity, r.more, free, r.state, reasons, r.envs)
}

func parsed(t *testing.T, reports ...report) (list []*merged.Document) {
	t.Helper()
	for _, r := range reports {
		d, err := merged.Parse([]byte(r.text()))
		if err != nil {
			t.Fatalf("%s: %v", r.host, err)
		}
		list = append(list, d)
	}
	return list
}

const (
	noon    = "2026-11-27T12:00:00Z"
	evening = "2026-11-27T18:00:00Z"
	shared  = "nfs nas:/export/pkgs inode 7"
)

func hosts(r *cache.Report) string {
	var list []string
	for _, h := range r.Hosts {
		list = append(list, fmt.Sprintf("%s %d %d", h.Host, h.Items, h.Disk))
	}
	return strings.Join(list, "; ")
}

func TestHostsAreToldApart(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the hosts have paths of Unix")
	}
	r := merged.Merge(parsed(t,
		report{host: "node2", identity: "local node2 /opt/pkgs inode 7", state: "free", made: evening},
		report{host: "node1", identity: "local node1 /opt/pkgs inode 7", state: "held", made: noon, envs: `"/home/ann/env"`}))
	if got := hosts(r); got != "node1 1 4096; node2 1 4096" {
		t.Errorf("hosts: %s", got)
	}
	if r.Total.Items != 2 || r.Total.Disk != 8192 || r.Total.Held != 1 || r.Free.Freed != 4096 {
		t.Errorf("total %+v, free %+v", r.Total, r.Free)
	}
	if len(r.Owners) != 2 || r.Owners[0].User != "ann@node1" || r.OwnerOf(r.Items[1]) != "ann@node2" {
		t.Errorf("owners %+v", r.Owners)
	}
	if got := r.Items[0].Entry.Path(); r.Items[0].Host != "node1" || !strings.HasPrefix(got, "node1:") {
		t.Errorf("%s is on %s", got, r.Items[0].Host)
	}
	if len(r.Environments) != 2 || r.Environments[0].Prefix != "node1:/home/ann/env" || r.Environments[0].Packages != 1 {
		t.Errorf("environments %+v", r.Environments)
	}
}

// TestSharedCacheCountsOnce: an entry is in use if any host uses it, and the newest report
// says what exists. The order of the reports does not matter.
func TestSharedCacheCountsOnce(t *testing.T) {
	gone := strings.NewReplacer("a-1-0", "b-1-0").Replace(`{"path": "/opt/pkgs/b-1-0", "category": "packages", "state": "free", "reasons": [], "environments": [], "last_used": "2026-11-27T12:00:00Z", "disk_size": 5},`)
	old := report{host: "node1", identity: shared, state: "held", made: noon, envs: `"/home/ann/env"`, more: gone}
	young := report{host: "node2", identity: shared, state: "free", made: evening}
	for _, list := range [][]report{{old, young}, {young, old}} {
		r := merged.Merge(parsed(t, list...))
		if r.Total.Items != 1 || r.Total.Disk != 4096 || r.Free.Freed != 0 || len(r.Caches) != 1 {
			t.Errorf("total %+v, free %+v, caches %v", r.Total, r.Free, r.Caches)
		}
		if it := r.Items[0]; it.State != cache.StateHeld || len(it.Environments) != 1 || it.Environments[0] != "node1:/home/ann/env" || it.Holds[0].Prefix != "node1:/home/ann/env" {
			t.Errorf("%+v", it)
		}
		if got := hosts(r); got != "node1 0 0; node1, node2 1 4096; node2 0 0" {
			t.Errorf("hosts: %s", got)
		}
		if r.ByCache[0].Identity != shared || r.Caches[0].Path != "node1, node2:/opt/pkgs" {
			t.Errorf("%+v, %s", r.ByCache[0], r.Caches[0].Path)
		}
	}
	// Two users of one host.
	r := merged.Merge(parsed(t, report{host: "node1", identity: "local x", state: "free", made: noon}, report{host: "node1", identity: "local x", state: "free", made: evening}))
	if got := hosts(r); got != "node1 1 4096" || r.Free.Freed != 4096 {
		t.Errorf("hosts: %s, free %+v", got, r.Free)
	}
}

// TestFoldersOfAllHosts: each host has its own folders that are not cleaned.
func TestFoldersOfAllHosts(t *testing.T) {
	list := merged.Others(parsed(t,
		report{host: "node1", identity: shared, state: "free", made: noon}, report{host: "node2", identity: shared, state: "free", made: noon}))
	if len(list) != 4 || list[0].Path != "node1:/opt/other/pkgs" || list[2].Path != "node2:/opt/other/pkgs" {
		t.Fatalf("%+v", list)
	}
	if f := list[2]; f.Kind != others.Installation || !f.Cache || f.Usage.Disk != 8192 || f.Usage.Inodes != 4 || f.Usage.Files != 3 || f.Err != nil {
		t.Errorf("%+v", f)
	}
	if f := list[3]; f.Kind != others.CondaBuild || f.Cache || f.Err == nil || f.Err.Error() != "permission denied" {
		t.Errorf("%+v", f)
	}
}

func TestNoReport(t *testing.T) {
	sound := report{host: "node1", identity: shared, state: "free", made: noon}
	change := func(from, to string) string {
		if !strings.Contains(sound.text(), from) {
			t.Fatalf("%s is not there", from)
		}
		return strings.Replace(sound.text(), from, to, 1)
	}
	for name, c := range map[string]struct {
		text string
		want error
	}{
		"nothing":            {"", merged.ErrNotReport},
		"cut off":            {sound.text()[:200], merged.ErrNotReport},
		"two":                {sound.text() + sound.text(), merged.ErrNotReport},
		"another document":   {`{"schema": 1, "success": true, "environments": [], "warnings": []}`, merged.ErrNotReport},
		"no object":          {`[]`, merged.ErrNotReport},
		"newer":              {change(`"schema": 1`, `"schema": 2`), merged.ErrNewer},
		"unknown state":      {change(`"state": "free"`, `"state": "blue"`), merged.ErrNewer},
		"unknown category":   {change(`"packages"`, `"wheels"`), merged.ErrNewer},
		"unknown family":     {change(`"conda"`, `"pip"`), merged.ErrNewer},
		"no host":            {change(`"node1"`, `null`), merged.ErrNoHost},
		"no identity":        {change(shared, ``), merged.ErrNotReport},
		"merged":             {change(`"hosts": []`, `"hosts": [{"host": "x"}]`), merged.ErrMerged},
		"a negative size":    {change(`"disk_size": 4096`, `"disk_size": -1`), merged.ErrNotReport},
		"more than any disk": {change(`"disk_size": 4096`, `"disk_size": 9007199254740993000`), merged.ErrNotReport},
		"words for a size":   {change(`"disk_size": 4096`, `"disk_size": "4096"`), merged.ErrNotReport},
		"a folder below 0":   {change(`"disk_size": 8192`, `"disk_size": -1`), merged.ErrNotReport},
		"no path":            {change(`"path": "/opt/pkgs/a-1-0"`, `"path": ""`), merged.ErrNotReport},
		"another time":       {change(noon, "yesterday"), merged.ErrNotReport},
	} {
		if d, err := merged.Parse([]byte(c.text)); !errors.Is(err, c.want) {
			t.Errorf("%s: %+v, error %v", name, d, err)
		}
	}
}

// FuzzMerge: any report is an error or can be merged.
func FuzzMerge(f *testing.F) {
	f.Add(report{host: "node1", identity: shared, state: "held", made: noon, envs: `"/e"`}.text())
	f.Add(strings.ReplaceAll(report{host: "node1", identity: "x", state: "quarantined", made: noon}.text(), "/opt/pkgs", `C:\\pkgs`))
	f.Fuzz(func(t *testing.T, text string) {
		d, err := merged.Parse([]byte(text))
		if err != nil {
			return
		}
		r := merged.Merge([]*merged.Document{d, d})
		if r.Total.Disk < 0 || r.Made.Before(time.Time{}) {
			t.Errorf("%+v", r.Total)
		}
		for _, it := range r.Items {
			_, _ = it.Entry.Path(), r.OwnerOf(it)
		}
	})
}

// TestSumsDoNotOverflow has entries that are each possible, and together are not.
func TestSumsDoNotOverflow(t *testing.T) {
	entry := `{"path": "/opt/pkgs/big%d", "category": "packages", "dist": "", "name": "", "version": "", "build": "", "owner": "ann", "uid": 7,
		"apparent_size": 1125899906842624, "disk_size": 0, "freed_size": 0, "inodes": 2, "freed_inodes": 2, "files": 1, "state": "held", "reasons": [],
		"environments": [], "last_used": "2026-11-27T12:00:00Z", "quarantine": null},`
	var more strings.Builder
	for i := range 2 {
		fmt.Fprintf(&more, entry, i)
	}
	_, err := merged.Parse([]byte(report{host: "node1", identity: shared, state: "free", made: noon, more: more.String()}.text()))
	if !errors.Is(err, merged.ErrNotReport) {
		t.Errorf("error %v", err)
	}
}

// TestEntriesAreInTheInnermostCache has a cache inside another, one with a slash behind it.
func TestEntriesAreInTheInnermostCache(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the hosts have paths of Unix")
	}
	text := report{host: "node1", identity: shared, state: "free", made: noon}.text()
	inner := `"caches": [{"path": "/opt/", "family": "conda", "source": "x", "read_only": false, "identity": "outer", "filesystem_size": 9, "filesystem_available": 8}, `
	d, err := merged.Parse([]byte(strings.Replace(text, `"caches": [`, inner, 1)))
	if err != nil {
		t.Fatal(err)
	}
	r := merged.Merge([]*merged.Document{d})
	if len(r.Items) != 1 || r.Caches[r.Items[0].Cache].Path != "node1:/opt/pkgs" || r.Items[0].Entry.Name != "a-1-0" {
		t.Errorf("%+v in %+v", r.Items[0].Entry, r.Caches)
	}
}

// What is listed twice counts once: in one report, and in those of two users of one host.
// Other hosts have their own.
func TestListedTwiceCountsOnce(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the hosts have paths of Unix")
	}
	entry := func(path, state string) string {
		return fmt.Sprintf(`{"path": %q, "category": "tempfiles", "apparent_size": 7, "disk_size": 4096, "freed_size": 4096, "inodes": 1, "freed_inodes": 1, "files": 1,
			"state": %q, "reasons": [], "environments": [], "last_used": "2026-11-27T12:00:00Z"},`, path, state)
	}
	inCache := strings.ReplaceAll(entry("/opt/pkgs/a-1-0", "free"), "tempfiles", "packages")
	for name, tt := range map[string]struct {
		reports []report
		items   int
		folders int
	}{
		"in a cache":          {[]report{{host: "node1", identity: "x", state: "free", made: noon, more: inCache}}, 1, 2},
		"outside":             {[]report{{host: "node1", identity: "x", state: "free", made: noon, more: entry("/opt/a.c~", "free") + entry("/opt/a.c~", "free")}}, 2, 2},
		"two users of a host": {[]report{{host: "node1", identity: "x", state: "free", made: evening, more: entry("/opt/a.c~", "free")}, {host: "node1", identity: "x", state: "free", made: noon, more: entry("/opt/a.c~", "kept")}}, 2, 2},
		"two hosts":           {[]report{{host: "node1", identity: "x", state: "free", made: noon, more: entry("/opt/a.c~", "free")}, {host: "node2", identity: "y", state: "free", made: noon, more: entry("/opt/a.c~", "free")}}, 4, 4},
	} {
		t.Run(name, func(t *testing.T) {
			list := parsed(t, tt.reports...)
			r := merged.Merge(list)
			if r.Total.Items != tt.items || r.Total.Disk != int64(tt.items)*4096 || len(r.Environments) != tt.folders/2 {
				t.Errorf("%+v, environments %+v", r.Total, r.Environments)
			}
			if got := merged.Others(list); len(got) != tt.folders {
				t.Errorf("%+v", got)
			}
			if name == "two users of a host" && r.Free.Freed != 4096 {
				t.Errorf("what one of them keeps is free: %+v", r.Free)
			}
		})
	}
}
