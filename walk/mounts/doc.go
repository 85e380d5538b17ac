// Package mounts knows what is mounted where, and kinds of file systems.
//
// [Parse] parses a mountinfo, of this process or of another; callers open it themselves. The resulting [Table] says which mount a path is on ([Table.At]), and what is visible at each mount point
// ([Table.Topmost]).
//
//	table, err := mounts.Parse(data)
//	on, ok := table.At("/home/ann/pkgs")
//	if ok && mounts.KindOf(on.Type) == mounts.Network { ... }
//
// One list has the kind of each known file system, by its type in mountinfo and by its
// number in statfs(2). Others are [Unknown].
package mounts
