// Package merged makes one report out of the reports of several hosts.
//
//	one, err := merged.Parse(text) // output of gclean report --json
//	report := merged.Merge([]*merged.Document{one, other})
//
// The result is a cache.Report, so everything that shows a report can show it. Paths of
// caches and environments start with their host, as in node1:/opt/conda/pkgs, and each item
// has the name of its host.
//
// A cache that several hosts see counts once. Only its identity (cache.CacheUse) says which
// caches are the same: on a network file system the server's name and path, otherwise the
// machine and path. The newest report says what is in the cache, and an entry is in use if
// any host uses it. The cache belongs to all hosts that see it, under the name "node1,
// node2", so that the hosts' sums add up to the total.
//
// Reports come from other machines, so Parse checks them. Impossible sizes, codes that this
// version does not know, and documents without a host name are errors.
package merged
