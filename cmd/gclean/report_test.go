package main

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	stdhtml "html"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/pyjson"
	"gclean/internal/table"
	"gclean/meta"
	"gclean/walk"
)

var update = flag.Bool("update", false, "write the golden files anew")

// hostile are names that have broken tables, terminals and spreadsheets.
var hostile = []string{
	"\x1b[31mred\x1b[0m", "line\nfeed", "tab\there", "=HYPERLINK(\"x\")", "<script>alert(1)</script>", "\xff\xfe",
	"数値計算ライブラリ", "e\u0301tude", "👩‍🔬lab", "\u202egpj.exe", strings.Repeat("long-", 30) + "end",
}

// sampleReport is a report with all that one can have.
func sampleReport() *cache.Report {
	made := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	r := &cache.Report{
		Made: made,
		Caches: []cache.Location{
			{Path: "/opt/conda/pkgs", Family: cache.Conda, Source: "default"},
			{Path: "/home/ann/.cache/rattler/cache/pkgs", Family: cache.Rattler, Source: "default", ReadOnly: cache.ErrReadOnly},
		},
		Doubt:    true,
		Problems: meta.Problems{{Code: cache.CodeUnreadableEnv, Path: "/home/bob/env", Err: errors.New("/home/bob/env: permission denied"), Doubt: true}},
	}
	names := append([]string{"numpy", "cudatoolkit", "python"}, hostile...)
	for i, name := range names {
		size := int64(1) << (40 - 2*i)
		it := &cache.Item{
			Entry: &cache.Entry{
				Category: cache.Packages, Dir: r.Caches[i%2].Path, Name: name + "-1.0-0",
				Usage: walk.Usage{Files: int64(i * 10), Dirs: 1, Apparent: size},
			},
			Cache: i % 2, State: cache.State(i % 3), Dist: name + "-1.0-0", Name: name, Version: "1.0", Build: "0",
			Disk: size + 4096, Inodes: int64(i*10 + 1), UID: i % 3, LastUsed: made.Add(-time.Duration(i*i) * 5 * time.Hour),
		}
		switch it.State {
		case cache.StateFree:
			it.Freed, it.FreedInodes = it.Disk, it.Inodes
		case cache.StateHeld:
			it.Holds = []hold.Hold{{Reason: hold.HardLinked}}
			it.Environments = []string{"/opt/conda/envs/" + name}
		case cache.StateDoubt:
			it.Holds = []hold.Hold{{Reason: hold.UnreadableEnv, Prefix: "/home/bob/env"}}
		}
		r.Items = append(r.Items, it)
		r.Names = append(r.Names, cache.NameUse{Name: name, Versions: 1 + i, Builds: 2 + i, Tally: sum(it), Oldest: it.LastUsed, Newest: made})
		r.Environments = append(r.Environments, cache.EnvironmentUse{Prefix: "/opt/conda/envs/" + name, Packages: i, Alone: cache.Sizes{Freed: size, Inodes: it.Inodes}, Shared: cache.Sizes{Freed: size / 3, Inodes: it.Inodes / 3}})
	}
	r.Environments[1].Err = errors.New("permission denied")
	r.Total = sum(r.Items...)
	r.Free = cache.Sizes{Apparent: r.Total.Freed, Freed: r.Total.Freed, Inodes: r.Total.FreedInodes}
	r.Categories = []cache.CategoryUse{{Category: cache.Packages, Tally: r.Total}}
	for i := range r.Caches {
		r.ByCache = append(r.ByCache, cache.CacheUse{Cache: i, Tally: sum(r.Items[i]), FSSize: 1 << 40, FSFree: 1 << 33})
	}
	for uid, user := range []string{"root", "ann", "宮本"} {
		r.Owners = append(r.Owners, cache.OwnerUse{UID: uid, User: user, Tally: sum(r.Items[uid])})
	}
	r.Duplicates = []cache.Duplicate{{Dist: "numpy-1.0-0", Caches: []int{0, 1}, Apparent: 5 << 20, Extra: 5 << 20}}
	return r
}

func sum(items ...*cache.Item) cache.Tally {
	var t cache.Tally
	for _, it := range items {
		t.Items++
		t.Files += it.Entry.Usage.Files
		t.Apparent += it.Entry.Usage.Apparent
		t.Disk += it.Disk
		t.Freed += it.Freed
		t.Inodes += it.Inodes
		t.FreedInodes += it.FreedInodes
		if it.State != cache.StateFree {
			t.Held++
		}
	}
	return t
}

func TestReportGolden(t *testing.T) {
	r := sampleReport()
	formats := map[string]func(*bytes.Buffer){
		"json": func(b *bytes.Buffer) {
			doc := reportDocument(r, nil, true)
			doc[2].Value = "devel" // the version
			b.WriteString(pyjson.Encode(doc) + "\n")
		},
		"csv":      func(b *bytes.Buffer) { reportCSV(b, r, nil) },
		"markdown": func(b *bytes.Buffer) { reportMarkdown(b, r, nil, 3) },
	}
	for _, width := range []int{40, 80, 200} {
		formats[fmt.Sprintf("table-%d", width)] = func(b *bytes.Buffer) { reportTable(b, r, nil, 5, width, width, table.Style{}, "gclean --all") }
		formats[fmt.Sprintf("terminal-%d", width)] = func(b *bytes.Buffer) {
			reportTable(b, r, nil, 0, width, width, table.Style{Box: true, Color: true}, "gclean --all")
		}
	}
	for name, write := range formats {
		t.Run(name, func(t *testing.T) {
			if (name == "markdown" || name == "csv") && runtime.GOOS == "windows" {
				t.Skip("the report has paths of Unix")
			}
			var got bytes.Buffer
			write(&got)
			golden := filepath.Join("testdata", "report", name+".golden")
			if *update {
				if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			text := got.String()
			if !strings.Contains(name, "-") {
				text = slashed(text) // paths that were made here; the sample's have slashes
			}
			if text != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s\n(-update writes it)", got.Bytes(), want)
			}
		})
	}
}

// TestReportFits says that no line is wider than the screen, and that nothing
// but colours moves its cursor.
func TestReportFits(t *testing.T) {
	r := sampleReport()
	for width := 20; width <= 250; width++ {
		for _, st := range []table.Style{{}, {Box: true, Color: true}} {
			var b bytes.Buffer
			reportTable(&b, r, nil, 0, width, width, st, "gclean --all")
			text := strings.NewReplacer("\x1b[1m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[0m", "").Replace(b.String())
			for line := range strings.Lines(text) {
				line = strings.TrimSuffix(line, "\n")
				if got := runewidth.StringWidth(line); got > width && line != "To remove what is free, run: gclean --all" {
					t.Fatalf("%d wide, the screen has %d: %q", got, width, line)
				}
				if printable(line) != line {
					t.Fatalf("width %d: %q", width, line)
				}
			}
			if !st.Box && strings.ContainsAny(text, "─…") {
				t.Fatalf("width %d: box drawing where there is no terminal", width)
			}
		}
	}
}

// TestReportReadable reads the documents as programs do.
func TestReportReadable(t *testing.T) {
	r := sampleReport()
	var b bytes.Buffer
	reportCSV(&b, r, nil)
	rows, err := csv.NewReader(&b).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != 1+len(r.Items) {
		t.Errorf("%d rows of %d items", len(rows), len(r.Items))
	}
	for i, row := range rows[1:] {
		if got, want := row[slices.Index(rows[0], "disk_size")], fmt.Sprint(r.Items[i].Disk); got != want {
			t.Errorf("disk_size %s, want %s", got, want)
		}
		for _, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				t.Errorf("a spreadsheet takes %q for a formula", cell)
			}
			if strings.ContainsAny(cell, "\x1b\x07\x00") {
				t.Errorf("a terminal obeys %q", cell)
			}
		}
	}
	var doc struct {
		Entries []struct {
			Disk int64 `json:"disk_size"`
		}
		Total struct {
			Disk int64 `json:"disk_size"`
		}
	}
	if err := json.Unmarshal([]byte(pyjson.Encode(reportDocument(r, nil, true))), &doc); err != nil {
		t.Fatal(err)
	}
	var disk int64
	for _, e := range doc.Entries {
		disk += e.Disk
	}
	if disk != r.Total.Disk || doc.Total.Disk != disk {
		t.Errorf("entries have %d, the total is %d, want %d", disk, doc.Total.Disk, r.Total.Disk)
	}
}

// TestReportMarkdown reads the tables as GitHub does: every name is one cell, and
// nothing in it is markup, a link or a mention.
func TestReportMarkdown(t *testing.T) {
	names := append([]string{
		"a|b", `a\|b`, "a`b", "`|`", `C:\pkgs\`, " blank ", "*bold* _it_ ~~no~~", "@octocat", "#12", "https://example.org", "www.example.org",
		"[x](javascript:alert(1))", "![x](https://example.org/x.png)", "&lt;b&gt;", "&#124;", "</code><b>", "```", "--- | ---",
	}, hostile...)
	r := &cache.Report{Made: time.Unix(0, 0), Caches: []cache.Location{{Path: "/p|kgs"}}, ByCache: []cache.CacheUse{{}}}
	for _, name := range names {
		r.Items = append(r.Items, &cache.Item{Entry: &cache.Entry{Category: cache.Packages, Name: name}, State: cache.StateFree})
	}
	var written bytes.Buffer
	reportMarkdown(&written, r, nil, 0)
	var page bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM), goldmark.WithRendererOptions(html.WithUnsafe()))
	if err := md.Convert(written.Bytes(), &page); err != nil {
		t.Fatal(err)
	}
	text := page.String()
	if strings.Count(text, "<table>") != 3 || strings.Contains(text, "<a ") || strings.Contains(text, "<img") {
		t.Errorf("not three tables without links:\n%s", text)
	}
	rows := strings.Split(text[strings.LastIndex(text, "<tbody>"):], "<tr>")[1:]
	if len(rows) != len(names) {
		t.Fatalf("%d rows of %d names:\n%s", len(rows), len(names), text)
	}
	found := map[string]bool{}
	for _, row := range rows {
		if strings.Count(row, "<td") != 5 {
			t.Errorf("not five cells: %s", row)
		}
		cell, _, _ := strings.Cut(row, "</code></td>")
		_, cell, _ = strings.Cut(cell, "<code>")
		if strings.ContainsAny(cell, "<>") {
			t.Errorf("markup in a cell: %s", cell)
		}
		found[stdhtml.UnescapeString(cell)] = true
	}
	for _, name := range names {
		if want := quoted((&cache.Entry{Name: name}).Path()); !found[want] {
			t.Errorf("no cell is %q", want)
		}
	}
	if !strings.Contains(text, "<code>/p|kgs</code>") {
		t.Errorf("no cache is /p|kgs:\n%s", text)
	}
}
