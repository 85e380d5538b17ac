// Package mounts reads what is mounted where, and knows kinds of file systems.
//
// [Parse] reads a mountinfo, which callers open themselves: that of this process
// or of another. Its [Table] answers which mount a path is on ([Table.At]) and
// what is seen at each mount point ([Table.Topmost]).
//
//	table, err := mounts.Parse(data)
//	on, ok := table.At("/home/ann/pkgs")
//	if ok && mounts.KindOf(on.Type) == mounts.Network { ... }
//
// The kinds are one table for both names of a file system, its type in mountinfo
// and its number in statfs(2). What the table does not have is [Unknown].
package mounts
