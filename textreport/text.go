package textreport

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"gclean/cache"
	"gclean/internal/table"
	"gclean/internal/units"
	"gclean/internal/visible"
)

// Options are how a text is written.
type Options struct {
	// Prose and Tables are the widths of sentences and of tables.
	Prose, Tables int
	Style         table.Style
	Top           int // rows of the long tables; 0 is all
	// Commands show what can be removed, and remove it. None are written where nothing can.
	Commands []string
	More     string // ends a line that counts the rows that are not shown
}

// Text is what an owner has, as sentences and tables.
func (o *Owner) Text(opts Options) string {
	w := &writer{Options: opts}
	title := o.title()
	w.text.WriteString(opts.Style.Paint(table.Bold, title) + "\n" + strings.Repeat("=", utf8.RuneCountInString(title)) + "\n\n")
	free := o.Items - o.Held
	w.say(fmt.Sprintf("%s: %s on disk in %s.", units.Count(o.Items, "entry", "entries"), units.Bytes(o.Disk), inodes(o.Inodes)))
	if free > 0 {
		w.say(fmt.Sprintf("Cleaning would remove %s now. That frees %s and %s.", units.Count(free, "entry", "entries"), units.Bytes(o.Freed), inodes(o.FreedInodes)))
	} else {
		w.say("Cleaning would remove nothing now.")
	}
	w.text.WriteString("\n" + Summary(o.Report.Categories, o.Tally, opts.Tables, opts.Style) + "\n")
	w.caches(o.Report)
	w.free(o.Report)
	w.holders(o)
	if free > 0 {
		w.say("To see what would be removed, and then to remove it, run:")
		w.text.WriteString("\n    " + strings.Join(opts.Commands, "\n    ") + "\n\n") // whole, so that they can be pasted
	}
	w.say("KB, MB and GB are powers of 1024.")
	return w.text.String()
}

// title names the owner: "ann (uid 1000)".
func (o *Owner) title() string {
	title, uid := visible.Name(o.User), fmt.Sprint(o.UID)
	switch {
	case o.UID < 0:
		return "unknown owner"
	case title == uid:
		return "uid " + uid
	}
	return title + " (uid " + uid + ")"
}

// inodes is a number of inodes in words.
func inodes(n int64) string { return units.Count(int(n), "file or folder", "files and folders") }

type writer struct {
	text strings.Builder
	Options
}

// say writes a paragraph.
func (w *writer) say(text string) { w.text.WriteString(table.Wrap(text, w.Prose)) }

// section writes a table under its title, cut to the first rows.
func (w *writer) section(title string, t *table.Table) {
	rest := 0
	if w.Top > 0 {
		rest = t.Cut(w.Top)
	}
	for line := range strings.Lines(table.Wrap(title, w.Prose)) {
		w.text.WriteString(w.Style.Paint(table.Bold, strings.TrimSuffix(line, "\n")) + "\n")
	}
	w.text.WriteString(t.Render(w.Tables, w.Style))
	if rest > 0 {
		w.say(fmt.Sprintf("and %d more%s", rest, w.More))
	}
	w.text.WriteString("\n")
}

// columns are those of a table: paths are last, so that nothing follows a long one.
func columns(numbers []string, last string) *table.Table {
	t := new(table.Table)
	for i, title := range numbers {
		t.Columns = append(t.Columns, table.Column{Title: title, Right: true, Drop: i})
	}
	t.Columns = append(t.Columns, table.Column{Title: last, Shrink: true})
	return t
}

func (w *writer) caches(r *cache.Report) {
	t := columns([]string{"SIZE", "INODES", "RECLAIMABLE"}, "CACHE")
	for i := range r.ByCache {
		if c := &r.ByCache[i]; c.Items > 0 {
			t.Add("", units.Bytes(c.Disk), fmt.Sprint(c.Inodes), units.Bytes(c.Freed), visible.Name(r.Caches[c.Cache].Path))
		}
	}
	w.section("Where it is", t)
}

func (w *writer) free(r *cache.Report) {
	t := columns([]string{"FREED", "INODES", "LAST USED"}, "ENTRY")
	list := Free(r)
	for _, it := range list {
		t.Add("", units.Bytes(it.Freed), fmt.Sprint(it.FreedInodes), units.Span(r.Made.Sub(it.LastUsed))+" ago", visible.Name(it.Entry.Path()))
	}
	if len(list) > 0 {
		w.section("What can be removed, the largest first", t)
	}
}

func (w *writer) holders(o *Owner) {
	t := columns([]string{"SIZE", "ENTRIES"}, "KEPT BY")
	sum := 0
	for _, h := range holders(o.Report) {
		sum += h.entries
		t.Add("", units.Bytes(h.disk), fmt.Sprint(h.entries), visible.Name(h.name))
	}
	title := "What keeps the rest"
	if sum > o.Held {
		title += " (an entry counts for each environment that uses it)"
	}
	if sum > 0 {
		w.section(title, t)
	}
}
