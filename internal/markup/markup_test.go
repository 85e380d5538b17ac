package markup_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"gclean/internal/markup"
)

// TestHostileNames writes a name wherever a page has one. It closes nothing and opens nothing.
func TestHostileNames(t *testing.T) {
	const name = "\"'></title></td><script>&\x1b"
	var b strings.Builder
	err := markup.Page{Title: name}.Write(&b, func(m *markup.Writer) {
		m.Element("p", name, markup.Attr{"title", name})
		columns := []markup.Column{{"Name", false}, {name, true}}
		m.Head(columns)
		m.Row(columns, []markup.Cell{{Text: name, Value: name, Class: name}, {Draw: func() { m.Text(name) }}})
	})
	if err != nil {
		t.Fatal(err)
	}
	page := b.String()
	if n := strings.Count(page, "&#34;&#39;&gt;&lt;/title&gt;&lt;/td&gt;&lt;script&gt;&amp;\\x1b"); n != 8 {
		t.Errorf("%d escaped names, want 8 in\n%s", n, page)
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "script-src") || strings.Contains(page, "\x1b") {
		t.Error(page)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, errors.New("full") }

func TestErrorOfTheOutput(t *testing.T) {
	if err := (markup.Page{}).Write(fullDisk{}, func(m *markup.Writer) { m.Raw(strings.Repeat("x", 1<<18)) }); err == nil || err.Error() != "full" {
		t.Errorf("the error is %v, want full", err)
	}
}

func ExamplePage_Write() {
	var b strings.Builder
	markup.Page{Title: "Caches"}.Write(&b, func(m *markup.Writer) {
		m.Element("h1", "Caches of <host>", markup.Attr{"id", "top"})
	})
	_, body, _ := strings.Cut(b.String(), "<body>\n")
	fmt.Println(body)
	// Output:
	// <h1 id="top">Caches of &lt;host&gt;</h1></body>
	// </html>
}
