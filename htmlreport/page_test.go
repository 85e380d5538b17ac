package htmlreport_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"gclean/cache"
	"gclean/htmlreport"
	"gclean/internal/units"
	"gclean/internal/visible"
	"gclean/meta"
	"gclean/meta/others"
	"gclean/walk"
)

// hostile are names that try to become more than text.
var hostile = []string{
	"<script>document.title='owned'</script>", "</script><script>alert(1)</script>", `"><img src=x onerror=alert(1)>`, "<!--", "]]>", "&lt;b&gt;",
	"\u202egpj.exe", "\x1b[31mred", "line\nfeed", "\xff\xfe", "數據 👩‍🔬", "'--", "</title></style></textarea>", "\u2028",
}

// sample returns a report of n entries, with everything that a report can have.
func sample(n int) *cache.Report {
	made := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	r := &cache.Report{
		Made:     made,
		Caches:   []cache.Location{{Path: "/opt/conda/pkgs"}, {Path: "/home/<b>/pkgs", ReadOnly: cache.ErrReadOnly, Family: cache.Rattler}},
		Doubt:    true,
		Problems: meta.Problems{{Path: "/x", Err: errors.New("/x: <em>permission</em> denied")}},
		Owners:   []cache.OwnerUse{{UID: 0, User: "root"}, {UID: 1, User: "<i>ann</i>"}},
		ByCache:  []cache.CacheUse{{Cache: 0, FSFree: 1 << 33}, {Cache: 1}},
		Categories: []cache.CategoryUse{
			{Category: cache.Tarballs}, {Category: cache.Packages},
		},
	}
	for i := range n {
		name := fmt.Sprintf("package%05d", i)
		if i < len(hostile) {
			name = hostile[i]
		}
		it := &cache.Item{
			Entry: &cache.Entry{
				Category: cache.Packages, Dir: r.Caches[i%2].Path, Name: name + "-1.0-0",
				Usage: walk.Usage{Files: 10, Apparent: int64(1000 * (i + 1))},
			},
			Cache: i % 2, State: cache.State(i % 3), Dist: name + "-1.0-0", Name: name, Version: "1.0", Build: "0",
			Disk: int64(n-i) * 4096, Inodes: int64(1 + i%5), UID: i % 2, LastUsed: made.Add(-time.Duration(i) * time.Hour),
		}
		if i%4 == 0 {
			it.Entry.Category = cache.Tarballs
		}
		if it.State == cache.StateFree {
			it.Freed = it.Disk
		}
		r.Items = append(r.Items, it)
		t := cache.Tally{Items: 1, Files: 10, Apparent: it.Entry.Usage.Apparent, Disk: it.Disk, Freed: it.Freed}
		if i < 1000 {
			r.Names = append(r.Names, cache.NameUse{Name: name, Versions: 1, Builds: 1, Tally: t, Oldest: it.LastUsed, Newest: made})
		}
		if i < 40 {
			r.Environments = append(r.Environments, cache.EnvironmentUse{Prefix: "/envs/" + name, Packages: i, Alone: cache.Sizes{Freed: it.Disk}, Shared: cache.Sizes{Freed: it.Disk / 2}})
		}
		r.Total.Items++
		r.Total.Disk += it.Disk
		r.Total.Apparent += it.Entry.Usage.Apparent
		r.Total.Freed += it.Freed
	}
	if n > 1 {
		r.Environments[1].Err = errors.New("unreadable")
		r.Duplicates = []cache.Duplicate{{Dist: hostile[0] + "-1.0-0", Caches: []int{0, 1}, Apparent: 5 << 20, Extra: 4 << 20}}
	}
	r.Free = cache.Sizes{Apparent: r.Total.Freed, Freed: r.Total.Freed}
	return r
}

// run says how the page writes commands.
var run = htmlreport.Run{
	All: "gclean --everything", Base: "gclean", Cache: "--cache", OlderThan: "--older", Include: "--only",
	Targets: map[cache.Category]string{cache.Tarballs: "--archives", cache.Packages: "--extracted"},
}

// write returns the page of r as gclean writes it: all of it passes through
// visible.Writer.
func write(t testing.TB, r *cache.Report) []byte {
	t.Helper()
	var b bytes.Buffer
	w := visible.NewWriter(&b)
	if err := htmlreport.Write(w, r, htmlreport.Options{
		Generator: "gclean <test>", Host: "host<1>", Root: "/image", Command: "gclean report --html '<p>'", Run: run,
		Others: []others.Folder{{Path: "/opt/<u>/conda-bld", Kind: others.CondaBuild, Usage: walk.Usage{Disk: 5 << 20}}},
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// walkNodes calls visit for every node of a page.
func walkNodes(n *html.Node, visit func(*html.Node)) {
	visit(n)
	for c := range n.ChildNodes() {
		walkNodes(c, visit)
	}
}

// shape returns the page's elements, with the names of their attributes.
func shape(t *testing.T, page []byte) (string, *html.Node) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	walkNodes(doc, func(n *html.Node) {
		if n.Type == html.CommentNode {
			b.WriteString("<!---->")
		}
		if n.Type != html.ElementNode {
			return
		}
		b.WriteString("<" + n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key)
		}
		b.WriteString(">\n")
	})
	return b.String(), doc
}

// TestNamesAreText: no name in a report becomes an element, an attribute or a comment, or
// changes the direction of the text.
func TestNamesAreText(t *testing.T) {
	got, doc := shape(t, write(t, sample(60)))
	if strings.Count(got, "<script") != 2 || strings.Contains(got, "<img") || strings.Contains(got, "<!--") || strings.Contains(got, " on") {
		t.Errorf("something came in:\n%s", got)
	}
	for _, name := range []string{"<b>", "<i>", "<em>", "<test>", "<u>", "<1>"} {
		if strings.Contains(got, name) {
			t.Errorf("there is a %s", name)
		}
	}
	var text strings.Builder
	walkNodes(doc, func(n *html.Node) {
		if n.Type == html.TextNode {
			text.WriteString(n.Data + "\n")
		}
	})
	for _, name := range []string{"<script>document.title='owned'</script>-1.0-0", `"><img src=x onerror=alert(1)>`, `\u202egpj.exe`, `\x1b[31mred`, `line\nfeed`, `\xff\xfe`, "數據", "gclean <test>", "/x: <em>permission</em> denied"} {
		if !strings.Contains(text.String(), name) {
			t.Errorf("%q is not on the page", name)
		}
	}
	for _, r := range text.String() {
		if r == '\u202e' || r == '\x1b' || r == '\u2028' || r == '\ufffd' {
			t.Errorf("%q is on the page", r)
		}
	}
}

// TestTooltipsHaveNoEscapes: a tooltip about a plain name is plain text. Only names with
// special characters need escapes.
func TestTooltipsHaveNoEscapes(t *testing.T) {
	r := sample(60)
	for i, it := range r.Items {
		it.Name = fmt.Sprint("plain", i)
		it.Entry.Name = it.Name + "-1.0-0"
	}
	_, doc := shape(t, write(t, r))
	tooltips := 0
	walkNodes(doc, func(n *html.Node) {
		if n.Type != html.ElementNode || n.Data != "title" || n.FirstChild == nil {
			return
		}
		text := n.FirstChild.Data
		if runtime.GOOS != "windows" && strings.Contains(text, `\`) { // there, paths have them
			t.Errorf("a tooltip has an escape: %q", text)
		}
		if strings.Contains(text, "-1.0-0: ") && strings.Contains(text, " on disk, ") {
			tooltips++
		}
	})
	if tooltips == 0 {
		t.Error("no tooltip tells the size and the state of an entry")
	}
}

// TestPageLoadsNothing looks for anything that a browser would load or run.
func TestPageLoadsNothing(t *testing.T) {
	page := write(t, sample(60))
	_, doc := shape(t, page)
	walkNodes(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			switch {
			case a.Key == "href" && (a.Val == "data:," || strings.HasPrefix(a.Val, "#")):
			case a.Key == "src" || a.Key == "href" || a.Key == "style" || strings.HasPrefix(a.Key, "on"):
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	})
	if !bytes.Contains(page, []byte("default-src &#39;none&#39;")) {
		t.Error("no policy forbids to load")
	}
}

// TestPolicyLetsThePageRun compares the hashes of the policy with the style and script that
// are in the page: a browser blocks those that do not match.
func TestPolicyLetsThePageRun(t *testing.T) {
	_, doc := shape(t, write(t, sample(60)))
	var policy string
	var parts []string
	walkNodes(doc, func(n *html.Node) {
		switch {
		case n.Data == "meta" && n.Attr[0].Val == "Content-Security-Policy":
			policy = n.Attr[1].Val
		case (n.Data == "style" || n.Data == "script") && len(n.Attr) == 0:
			sum := sha256.Sum256([]byte(n.FirstChild.Data))
			parts = append(parts, fmt.Sprintf("%s-src 'sha256-%s'", n.Data, base64.StdEncoding.EncodeToString(sum[:])))
		}
	})
	if len(parts) != 2 {
		t.Fatalf("%d styles and scripts, want 2", len(parts))
	}
	for _, part := range parts {
		if !strings.Contains(policy, part) {
			t.Errorf("the page has %s, the policy says %s", part, policy)
		}
	}
}

// TestPageHasTheFigures compares the page with the report.
func TestPageHasTheFigures(t *testing.T) {
	r := sample(300)
	page := write(t, r)
	_, doc := shape(t, page)
	var data string
	rows := map[string]int{}
	walkNodes(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			if n.Data == "script" && a.Key == "id" {
				data = n.FirstChild.Data
			}
		}
		if n.Data == "tr" && n.Parent.Data == "tbody" {
			for _, a := range n.Parent.Parent.Attr {
				if a.Key == "id" {
					rows[a.Val]++
				}
			}
		}
	})
	var entries struct {
		Rows  [][]any
		Words []string
	}
	if err := json.Unmarshal([]byte(data), &entries); err != nil {
		t.Fatal(err)
	}
	disk := 0.0
	for _, row := range entries.Rows {
		disk += row[5].(float64)
	}
	if len(entries.Rows) != 300 || int64(disk) != r.Total.Disk {
		t.Errorf("%d rows with %.0f bytes, want 300 with %d", len(entries.Rows), disk, r.Total.Disk)
	}
	for id, want := range map[string]int{"entries": 100, "names": 300, "environments": 39, "caches": 2, "others": 1, "owners": 2, "categories": 2, "duplicates": 1} {
		if rows[id] != want {
			t.Errorf("%s: %d rows, want %d", id, rows[id], want)
		}
	}
	for _, want := range []string{units.Bytes(r.Total.Disk), units.Bytes(r.Free.Freed), units.Bytes(r.Total.Disk - r.Total.Freed)} {
		if !bytes.Contains(page, []byte(">"+want+"<")) {
			t.Errorf("%s is not on the page", want)
		}
	}
	if !bytes.Equal(page, write(t, r)) {
		t.Error("the same report makes another page")
	}
}

// TestContents follows every link in the list of contents.
func TestContents(t *testing.T) {
	_, doc := shape(t, write(t, sample(60)))
	ids := map[string]bool{}
	var links []string
	walkNodes(doc, func(n *html.Node) {
		for _, a := range n.Attr {
			switch {
			case a.Key == "id":
				ids[a.Val] = true
			case a.Key == "href" && strings.HasPrefix(a.Val, "#"):
				links = append(links, a.Val[1:])
			}
		}
	})
	if len(links) != 11 {
		t.Errorf("%d links: %q", len(links), links)
	}
	for _, link := range links {
		if !ids[link] {
			t.Errorf("nothing has the id %s", link)
		}
	}
}

func TestEmptyReport(t *testing.T) {
	page := write(t, &cache.Report{Made: time.Unix(0, 0)})
	if !bytes.HasSuffix(page, []byte("</html>\n")) {
		t.Errorf("%s", page)
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("no space left") }

func TestWriteReturnsErrors(t *testing.T) {
	if err := htmlreport.Write(full{}, sample(60), htmlreport.Options{}); err == nil {
		t.Error("nobody hears of a full disk")
	}
}

// The caller sets which commands the page shows, and the texts of errors.
func TestOptionsAreShown(t *testing.T) {
	var b bytes.Buffer
	err := htmlreport.Write(&b, sample(1), htmlreport.Options{
		Generator: "gclean 1.0", Host: "gpu1", Root: "/mnt/image", Command: "gclean report --html x", Run: run,
		Message: func(err error) string { return "told of " + err.Error() },
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"<h1>Package caches of gpu1</h1>", "<code>/mnt/image</code>", "<code>gclean report --html x</code>", "<dd>gclean 1.0</dd>",
		"run: <code>gclean --everything</code>", "<li>told of /x: ",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is not in the page", want)
		}
	}
}

// TestUnusedEnvironmentsAreFolded has one environment that uses nothing.
func TestUnusedEnvironmentsAreFolded(t *testing.T) {
	page := write(t, sample(60))
	if !bytes.Contains(page, []byte("<summary>1 environment uses nothing of these caches</summary>")) {
		t.Error("the environment without packages is not folded")
	}
}

// TestTotals compares the last row of the caches with the report.
func TestTotals(t *testing.T) {
	r := sample(60)
	page := write(t, r)
	want := fmt.Sprintf(`<tfoot>
<tr><th scope="row">Total</th><td data-value="%d" class="number ">%s</td>`, r.Total.Disk, units.Bytes(r.Total.Disk))
	if n := bytes.Count(page, []byte(want)); n != 3 {
		t.Errorf("%d tables have the total, want 3: caches, categories, owners", n)
	}
}
