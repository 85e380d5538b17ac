package show

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/fleet"
	"gclean/internal/order"
	"gclean/internal/table"
	"gclean/internal/units"
	"gclean/internal/visible"
)

// Text writes a round for people.
func Text(w io.Writer, v *View, o Options) error {
	var b strings.Builder
	b.WriteString(visible.String(v.opened()) + "\n")
	fmt.Fprintf(&b, "Folder: %s\n", visible.String(v.Dir))
	for _, c := range v.Caches {
		fmt.Fprintf(&b, "Cache: %s (%s)\n", visible.String(c.Path), c.Family)
	}
	if v.Policy != "" {
		fmt.Fprintf(&b, "Asked for: %s\n", visible.String(v.Policy))
	}
	if without := v.without(); len(without) > 0 {
		fmt.Fprintf(&b, "Not asked: %s\n", visible.String(strings.Join(without, ", ")))
	}
	v.hostsText(&b, o)
	b.WriteString("\n" + v.Summary() + "\n")
	if owners := v.owners(); len(owners) > 0 {
		t := &table.Table{Columns: []table.Column{{Title: "OWNER", Shrink: true}, {Title: "PACKAGES", Right: true}, {Title: "ARCHIVES", Right: true}, {Title: "SIZE", Right: true}, {Title: "FREED", Right: true}}}
		for _, w := range owners {
			t.Add("", visible.String(w.name), fmt.Sprint(w.packages), fmt.Sprint(w.archives), units.Bytes(w.Apparent), units.Bytes(w.Freed))
		}
		b.WriteString("\n" + t.Render(cmp.Or(o.Width, math.MaxInt32), table.Style{}))
	}
	if v.End == nil || o.Verbose {
		v.entriesText(&b, o)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// opened says when and by whom the round was opened, and how far it is.
func (v *View) opened() string {
	return fmt.Sprintf("Round of %s, opened by %s on %s: %s.", v.Opened.Format("2006-01-02 15:04 MST"), v.User, v.Host, v.State())
}

// hostsText tells how far the hosts are.
func (v *View) hostsText(b *strings.Builder, o Options) {
	if v.End != nil || len(v.Hosts) == 0 {
		return
	}
	marked := 0
	for _, h := range v.Hosts {
		if h.Presence == fleet.Marked {
			marked++
		}
	}
	fmt.Fprintf(b, "Marks: %d of %s\n", marked, units.Count(len(v.Hosts), "host", "hosts"))
	for _, h := range v.Hosts {
		switch {
		case h.Presence == fleet.Marked || h.Presence == fleet.Passed:
		case h.Err != nil:
			fmt.Fprintf(b, "  %s: %s: %s\n", visible.String(h.Name), h.Presence, visible.String(o.message(h.Err)))
		default:
			fmt.Fprintf(b, "  %s: %s\n", visible.String(h.Name), h.Presence)
		}
	}
}

// Summary says how much is removed, or would be, and how much is kept.
func (v *View) Summary() string {
	total, n := v.total(), 0
	for i := range v.Entries {
		if v.goes(i) {
			n++
		}
	}
	verb := "Would remove"
	if v.End != nil || len(v.Going) > 0 && v.Going[0] == fleet.Removed {
		verb = "Removed"
	}
	text := fmt.Sprintf("%s %s: %s, %s of disk space.", verb, units.Count(n, "entry", "entries"), units.Bytes(total.Apparent), units.Bytes(total.Freed))
	var stays []string
	for _, s := range []struct {
		state fleet.State
		words string
	}{
		{fleet.Held, "in use"}, {fleet.InDoubt, "in doubt"}, {fleet.Apart, "not fenced"}, {fleet.Restored, "restored"}, {fleet.Replaced, "downloaded again meanwhile"}, {fleet.Failed, "failed"},
	} {
		if n := v.count(s.state); n > 0 {
			stays = append(stays, fmt.Sprintf("%d %s", n, s.words))
		}
	}
	if len(stays) > 0 {
		text += " Kept: " + strings.Join(stays, ", ") + "."
	}
	return text
}

// maxReasons is how many reasons KeptText gives, and how many hosts of each.
const maxReasons = 10

// KeptText says in a few lines why packages were kept: how many, for which reason, and on
// which hosts. verbose is a command that names them all.
func (v *View) KeptText(verbose string) string {
	type group struct {
		reason string
		count  int
		hosts  []string
	}
	byReason := map[string]*group{}
	var groups []*group
	for i := range v.Entries {
		verdict := &v.Verdicts[i]
		if v.goes(i) || v.Entries[i].Companion || len(verdict.Holds) == 0 {
			continue
		}
		reason := cache.Sentence(verdict.Holds[0].Reason)
		g := byReason[reason]
		if g == nil {
			g = &group{reason: reason}
			byReason[reason] = g
			groups = append(groups, g)
		}
		g.count++
		for _, h := range verdict.Holds {
			if !slices.Contains(g.hosts, h.Host) && h.Reason == verdict.Holds[0].Reason {
				g.hosts = append(g.hosts, h.Host)
			}
		}
	}
	if len(groups) == 0 {
		return ""
	}
	order.By(groups, func(a, b *group) int { return cmp.Or(b.count-a.count, strings.Compare(a.reason, b.reason)) })
	var b strings.Builder
	for i, g := range groups {
		if i == maxReasons {
			fmt.Fprintf(&b, "  and %s\n", units.Count(len(groups)-i, "more reason", "more reasons"))
			break
		}
		fmt.Fprintf(&b, "  %s: %s, on %s\n", units.Count(g.count, "package", "packages"), visible.String(g.reason), visible.String(units.List(g.hosts, maxReasons)))
	}
	fmt.Fprintf(&b, "To see each package, run: %s\n", verbose)
	return b.String()
}

// entriesText names the entries to remove, and with Verbose those to keep, with the
// reasons.
func (v *View) entriesText(b *strings.Builder, o Options) {
	first := true
	for i := range v.Entries {
		if !v.goes(i) {
			continue
		}
		if first {
			b.WriteString("\n")
			first = false
		}
		e := &v.Entries[i]
		fmt.Fprintf(b, "%s  %s, %s\n", visible.String(v.Path(i)), units.Bytes(e.Apparent), visible.String(e.Owner))
	}
	if !o.Verbose {
		return
	}
	b.WriteString("\n")
	for i := range v.Entries {
		e, verdict := &v.Entries[i], &v.Verdicts[i]
		if v.goes(i) || e.Companion {
			continue
		}
		fmt.Fprintf(b, "%s  kept: %s\n", visible.String(v.Path(i)), o.why(verdict))
	}
}

// why says why an entry stays.
func (o *Options) why(v *fleet.Verdict) string {
	if len(v.Holds) == 0 {
		text := string(v.State)
		if v.Err != nil {
			text += ", " + o.message(v.Err)
		}
		return visible.String(strings.ReplaceAll(text, "_", " "))
	}
	h := v.Holds[0]
	text := h.Reason.Sentence()
	switch {
	case h.Prefix == "":
	case h.Reason.Doubt():
		text += ": " + h.Prefix
	default:
		text += " by " + h.Prefix
	}
	text += " on " + h.Host
	if h.Err != nil {
		text += ": " + o.message(h.Err)
	}
	return visible.String(text)
}
