package cache

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"gclean/internal/order"
	"gclean/meta"
	"gclean/walk"
)

// Add counts an item.
func (t *Tally) Add(it *Item) {
	t.Items++
	t.Files += it.Entry.Usage.Files
	t.Apparent += it.Entry.Usage.Apparent
	t.Disk += it.Disk
	t.Freed += it.Freed
	t.Inodes += it.Inodes
	t.FreedInodes += it.FreedInodes
	if it.State != StateFree {
		t.Held++
	}
}

// addUp computes the sums of the report from its items. spaces are those of the caches'
// file systems.
func (r *Report) addUp(spaces []walk.Space, d *meta.Discovery) {
	for i := range r.ByCache {
		r.ByCache[i].FSSize, r.ByCache[i].FSFree = spaces[i].Size, spaces[i].Available
	}
	var list []EnvironmentUse
	for _, env := range d.Environments {
		list = append(list, EnvironmentUse{Prefix: env.Prefix, Err: env.Err})
	}
	r.AddUp(list, func(it *Item) string { return OwnerName(it.UID, d) })
}

// ownerOn identifies an owner: the same UID may be another user on another host.
type ownerOn struct {
	uid  int
	host string
}

// AddUp computes the sums of a report from its Items, Caches and ByCache. known are the
// environments that exist, whether or not they use anything. ownerOf returns the name of an
// item's owner.
func (r *Report) AddUp(known []EnvironmentUse, ownerOf func(*Item) string) {
	categories := map[Category]*CategoryUse{}
	owners := map[ownerOn]*OwnerUse{}
	names := map[string]*nameSum{}
	for _, it := range r.Items {
		r.Total.Add(it)
		of(categories, it.Entry.Category).Add(it)
		owner := of(owners, ownerOn{it.UID, it.Host})
		owner.UID, owner.Host, owner.User = it.UID, it.Host, ownerOf(it)
		owner.Add(it)
		if it.Cache >= 0 {
			r.ByCache[it.Cache].Add(it)
		}
		if it.Name != "" {
			of(names, it.Name).Add(it)
		}
	}
	for c, use := range categories {
		use.Category = c
		r.Categories = append(r.Categories, *use)
	}
	order.By(r.Categories, func(a, b CategoryUse) int { return cmp.Compare(a.Category, b.Category) })
	for _, use := range owners {
		r.Owners = append(r.Owners, *use)
	}
	order.By(r.Owners, func(a, b OwnerUse) int {
		return cmp.Or(cmp.Compare(b.Disk, a.Disk), cmp.Compare(a.UID, b.UID), strings.Compare(a.Host, b.Host))
	})
	for name, sum := range names {
		sum.Name, sum.Versions, sum.Builds = name, len(sum.versions), len(sum.builds)
		r.Names = append(r.Names, sum.NameUse)
	}
	order.By(r.Names, func(a, b NameUse) int {
		return cmp.Or(cmp.Compare(b.Disk, a.Disk), strings.Compare(a.Name, b.Name))
	})
	r.environments(known)
	r.duplicates()
}

// of returns the value for key, and creates it when it is missing.
func of[K comparable, V any](m map[K]*V, key K) *V {
	if m[key] == nil {
		m[key] = new(V)
	}
	return m[key]
}

// OwnerName returns the login name of a user, or else the UID as text.
func OwnerName(uid int, d *meta.Discovery) string {
	if uid >= 0 {
		if name := d.User(uid).Name; name != "" {
			return name
		}
	}
	return strconv.Itoa(uid)
}

// nameSum is a NameUse while it is added up.
type nameSum struct {
	NameUse
	versions, builds map[string]bool
}

func (n *nameSum) Add(it *Item) {
	if n.versions == nil {
		n.versions, n.builds = map[string]bool{}, map[string]bool{}
		n.Oldest = it.LastUsed
	}
	n.versions[it.Version], n.builds[it.Dist] = true, true
	if it.LastUsed.Before(n.Oldest) {
		n.Oldest = it.LastUsed
	}
	if it.LastUsed.After(n.Newest) {
		n.Newest = it.LastUsed
	}
	n.Tally.Add(it)
}

// environments adds up what each environment uses.
func (r *Report) environments(known []EnvironmentUse) {
	uses := map[string]*EnvironmentUse{}
	for _, env := range known {
		u := of(uses, env.Prefix)
		u.Prefix, u.Err = env.Prefix, env.Err
	}
	for _, it := range r.Items {
		for _, prefix := range it.Environments {
			u := of(uses, prefix)
			u.Prefix = prefix
			u.Packages++
			sizes := &u.Shared
			if len(it.Environments) == 1 {
				sizes = &u.Alone
			}
			sizes.Apparent += it.Entry.Usage.Apparent
			sizes.Freed += it.Disk
			sizes.Inodes += it.Inodes
		}
	}
	for _, u := range uses {
		r.Environments = append(r.Environments, *u)
	}
	order.By(r.Environments, func(a, b EnvironmentUse) int {
		return cmp.Or(cmp.Compare(b.Alone.Freed, a.Alone.Freed), cmp.Compare(b.Shared.Freed, a.Shared.Freed), strings.Compare(a.Prefix, b.Prefix))
	})
}

// duplicates finds the distributions that are in several caches.
func (r *Report) duplicates() {
	type copies struct {
		apparent, disk map[int]int64 // by cache
	}
	dists := map[string]*copies{}
	for _, it := range r.Items {
		if it.Dist == "" || it.Cache < 0 || it.Entry.Category == Quarantined {
			continue
		}
		c := of(dists, it.Dist)
		if c.apparent == nil {
			c.apparent, c.disk = map[int]int64{}, map[int]int64{}
		}
		c.apparent[it.Cache] += it.Entry.Usage.Apparent
		c.disk[it.Cache] += it.Disk
	}
	for dist, c := range dists {
		if len(c.disk) < 2 {
			continue
		}
		d := Duplicate{Dist: dist}
		var all, largest int64
		for i, disk := range c.disk {
			d.Caches = append(d.Caches, i)
			d.Apparent = max(d.Apparent, c.apparent[i])
			all, largest = all+disk, max(largest, disk)
		}
		slices.Sort(d.Caches)
		d.Extra = all - largest
		r.Duplicates = append(r.Duplicates, d)
	}
	order.By(r.Duplicates, func(a, b Duplicate) int {
		return cmp.Or(cmp.Compare(b.Extra, a.Extra), strings.Compare(a.Dist, b.Dist))
	})
}

// OwnerOf returns the login name of the owner of it, or the UID as text.
func (r *Report) OwnerOf(it *Item) string {
	for _, o := range r.Owners {
		if o.UID == it.UID && o.Host == it.Host {
			return o.User
		}
	}
	return strconv.Itoa(it.UID)
}

// Largest returns the items by disk space, largest first.
func (r *Report) Largest() []*Item {
	return slices.SortedStableFunc(slices.Values(r.Items), func(a, b *Item) int { return cmp.Compare(b.Disk, a.Disk) })
}
