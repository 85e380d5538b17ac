package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/units"
	"gclean/meta"
	"gclean/walk/lease"
)

// text prints plans and results for people: first what conda prints, byte for byte, then
// what only gclean knows.
type text struct {
	out     io.Writer // stdout
	err     io.Writer // stderr
	quiet   bool
	verbose bool
	all     bool         // --all was given
	log     *slog.Logger // instead of everything else, on servers
	image   string       // the folder of --root, "" for the system's root
	restore string       // the command line that puts back what is put in quarantine
	spared  string       // why an entry of the plan may be kept in the end; "" means that it is in use
}

// plan prints what gclean would remove and keep, with totals. Sizes in the tables are
// apparent sizes, as in conda.
func (t text) plan(p *cache.Plan) {
	if t.log != nil {
		t.logPlan(p)
		return
	}
	if t.quiet {
		return
	}
	if t.image != "" {
		fmt.Fprintf(t.out, "Paths below are inside %s.\n", quoted(t.image))
	}
	for _, c := range p.Targets {
		entries := p.In(c)
		if c == cache.Trash && t.all && len(entries) == 0 {
			continue // conda's --all has no trash, so an empty trash is not mentioned
		}
		switch c {
		case cache.Tarballs, cache.Packages, cache.PkgsDirs:
			goes := slices.DeleteFunc(slices.Clone(entries), (*cache.Entry).Aside)
			if len(goes) > 0 || len(entries) == 0 {
				t.table(c, "remove", goes)
			}
			if len(goes) < len(entries) {
				aside := slices.DeleteFunc(slices.Clone(entries), func(e *cache.Entry) bool { return !e.Aside() })
				t.table(c, "quarantine", aside)
			}
		default:
			t.list(c, entries)
		}
	}
	for _, c := range p.Targets {
		t.kept(c, p.Kept)
	}
	if t.verbose {
		t.others(p)
	}
	if len(p.Remove) > 0 {
		t.total(p)
	}
}

// nounOf names entries in a line that conda prints, too: with conda's noun, if there is
// one.
func nounOf(c cache.Category, entries []*cache.Entry) string {
	return cmp.Or(c.CondaNoun(), c.Noun(len(entries)))
}

// table prints entries as conda's rm_pkgs does. verb says what gclean will do.
func (t text) table(c cache.Category, verb string, entries []*cache.Entry) {
	total, noun := units.Bytes(cache.SizesOf(entries).Apparent), nounOf(c, entries)
	switch {
	case len(entries) == 0 && c == cache.PkgsDirs:
		fmt.Fprintf(t.out, "There are no %s to remove.\n", noun)
	case len(entries) == 0:
		fmt.Fprintf(t.out, "There are no unused %s to remove.\n", noun)
	case !t.verbose:
		fmt.Fprintf(t.out, "Will %s %d (%s) %s.\n", verb, len(entries), total, noun)
	default:
		fmt.Fprintf(t.out, "Will %s the following %s:\n", verb, noun)
		for len(entries) > 0 {
			dir := entries[0].Dir
			n := slices.IndexFunc(entries, func(e *cache.Entry) bool { return e.Dir != dir })
			if n < 0 {
				n = len(entries)
			}
			shown := quoted(dir)
			fmt.Fprintf(t.out, "  %s\n  %s\n", shown, strings.Repeat("-", len([]rune(shown))))
			for _, e := range entries[:n] {
				fmt.Fprintf(t.out, "  - %-40s %10s%s\n", quoted(e.Name), units.Bytes(e.Usage.Apparent), because(e))
			}
			fmt.Fprintln(t.out)
			entries = entries[n:]
		}
		fmt.Fprintf(t.out, "-----------------\nTotal: %10s\n\n", total)
	}
}

// because says why a policy lets gclean remove an entry, after its size.
func because(e *cache.Entry) string {
	if e.Because == "" {
		return ""
	}
	return "  " + e.Because
}

// list prints entries as conda's rm_items does.
func (t text) list(c cache.Category, entries []*cache.Entry) {
	noun := nounOf(c, entries)
	switch {
	case len(entries) == 0:
		fmt.Fprintf(t.out, "There are no %s to remove.\n", noun)
	case !t.verbose:
		fmt.Fprintf(t.out, "Will remove %d %s.\n", len(entries), noun)
	default:
		fmt.Fprintf(t.out, "Will remove the following %s:\n", noun)
		for _, e := range entries {
			fmt.Fprintf(t.out, "  - %s%s\n", quoted(e.Path()), was(e))
		}
		fmt.Fprintln(t.out)
	}
}

// kept prints what gclean keeps of one category: what is in use, what is needed, then
// what may be in use.
func (t text) kept(c cache.Category, all []cache.Kept) {
	needed := func(k cache.Kept) bool { return k.Holds[0].Reason == cache.Needed }
	policy := func(k cache.Kept) bool { return cache.IsPolicy(k.Holds[0].Reason) }
	sealed := func(k cache.Kept) bool { return k.Holds[0].Reason == cache.Sealed }
	others := func(k cache.Kept) bool { return k.Holds[0].Reason == cache.NotPutAside }
	for _, group := range []struct {
		why string
		has func(cache.Kept) bool
	}{
		{"in use", func(k cache.Kept) bool { return !k.Back() && !needed(k) && !policy(k) && !sealed(k) && !others(k) }},
		{"that are needed", needed},
		{"by policy", policy},
		{"that only another user can remove", sealed},
		{"that conda may not have made", others},
		{"that may be in use", cache.Kept.Back},
	} {
		var list []cache.Kept
		for _, k := range all {
			if k.Entry.Category == c && group.has(k) {
				list = append(list, k)
			}
		}
		switch {
		case len(list) == 0:
		case !t.verbose:
			fmt.Fprintf(t.out, "Will keep %d %s %s.\n", len(list), c.Noun(len(list)), group.why)
		default:
			fmt.Fprintf(t.out, "Will keep the following %s %s:\n", c.Noun(len(list)), group.why)
			for _, k := range list {
				fmt.Fprintf(t.out, "  - %s\n", quoted(k.Entry.Path()))
				for _, h := range k.Holds {
					fmt.Fprintf(t.out, "      %s\n", holdText(h))
				}
			}
			fmt.Fprintln(t.out)
		}
	}
}

// others prints what gclean never touches in the folders of caches: pixi's caches of
// other things.
func (t text) others(p *cache.Plan) {
	for _, loc := range p.Caches {
		if len(loc.Others) > 0 {
			fmt.Fprintf(t.out, "Keeps in %s: %s. To remove them, run: pixi clean cache\n", quoted(loc.Path), strings.Join(quotedAll(loc.Others), ", "))
		}
	}
}

// worthARun is how many bytes in an earlier layer deserve advice: even a cleaned base
// image has its urls.txt.
const worthARun = 64 << 10

// total prints the one line that the user decides on.
func (t text) total(p *cache.Plan) {
	s := cache.SizesOf(p.Remove)
	fmt.Fprintf(t.out, "In total: %s, %s. This frees %s.\n",
		count(len(p.Remove)), units.Bytes(s.Apparent), diskSpace(s.Freed, s.Inodes))
	if s.AsideEntries > 0 {
		t.aside("To quarantine, which frees space only when it ends", "", s, p.Remove)
	}
	t.users("Removes", p.Remove)
	if s.Hidden >= worthARun {
		fmt.Fprintf(t.out, "%s more are in an earlier layer of this image, so they are hidden, not freed. Clean in the RUN that installs.\n", units.Bytes(s.Hidden))
	}
}

// users prints which of the entries each user's process removes, or has removed.
func (t text) users(verb string, entries []*cache.Entry) {
	for _, u := range byUser(entries) {
		fmt.Fprintf(t.out, "  %s %s as user %s, %s.\n", verb, count(len(u.entries)), quoted(u.name), units.Bytes(cache.SizesOf(u.entries).Freed))
	}
}

// warnings prints what gclean could not read, and why entries are in doubt if no problem
// explains it.
func (t text) warnings(p *cache.Plan) {
	t.problems(p.Problems)
	for _, k := range unexplained(p) {
		t.warn(fmt.Sprintf("%s is kept, %s", quoted(k.Entry.Path()), holdText(k.Holds[0])))
	}
}

// problems prints what gclean could not read. Quiet runs print only what keeps entries
// back, what fails, and why the run does less than it was asked for.
func (t text) problems(list meta.Problems) {
	for _, x := range list {
		if x.Doubt || x.Failed || cache.FallsShort(x.Code) || !t.quiet {
			t.warn(told(x.Err), "code", x.Code)
		}
	}
}

// unexplained are the entries in doubt for a reason that is not among the plan's
// problems.
func unexplained(p *cache.Plan) []cache.Kept {
	told := make(map[string]bool)
	for _, x := range p.Problems {
		told[x.Path] = true
	}
	var list []cache.Kept
	for _, k := range p.Kept {
		if k.Doubt() && !told[k.Entry.Path()] && !slices.ContainsFunc(k.Holds, func(h hold.Hold) bool {
			return told[h.Prefix] || told[h.Record] || told[h.File]
		}) {
			list = append(list, k)
		}
	}
	return list
}

// result prints the outcome of the plan.
func (t text) result(p *cache.Plan, res *removal.Result) {
	if t.log != nil {
		t.logResult(res)
		return
	}
	t.failures(res)
	if t.quiet {
		if len(res.Removed) > 0 {
			t.removed(p, res)
		}
		return
	}
	for _, e := range res.Spared {
		why := cmp.Or(t.spared, "it is in use")
		if e.IsMark() {
			why = "something else is in the cache"
		}
		fmt.Fprintf(t.out, "Kept %s: %s now.\n", quoted(e.Path()), why)
	}
	if n := len(res.Gone); n > 0 {
		fmt.Fprintf(t.out, "Another process had removed %s.\n", count(n))
	}
	t.removed(p, res)
}

// removed prints what was removed, and what is in quarantine now: a quiet run in one line.
func (t text) removed(p *cache.Plan, res *removal.Result) {
	s := cache.SizesOf(res.Removed)
	planned, done, end := len(p.Remove), len(res.Removed), "\n"
	if s.AsideEntries > 0 {
		planned, done = planned-cache.SizesOf(p.Remove).AsideEntries, done-s.AsideEntries
		if t.quiet {
			end = " "
		}
	}
	freed := room(s.Freed, s.Inodes)
	switch {
	case done < planned:
		fmt.Fprintf(t.out, "Removed %d of %s, %s freed.%s", done, count(planned), freed, end)
	case done > 0 || s.AsideEntries == 0:
		fmt.Fprintf(t.out, "Removed %s, %s freed.%s", count(done), freed, end)
	}
	if s.AsideEntries > 0 {
		t.aside("In quarantine", " To put back what is in quarantine, run: "+t.restore, s, res.Removed)
	}
	if !t.quiet {
		t.users("Removed", res.Removed)
	}
}

// waiting says that gclean waits for a lock.
func (t text) waiting(path string) {
	holder := "another process"
	if filepath.Base(path) == cache.OwnLease {
		if h, err := lease.HolderOf(path); err == nil {
			holder = h.String()
		}
	}
	if t.log != nil {
		t.log.Info("waiting for a lock", "path", path, "holder", holder)
		return
	}
	fmt.Fprintf(t.err, "Waiting: %s is locked by %s.\n", quoted(path), printable(holder))
}

// awaiting says that gclean waits for an installer.
func (t text) awaiting(i hold.Installer) {
	if t.log != nil {
		t.log.Info("waiting for an installer", "pid", i.PID, "name", i.Name)
		return
	}
	if !t.quiet {
		fmt.Fprintf(t.err, "Waiting: %s (pid %d) may be about to link packages.\n", printable(i.Name), i.PID)
	}
}

// failures prints what gclean could not remove.
func (t text) failures(res *removal.Result) {
	for _, f := range res.Failures {
		t.warn("cannot remove " + failure(f))
	}
	for _, x := range res.Problems {
		t.warn(quoted(x.Path) + ": " + told(x.Err))
	}
	if res.Err != nil && !interrupted(res.Err) {
		t.warn("the removal ended early: " + told(res.Err))
	}
}

// failure is the path of an entry and the error, with the path only once.
func failure(f removal.Failure) string {
	path, message := f.Entry.Path(), told(f.Err)
	var pe *fs.PathError
	if errors.As(f.Err, &pe) && pe.Path == path {
		message = strings.Replace(message, pe.Error(), pe.Err.Error(), 1)
	}
	return quoted(path) + ": " + printable(strings.TrimPrefix(message, path+": "))
}

// warn prints one line to stderr. attrs are keys and values for the log alone.
func (t text) warn(message string, attrs ...any) {
	if t.log != nil {
		t.log.Warn(message, attrs...)
		return
	}
	fmt.Fprintf(t.err, "WARNING: %s\n", printable(message))
}

// room is freed space: bytes and inodes.
func room(bytes, inodes int64) string {
	return units.Bytes(bytes) + " and " + units.Count(int(inodes), "inode", "inodes")
}

// diskSpace is the same for a complete sentence.
func diskSpace(bytes, inodes int64) string {
	return units.Bytes(bytes) + " of disk space and " + units.Count(int(inodes), "inode", "inodes")
}

// count is a number of entries, with the noun.
func count(n int) string { return units.Count(n, "entry", "entries") }
