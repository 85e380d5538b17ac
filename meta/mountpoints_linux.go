package meta

import (
	"gclean/walk/mounts"
	"gclean/walk/open"
)

// mountPoints are what is mounted on this machine, as far as this process sees
// it; nothing where that cannot be read: then statfs says it of each place that
// is met. What is at /proc in an image need not be the system's.
func mountPoints() []mounts.Mount {
	data, err := open.Mountinfo()
	if err != nil {
		return nil
	}
	list, _ := mounts.Parse(data) // what is mounted by a malformed line is met on the way
	return list.Topmost()
}
