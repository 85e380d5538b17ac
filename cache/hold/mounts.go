package hold

import (
	"strings"

	"gclean/walk/mounts"
)

// source is one mount that shows what is inside a folder elsewhere.
type source struct {
	inside string // path inside the file system
	point  string
}

// sourcesIn are the mounts of a table that have a part of the file system of on, inside
// the folder dir of it: bind mounts, with the path of what they show.
func sourcesIn(table mounts.Table, on mounts.Mount, dir string) []source {
	var list []source
	for _, x := range table {
		if x.Device == on.Device && x.Root != dir && mounts.IsBelow(x.Root, dir) && !strings.HasSuffix(x.Root, removedRoot) {
			list = append(list, source{x.Root, x.Point})
		}
	}
	return list
}

// removedRoot ends the root of a mount whose folder or file was removed since.
const removedRoot = "//deleted"
