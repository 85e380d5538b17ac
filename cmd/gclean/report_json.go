package main

import (
	"path/filepath"

	"gclean/cache"
	"gclean/meta/others"
)

// reportDocument is the report for scripts.
func reportDocument(r *cache.Report, found []others.Folder, success bool) object {
	categories := list{}
	for _, c := range r.Categories {
		categories = append(categories, append(object{{"category", c.Category.Code()}}, tally(c.Tally)...))
	}
	caches := list{}
	for _, c := range r.ByCache {
		loc := r.Caches[c.Cache]
		caches = append(caches, append(append(object{
			{"path", bare(r, c.Host, loc.Path)}, {"host", known(c.Host)}, {"identity", c.Identity}, {"family", loc.Family.Code()}, {"source", known(loc.Source)}, {"read_only", loc.ReadOnly != nil},
		}, tally(c.Tally)...), member{"filesystem_size", c.FSSize}, member{"filesystem_available", c.FSFree}))
	}
	owners := list{}
	for _, o := range r.Owners {
		owners = append(owners, ownerDocument(r, o))
	}
	environments := list{}
	for _, e := range r.Environments {
		environments = append(environments, object{
			{"prefix", e.Prefix}, {"package_count", int64(e.Packages)},
			{"alone_apparent_size", e.Alone.Apparent}, {"alone_disk_size", e.Alone.Freed}, {"alone_inodes", e.Alone.Inodes},
			{"shared_apparent_size", e.Shared.Apparent}, {"shared_disk_size", e.Shared.Freed}, {"shared_inodes", e.Shared.Inodes},
			{"error", message(e.Err)},
		})
	}
	names := list{}
	for _, n := range r.Names {
		names = append(names, append(append(object{
			{"name", n.Name}, {"version_count", int64(n.Versions)}, {"build_count", int64(n.Builds)},
		}, tally(n.Tally)...), member{"oldest", stamp(n.Oldest)}, member{"newest", stamp(n.Newest)}))
	}
	duplicates := list{}
	for _, d := range r.Duplicates {
		dirs := list{}
		for _, i := range d.Caches {
			dirs = append(dirs, r.Caches[i].Path)
		}
		duplicates = append(duplicates, object{{"dist", d.Dist}, {"caches", dirs}, {"apparent_size", d.Apparent}, {"extra_disk_size", d.Extra}})
	}
	entries := list{}
	for _, it := range r.Items {
		entries = append(entries, object{
			{"path", bare(r, it.Host, it.Entry.Path())}, {"host", known(it.Host)}, {"category", it.Entry.Category.Code()},
			{"dist", known(it.Dist)}, {"name", known(it.Name)}, {"version", known(it.Version)}, {"build", known(it.Build)},
			{"owner", ofOwner(it.UID, bareOwner(r, it.Host, r.OwnerOf(it)))}, {"uid", ofOwner(it.UID, int64(it.UID))}, {"apparent_size", it.Entry.Usage.Apparent}, {"disk_size", it.Disk}, {"freed_size", it.Freed},
			{"inodes", it.Inodes}, {"freed_inodes", it.FreedInodes}, {"files", it.Entry.Usage.Files}, {"state", it.State.String()}, {"reasons", reasons(it.Holds)},
			{"environments", stringList(it.Environments)}, {"last_used", stamp(it.LastUsed)}, {"quarantine", quarantineOf(it.Entry)},
		})
	}
	return newDocument(object{
		{"success", success},
		{"version", version()},
		{"made", stamp(r.Made)},
		{"host", known(r.Host)},
		{"hosts", hostsDocument(r)},
		{"total", tally(r.Total)},
		{"free", object{{"apparent_size", r.Free.Apparent}, {"freed_size", r.Free.Freed}, {"freed_inodes", r.Free.Inodes}}},
		{"doubt", r.Doubt},
		{"categories", categories},
		{"caches", caches},
		{"other_folders", othersList(found)},
		{"owners", owners},
		{"environments", environments},
		{"names", names},
		{"duplicates", duplicates},
		{"entries", entries},
		{"warnings", warningsDocument(r.Problems)},
	}...)
}

func ownerDocument(r *cache.Report, o cache.OwnerUse) object {
	return append(object{{"owner", ofOwner(o.UID, bareOwner(r, o.Host, o.User))}, {"host", known(o.Host)}, {"uid", ofOwner(o.UID, int64(o.UID))}}, tally(o.Tally)...)
}

// ofOwner is what gclean knows of the user with a number, or null on systems without
// numbers (Windows).
func ofOwner(uid int, value any) any {
	if uid < 0 {
		return nil
	}
	return value
}

// quarantineOf says where an entry in quarantine was, and when gclean removes it; null
// for other entries.
func quarantineOf(e *cache.Entry) any {
	if e == nil || e.Category != cache.Quarantined {
		return nil
	}
	return object{{"path", e.Path()}, {"origin", originOf(e)}, {"until", stamp(e.Until)}, {"because", known(e.Because)}}
}

// originOf is the path at which an entry in quarantine was.
func originOf(e *cache.Entry) string { return filepath.Join(e.Dir, filepath.FromSlash(e.Origin)) }

func tally(t cache.Tally) object {
	return object{
		{"entry_count", int64(t.Items)}, {"kept_count", int64(t.Held)}, {"files", t.Files},
		{"apparent_size", t.Apparent}, {"disk_size", t.Disk}, {"freed_size", t.Freed},
		{"inodes", t.Inodes}, {"freed_inodes", t.FreedInodes},
	}
}
