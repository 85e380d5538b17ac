package htmlreport

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"gclean/cache"
	"gclean/internal/visible"
)

// entryColumns are the columns of the table of entries. tables.js has the same.
var entryColumns = []column{
	{"Entry", false}, {"On disk", true}, {"Can be freed", true}, {"State", false}, {"Last use", true}, {"Environments", true},
	{"Size", true}, {"Inodes freed", true}, {"Category", false}, {"Owner", false}, {"Cache", false},
}

// entries writes the table of all entries: the largest as rows, and all as data for the
// script. A browser needs many seconds for tens of thousands of rows.
func (p *page) entries(id, title string) {
	list := p.r.Largest()
	if len(list) > withoutScript {
		p.Raw("<noscript>")
		p.Element("p", "Without its script, this page shows the "+strconv.Itoa(withoutScript)+" largest of "+strconv.Itoa(len(list))+" entries.", attr{"class", "note"})
		p.Raw("</noscript>")
	}
	p.table(grid{
		id: id, title: title, columns: entryColumns, rows: min(len(list), withoutScript),
		row: func(i int) []cell {
			it := list[i]
			return []cell{
				words(it.Entry.Shown()), bytes(it.Disk), bytes(it.Freed), {Text: it.State.String(), Class: "state " + it.State.String()},
				day(it.LastUsed), number(len(it.Environments)), bytes(it.Entry.Usage.Apparent), number(int(it.FreedInodes)),
				words(it.Entry.Category.Plural()), words(p.r.OwnerOf(it)), p.path(it.Entry.Dir),
			}
		},
	})
	p.Raw(`<script type="application/json" id="entries-data">`)
	p.Raw(entriesData(p.r, list, p.o.Run))
	p.Raw("</script>\n")
}

// entriesData returns a JSON object without "<" in it:
//
//	made   when the report was made, in seconds since 1970
//	states the states, each with its legend
//	run    how to write commands: Run, its targets by the words of the category
//	rows   one for each entry: name, folder, category, owner, size, disk space, bytes that
//	       can be freed, inodes that can be freed, state, number of environments, last use
//	       in seconds since 1970, inodes, package, cache, and the environment if there is
//	       exactly one, else -1
//	words  the words to which numbers in rows refer
func entriesData(r *cache.Report, list []*cache.Item, run Run) string {
	d := &data{number: map[string]int{}}
	d.b.WriteString(`{"made":` + strconv.FormatInt(r.Made.Unix(), 10) + `,"states":[`)
	for i, state := range classes {
		if i > 0 {
			d.b.WriteByte(',')
		}
		d.b.WriteByte('[')
		d.quote(state)
		d.b.WriteByte(',')
		d.quote(stateWords(state))
		d.b.WriteByte(']')
	}
	d.b.WriteString(`],"run":{`)
	for _, pair := range [][2]string{{"all", run.All}, {"base", run.Base}, {"cache", run.Cache}, {"olderThan", run.OlderThan}, {"include", run.Include}} {
		d.b.WriteString(`"` + pair[0] + `":`)
		d.quote(pair[1])
		d.b.WriteByte(',')
	}
	d.b.WriteString(`"targets":{`)
	first := true
	for c := cache.Category(0); c <= cache.PkgsDirs; c++ {
		if flag := run.Targets[c]; flag != "" {
			if !first {
				d.b.WriteByte(',')
			}
			first = false
			d.quote(c.Plural())
			d.b.WriteByte(':')
			d.quote(flag)
		}
	}
	d.b.WriteString(`}},"rows":[`)
	for i, it := range list {
		if i > 0 {
			d.b.WriteString(",\n")
		}
		d.row(r, it)
	}
	d.b.WriteString(`],"words":[`)
	for i, s := range d.table {
		if i > 0 {
			d.b.WriteByte(',')
		}
		d.quote(s)
	}
	d.b.WriteString("]}")
	return d.b.String()
}

// data builds the JSON, and the table of words that it refers to by number.
type data struct {
	b      strings.Builder
	number map[string]int
	table  []string
	buf    []byte
}

func (d *data) word(s string) int64 {
	n, ok := d.number[s]
	if !ok {
		n = len(d.table)
		d.number[s] = n
		d.table = append(d.table, s)
	}
	return int64(n)
}

func (d *data) quote(s string) {
	d.buf, _ = jsontext.AppendQuote(d.buf[:0], visible.String(s)) // visible.String returns valid UTF-8
	d.b.WriteString(strings.ReplaceAll(string(d.buf), "<", `\u003c`))
}

func (d *data) numbers(list ...int64) {
	for _, n := range list {
		d.b.WriteByte(',')
		d.b.WriteString(strconv.FormatInt(n, 10))
	}
}

// row writes the row of it.
func (d *data) row(r *cache.Report, it *cache.Item) {
	d.b.WriteByte('[')
	d.quote(it.Entry.Shown())
	d.numbers(
		d.word(it.Entry.Dir), d.word(it.Entry.Category.Plural()), d.word(r.OwnerOf(it)),
		it.Entry.Usage.Apparent, it.Disk, it.Freed, it.FreedInodes, d.word(it.State.String()),
	)
	sole := int64(-1)
	if len(it.Environments) == 1 {
		sole = d.word(it.Environments[0])
	}
	d.numbers(int64(len(it.Environments)), it.LastUsed.Unix(), it.Inodes, d.word(it.Name), d.word(cacheOf(r, it)), sole)
	d.b.WriteByte(']')
}

// cacheOf returns the path of the cache that it is in, or "elsewhere" for a temp file.
func cacheOf(r *cache.Report, it *cache.Item) string {
	if it.Cache < 0 {
		return "elsewhere"
	}
	return r.Caches[it.Cache].Path
}
