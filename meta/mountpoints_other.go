//go:build !linux

package meta

import "gclean/walk/mounts"

// mountPoints is nothing: where the system can be asked, statfs says it of each
// place that is met.
func mountPoints() []mounts.Mount { return nil }
