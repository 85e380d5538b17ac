package main

import (
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/order"
	"gclean/internal/pyjson"
	"gclean/meta"
)

// The document is printed in two parts: conda's keys, which the plan knows,
// before anything is removed, and what came of it afterwards. So a full disk
// is noticed while nothing is gone yet, and "success" is true only if it was.

// planDocument is the first part, behind what comes before it. The object is left open.
func planDocument(p *cache.Plan, before ...member) string {
	doc := object(before)
	for _, c := range p.Targets {
		doc.set(c.Code(), categoryValue(p, c))
	}
	return strings.TrimSuffix(pyjson.Encode(doc), "\n}")
}

// resultDocument is the second part. res is nil if nothing was carried out.
func resultDocument(p *cache.Plan, res *removal.Result) string {
	doc := object{
		{"success", succeeded(p, endOf(res))},
		{"gclean", findings(p, res)},
	}
	return "," + strings.TrimPrefix(pyjson.Encode(doc), "{") + "\n"
}

// errorDocument is the whole document of a run that came to no plan.
func errorDocument(name, message string) string {
	return pyjson.Encode(object{
		{"success", false},
		{"error", name + ": " + message},
		{"exception_name", name},
		{"message", message},
	}) + "\n"
}

// categoryValue is what conda has under the key of c.
func categoryValue(p *cache.Plan, c cache.Category) any {
	switch c {
	case cache.Tarballs, cache.Packages:
		return packages(p.In(c), condaWarnings(p.Kept, c))
	case cache.IndexCache:
		return object{{"files", paths(p.In(c))}}
	case cache.PkgsDirs:
		dirs := list{}
		for _, l := range p.Caches {
			dirs = append(dirs, l.Path)
		}
		return dirs
	}
	return paths(p.In(c))
}

// packages is conda's object for tarballs and for packages. A cache with
// nothing to remove is left out, as conda does.
func packages(entries []*cache.Entry, warnings list) object {
	sizes, names := object{}, object{}
	for _, e := range entries {
		if n := len(sizes); n == 0 || sizes[n-1].key != e.Dir {
			sizes.set(e.Dir, object{})
			names.set(e.Dir, list{})
		}
		last := len(sizes) - 1
		sizes[last].value = append(sizes[last].value.(object), member{e.Name, e.Usage.Apparent})
		names[last].value = append(names[last].value.(list), e.Name)
	}
	return object{
		{"warnings", warnings},
		{"pkg_sizes", sizes},
		{"pkgs_dirs", names},
		{"total_size", cache.SizesOf(entries).Apparent},
	}
}

// condaWarnings are conda's lines on what it could not look at (_get_size in
// conda/cli/main_clean.py), with the error as Python has it.
func condaWarnings(kept []cache.Kept, c cache.Category) list {
	l := list{}
	for _, k := range kept {
		if k.Entry.Category != c {
			continue
		}
		for _, h := range k.Holds {
			var at *fs.PathError
			var errno syscall.Errno
			if h.Reason != hold.UnreadableEntry || !errors.As(h.Err, &at) || !errors.As(h.Err, &errno) {
				continue
			}
			words := errno.Error()
			l = append(l, fmt.Sprintf("WARNING: %s: [Errno %d] %s%s: '%s'",
				at.Path, int(errno), strings.ToUpper(words[:1]), words[1:], at.Path))
		}
	}
	return l
}

func paths(entries []*cache.Entry) list {
	l := list{}
	for _, e := range entries {
		l = append(l, e.Path())
	}
	return l
}

// findings is what gclean has to say beyond conda. The sizes are of what was
// removed or, in a dry run, would be.
func findings(p *cache.Plan, res *removal.Result) object {
	gone := p.Remove
	if res != nil {
		gone = res.Removed
	}
	sizes := cache.SizesOf(gone)
	doc := object{
		{"version", version()},
		{"dry_run", res == nil},
		{"entries", int64(len(gone))},
		{"apparent_size", sizes.Apparent},
		{"freed_size", sizes.Freed},
		{"freed_inodes", sizes.Inodes},
		{"hidden_size", sizes.Hidden},
	}
	if sizes.AsideEntries > 0 {
		doc.set("quarantined_size", sizes.Aside)
	}
	kept := list{}
	for _, k := range p.Kept {
		kept = append(kept, object{
			{"path", k.Entry.Path()},
			{"category", k.Entry.Category.Code()},
			{"size", k.Entry.Usage.Apparent},
			{"doubt", k.Doubt()},
			{"reasons", reasons(k.Holds)},
		})
	}
	aside := list{}
	deleted := slices.DeleteFunc(slices.Clone(gone), func(e *cache.Entry) bool {
		if e.Aside() {
			aside = append(aside, object{{"path", e.Path()}, {"category", e.Category.Code()}, {"until", stamp(e.Until)}, {"apparent_size", e.Usage.Apparent}, {"disk_size", e.Usage.Disk}})
		}
		return e.Aside()
	})
	doc.set("removed", paths(deleted))
	if len(aside) > 0 {
		doc.set("to_quarantine", aside)
	}
	doc.set("kept", kept)
	if because := becauseDocument(gone); len(because) > 0 {
		doc.set("because", because)
	}
	if users := usersDocument(gone); len(users) > 0 {
		doc.set("users", users)
	}
	others := list{}
	for _, loc := range p.Caches {
		for _, name := range loc.Others {
			others = append(others, filepath.Join(loc.Path, name))
		}
	}
	if len(others) > 0 {
		doc.set("not_touched", others)
	}
	problems := p.Problems
	if res != nil {
		problems = slices.Concat(problems, res.Problems)
	}
	doc.set("warnings", warningsDocument(problems))
	errs := list{}
	if res != nil {
		for _, f := range res.Failures {
			errs = append(errs, object{{"path", f.Entry.Path()}, {"message", told(f.Err)}})
		}
	}
	doc.set("errors", errs)
	if res != nil && res.Err != nil {
		doc.set("interrupted", interrupted(res.Err))
		doc.set("message", told(res.Err))
		doc.set("left", paths(left(p, res)))
	}
	return doc
}

// becauseDocument says, by path, why policies let entries go.
func becauseDocument(gone []*cache.Entry) object {
	doc := object{}
	for _, e := range gone {
		if e.Because != "" {
			doc.set(e.Path(), e.Because)
		}
	}
	return doc
}

func warningsDocument(problems meta.Problems) list {
	l := list{}
	for _, x := range problems {
		l = append(l, object{{"code", x.Code}, {"path", x.Path}, {"message", told(x.Err)}, {"doubt", x.Doubt}})
	}
	return l
}

// left are the entries that an interrupted run did not come to.
func left(p *cache.Plan, res *removal.Result) []*cache.Entry {
	done := make(map[*cache.Entry]bool)
	for _, e := range res.Removed {
		done[e] = true
	}
	for _, f := range res.Failures {
		done[f.Entry] = true
	}
	var entries []*cache.Entry
	for _, e := range p.Remove {
		if !done[e] {
			entries = append(entries, e)
		}
	}
	return entries
}

// stamp is a time for scripts.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// known is s, or null where it is not known.
func known(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func stringList(s []string) list {
	l := list{}
	for _, item := range s {
		l = append(l, item)
	}
	return l
}

// reasons are holds; what is not known is null.
func reasons(holds []hold.Hold) list {
	l := list{}
	for _, h := range holds {
		l = append(l, object{
			{"reason", string(h.Reason)},
			{"environment", known(h.Prefix)},
			{"record", known(h.Record)},
			{"file", known(h.File)},
			{"error", message(h.Err)},
		})
	}
	return l
}

// message is an error for a document; null if there is none.
func message(err error) any {
	if err == nil {
		return nil
	}
	return told(err)
}

// object is a JSON object whose keys keep their order.
type object []member

type member struct {
	key   string
	value any // object, list, string, int64, bool or nil
}

type list = []any

// Members implements pyjson.Object.
func (o object) Members() iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, m := range o {
			if !yield(m.key, m.value) {
				return
			}
		}
	}
}

func (o *object) set(key string, value any) { *o = append(*o, member{key, value}) }

// ofUser are entries that the process of one user removes.
type ofUser struct {
	name    string
	entries []*cache.Entry
}

// byUser are the entries that are removed by processes of users, by name.
func byUser(entries []*cache.Entry) []ofUser {
	index := map[string]int{}
	var list []ofUser
	for _, e := range entries {
		if e.User == "" {
			continue
		}
		i, known := index[e.User]
		if !known {
			i = len(list)
			index[e.User] = i
			list = append(list, ofUser{name: e.User})
		}
		list[i].entries = append(list[i].entries, e)
	}
	order.By(list, func(a, b ofUser) int { return strings.Compare(a.name, b.name) })
	return list
}

// usersDocument is the same for scripts; nil where no user removes anything.
func usersDocument(entries []*cache.Entry) list {
	var all list
	for _, u := range byUser(entries) {
		sizes := cache.SizesOf(u.entries)
		all = append(all, object{
			{"user", u.name}, {"entries", int64(len(u.entries))}, {"apparent_size", sizes.Apparent}, {"freed_size", sizes.Freed},
		})
	}
	return all
}
