package hold

import (
	"strings"

	"gclean/walk/mounts"
)

// source is a mount that shows, at point, a part of a file system.
type source struct {
	inside string // path inside the file system
	point  string
}

// sourcesIn returns the mounts in table that show something inside the folder dir of the
// file system of on, such as bind mounts. dir is a path inside that file system.
func sourcesIn(table mounts.Table, on mounts.Mount, dir string) []source {
	var list []source
	for _, x := range table {
		if x.Device == on.Device && x.Root != dir && mounts.IsBelow(x.Root, dir) && !strings.HasSuffix(x.Root, removedRoot) {
			list = append(list, source{x.Root, x.Point})
		}
	}
	return list
}

// removedRoot ends the root of a mount whose folder or file was removed after mounting.
const removedRoot = "//deleted"
