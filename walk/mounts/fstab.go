package mounts

import (
	"path/filepath"
	"strings"
)

// ParseFstab returns the mount points in an fstab (fstab(5)), but not "/", which
// is always there. Those that are mounted by hand (noauto) count too: nothing
// else is at the path of what is on them.
func ParseFstab(data []byte) []string {
	var points []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0][0] == '#' || fields[2] == "swap" {
			continue
		}
		// Of swap, the mount point is "none" or "swap".
		if point := filepath.Clean(unescape(fields[1])); filepath.IsAbs(point) && point != filepath.Dir(point) {
			points = append(points, point)
		}
	}
	return points
}
