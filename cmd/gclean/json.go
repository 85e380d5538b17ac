package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/internal/order"
	"gclean/internal/pyjson"
	"gclean/meta"
	"gclean/slim"
	"gclean/walk"
)

// schema is the version of the documents, and the first key of each. The document of a
// cleaning has conda's keys, and has schema under "gclean". New keys do not change the
// version. It rises when a key is dropped, or means something else.
const schema int64 = 1

// newDocument is a complete document with these members.
func newDocument(members ...member) object {
	return append(object{{"schema", schema}}, members...)
}

// encoded is a document as it is printed.
func encoded(doc object) string { return pyjson.Encode(doc) + "\n" }

// The document of a cleaning is printed in two parts. The first part has conda's keys,
// which the plan knows, and is printed before anything is removed. The second has the
// result. gclean thus notices a full disk while nothing is removed yet, and "success" is
// true only if it was.

// planDocument is the first part, after the members that come before it. The object is
// left open.
func planDocument(p *cache.Plan, before ...member) string {
	doc := object(before)
	for _, c := range p.Targets {
		doc.Set(c.Code(), categoryValue(p, c))
	}
	return strings.TrimSuffix(pyjson.Encode(doc), "\n}")
}

// resultDocument is the second part. res is nil if nothing was carried out.
func resultDocument(p planned, res *removal.Result) string {
	doc := object{
		{"success", p.succeeded(res)},
		{"gclean", findings(p.Plan, res)},
	}
	return "," + strings.TrimPrefix(pyjson.Encode(doc), "{") + "\n"
}

// errorDocument is the complete document of a run without a plan.
func errorDocument(name, message string) string {
	return encoded(newDocument(
		member{"success", false},
		member{"error", name + ": " + message},
		member{"exception_name", name},
		member{"message", message},
	))
}

// categoryValue is the value that conda prints under the key of c.
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

// packages is conda's object for tarballs and for packages. Like conda, it leaves out a
// cache with nothing to remove.
func packages(entries []*cache.Entry, warnings list) object {
	sizes, names := object{}, object{}
	for _, e := range entries {
		if n := len(sizes); n == 0 || sizes[n-1].Key != e.Dir {
			sizes.Set(e.Dir, object{})
			names.Set(e.Dir, list{})
		}
		last := len(sizes) - 1
		sizes[last].Value = append(sizes[last].Value.(object), member{e.Name, e.Usage.Apparent})
		names[last].Value = append(names[last].Value.(list), e.Name)
	}
	return object{
		{"warnings", warnings},
		{"pkg_sizes", sizes},
		{"pkgs_dirs", names},
		{"total_size", cache.SizesOf(entries).Apparent},
	}
}

// condaWarnings are conda's lines about what it could not read (_get_size in
// conda/cli/main_clean.py), with the error in Python's form.
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

// findings is what gclean reports beyond conda. The sizes are those of the removed
// entries, or, in a dry run, of those to remove.
func findings(p *cache.Plan, res *removal.Result) object {
	dryRun := res == nil
	if dryRun {
		res = &removal.Result{Removed: p.Remove}
	}
	problems := slices.Concat(p.Problems, res.Problems)
	removed, aside, kept, errs, others := list{}, list{}, list{}, problemErrors(problems), list{}
	var apparent int64
	for _, e := range res.Removed {
		if e.Aside() {
			aside = append(aside, append(entryDocument(p, e, cache.StateAside), member{"because", known(e.Because)}, member{"until", stamp(e.Until)}))
			continue
		}
		apparent += e.Usage.Apparent
		removed = append(removed, append(entryDocument(p, e, cache.StateFree), member{"because", known(e.Because)}))
	}
	for _, k := range p.Kept {
		kept = append(kept, append(entryDocument(p, k.Entry, cache.StateOf(k.Holds)), member{"reasons", reasons(k.Holds)}))
	}
	for _, f := range res.Failures {
		errs = append(errs, failureDocument(f.Entry.Path(), f.Err))
	}
	for _, loc := range p.Caches {
		for _, name := range loc.Others {
			others = append(others, filepath.Join(loc.Path, name))
		}
	}
	unreached := list{}
	if res.Err != nil {
		unreached = paths(left(p, res))
	}
	sizes := cache.SizesOf(res.Removed)
	return object{
		{"schema", schema},
		{"version", version()},
		{"dry_run", dryRun},
		{"entry_count", int64(len(removed))},
		{"apparent_size", apparent},
		{"freed_size", sizes.Freed},
		{"freed_inodes", sizes.Inodes},
		{"hidden_size", sizes.Hidden},
		{"quarantined_size", sizes.Aside},
		{"removed", removed},
		{"quarantined", aside},
		{"kept", kept},
		{"users", usersDocument(res.Removed)},
		{"not_touched", others},
		{"warnings", warningsDocument(problems)},
		{"errors", errs},
		{"gone_before", paths(res.Gone)},
		{"changed", paths(res.Spared)},
		{"interrupted", interrupted(res.Err)},
		{"message", message(res.Err)},
		{"left", unreached},
	}
}

// entryDocument is an entry of a plan.
func entryDocument(p *cache.Plan, e *cache.Entry, state cache.State) object {
	n := e.Owner()
	name := strconv.Itoa(n)
	if p.Discovery != nil {
		name = cache.OwnerName(n, p.Discovery)
	}
	return object{
		{"path", e.Path()},
		{"category", e.Category.Code()},
		{"dist", known(e.Dist)},
		{"owner", ofOwner(n, name)},
		{"uid", ofOwner(n, int64(n))},
		{"apparent_size", apparentOf(e)},
		{"freed_size", freedBy(e, state)},
		{"freed_inodes", inodesBy(e, state)},
		{"state", state.String()},
	}
}

// apparentOf is the sum of the file sizes of an entry. It is null for a folder that the
// plan did not need to read: that an environment uses it was clear without.
func apparentOf(e *cache.Entry) any {
	if e.Usage == (walk.Usage{}) && e.Category == cache.Packages {
		return nil
	}
	return e.Usage.Apparent
}

// freedBy is the disk space that an entry frees as part of its plan: nothing if it is
// kept.
func freedBy(e *cache.Entry, state cache.State) int64 {
	if state != cache.StateFree {
		return 0
	}
	return e.Usage.Freed()
}

// inodesBy is the same for inodes.
func inodesBy(e *cache.Entry, state cache.State) int64 {
	if state != cache.StateFree {
		return 0
	}
	return e.Usage.Inodes
}

// failureDocument is an error that concerns a path.
func failureDocument(path string, err error) object {
	return object{{"code", errorCode(err)}, {"path", known(path)}, {"message", told(err)}}
}

// failingCodes are the codes of the problems because of which a run may not do all of its
// task.
func failingCodes() []string {
	return []string{
		cache.CodeForeignFolder, cache.CodeReadOnlyCache, cache.CodeUnreadableCache, cache.CodeNotCache, cache.CodeRefused, cache.CodeNotFolder,
		cache.CodeSymlinkLoop, cache.CodeSpaceUnknown, cache.CodeInodesUnknown, slim.CodeUnreadableFile, slim.CodeUnreadableFolder,
	}
}

// problemErrors are the problems because of which a part of the task is not done, as errors.
func problemErrors(problems meta.Problems) list {
	l := list{}
	for _, x := range problems {
		code := "other"
		if slices.Contains(failingCodes(), x.Code) {
			code = x.Code
		}
		if x.Failed {
			l = append(l, object{{"code", code}, {"path", known(x.Path)}, {"message", told(x.Err)}})
		}
	}
	return l
}

func warningsDocument(problems meta.Problems) list {
	l := list{}
	for _, x := range problems {
		l = append(l, object{{"code", x.Code}, {"path", known(x.Path)}, {"message", told(x.Err)}, {"doubt", x.Doubt}})
	}
	return l
}

// left are the entries that an interrupted run did not reach.
func left(p *cache.Plan, res *removal.Result) []*cache.Entry {
	done := make(map[*cache.Entry]bool)
	for _, e := range slices.Concat(res.Removed, res.Gone, res.Spared) {
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

// known is s, or null if s is unknown.
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

// reasons are holds for a document; unknown values are null.
func reasons(holds []hold.Hold) list {
	l := list{}
	for _, h := range holds {
		var users any
		if len(h.Users) > 0 {
			users = stringList(userNames(h.Users))
		}
		l = append(l, object{
			{"code", string(h.Reason)},
			{"message", reasonText(h.Reason)},
			{"prefix", known(h.Prefix)},
			{"record", known(h.Record)},
			{"file", known(h.File)},
			{"needed_by", nil},
			{"users", users},
			{"ends", known(endingOf(h))},
			{"error", message(h.Err)},
		})
	}
	return l
}

// message is an error for a document, or null.
func message(err error) any {
	if err == nil {
		return nil
	}
	return told(err)
}

// Documents consist of objects and lists.
type (
	object = pyjson.Object
	member = pyjson.Member
	list   = pyjson.List
)

// ofUser are entries that the process of one user removes.
type ofUser struct {
	name    string
	entries []*cache.Entry
}

// byUser groups the entries that users' processes remove, by user name.
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

// usersDocument is the same for scripts.
func usersDocument(entries []*cache.Entry) list {
	all := list{}
	for _, u := range byUser(entries) {
		sizes := cache.SizesOf(u.entries)
		all = append(all, object{
			{"user", u.name}, {"entry_count", int64(len(u.entries))}, {"apparent_size", sizes.Apparent}, {"freed_size", sizes.Freed},
		})
	}
	return all
}
