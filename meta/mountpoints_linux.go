package meta

import (
	"gclean/walk/mounts"
	"gclean/walk/open"
)

const maxMounts = 64 << 20 // bytes of mountinfo; hosts of containers have thousands of mounts

// mountPoints are what is mounted on this machine, as far as this process sees
// it; nothing where that cannot be read: then statfs says it of each place that
// is met. What is at /proc in an image need not be the system's.
func mountPoints() []mounts.Mount {
	data, err := open.ReadProc("self/mountinfo", maxMounts)
	if err != nil {
		return nil
	}
	list, _ := mounts.Parse(data) // what a bad line would tell of is met
	return list.Topmost()
}
