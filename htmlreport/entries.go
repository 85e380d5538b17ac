package htmlreport

import (
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"gclean/cache"
	"gclean/internal/visible"
)

// entryColumns are the columns of the table of entries, and of the rows of its
// data.
var entryColumns = []column{
	{"Entry", false}, {"Cache", false}, {"Category", false}, {"Owner", false}, {"Size", true}, {"On disk", true},
	{"Free now", true}, {"Inodes freed", true}, {"State", false}, {"Environments", true}, {"Last use", true},
}

// entries writes the table of all entries: the largest as rows, and all as data
// for the script. As rows, tens of thousands take a browser many seconds.
func (p *page) entries() {
	if len(p.r.Items) == 0 {
		return
	}
	list := p.r.Largest()
	note := ""
	if len(list) > withoutScript {
		note = "The largest; with the page's script, all can be searched and sorted."
	}
	p.table("entries", "All entries", note, entryColumns, min(len(list), withoutScript), func(i int) []cell {
		it := list[i]
		return []cell{
			words(it.Entry.Shown()), words(it.Entry.Dir), words(it.Entry.Category.String()), words(p.r.OwnerOf(it)),
			bytes(it.Entry.Usage.Apparent), bytes(it.Disk), bytes(it.Freed), number(int(it.FreedInodes)),
			{text: it.State.String(), class: "state " + it.State.String()}, number(len(it.Environments)), day(it.LastUsed),
		}
	})
	p.raw(`<script type="application/json" id="entries-data">`)
	p.raw(entriesData(p.r, list))
	p.raw("</script>\n")
}

// entriesData is a JSON object: the words that rows refer to by number, and the
// rows. There is no "<" in it.
func entriesData(r *cache.Report, list []*cache.Item) string {
	var b strings.Builder
	number := map[string]int{}
	var table []string
	word := func(s string) int {
		n, ok := number[s]
		if !ok {
			n = len(table)
			number[s] = n
			table = append(table, s)
		}
		return n
	}
	var buf []byte
	quote := func(s string) {
		buf, _ = jsontext.AppendQuote(buf[:0], visible.String(s)) // it is UTF-8 by now
		b.WriteString(strings.ReplaceAll(string(buf), "<", `\u003c`))
	}
	b.WriteString(`{"rows":[`)
	for i, it := range list {
		if i > 0 {
			b.WriteString(",\n")
		}
		b.WriteByte('[')
		quote(it.Entry.Shown())
		for _, n := range []int64{
			int64(word(it.Entry.Dir)), int64(word(it.Entry.Category.String())), int64(word(r.OwnerOf(it))),
			it.Entry.Usage.Apparent, it.Disk, it.Freed, it.FreedInodes, int64(word(it.State.String())), int64(len(it.Environments)), it.LastUsed.Unix(),
		} {
			b.WriteByte(',')
			b.WriteString(strconv.FormatInt(n, 10))
		}
		b.WriteByte(']')
	}
	b.WriteString(`],"words":[`)
	for i, s := range slices.All(table) {
		if i > 0 {
			b.WriteByte(',')
		}
		quote(s)
	}
	b.WriteString("]}")
	return b.String()
}
