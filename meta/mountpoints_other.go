//go:build !linux

package meta

import "gclean/walk/mounts"

// mountPoints returns nothing: on systems that support it, statfs tells the type of each
// mount point that a search meets.
func mountPoints() []mounts.Mount { return nil }
