package mounts

import (
	"path/filepath"
	"strings"
)

// ParseFstab returns the mount points in an fstab (fstab(5)), except "/", which is always
// mounted. Those mounted by hand (noauto) count too, because their files have no other
// path.
func ParseFstab(data []byte) []string {
	var points []string
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 3 || fields[0][0] == '#' || fields[2] == "swap" {
			continue
		}
		// For swap, the mount point is "none" or "swap".
		if point := filepath.Clean(unescape(fields[1])); filepath.IsAbs(point) && point != filepath.Dir(point) {
			points = append(points, point)
		}
	}
	return points
}
