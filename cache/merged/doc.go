// Package merged makes one report of the reports of several hosts.
//
//	one, err := merged.Parse(text) // what gclean report --json has printed
//	report := merged.Merge([]*merged.Document{one, other})
//
// The result is a cache.Report, so that whatever shows a report shows it. Its paths and
// environments have the host before them, as in node1:/opt/conda/pkgs, and each item the
// name of its host.
//
// A cache that several hosts see is counted once. Which caches are one is told by their
// identity alone (cache.CacheUse): the server's name and path on a network file system,
// the machine and path anywhere else. What is in such a cache is told by the newest of
// the reports; whatever any of the hosts uses is in use. It belongs to all hosts that see
// it, "node1, node2", so that the sums of the hosts are the sum of all.
//
// Reports come from other machines, and are checked as such: sizes that no disk has,
// codes that this version does not know and documents without the names of their hosts
// are errors.
package merged
