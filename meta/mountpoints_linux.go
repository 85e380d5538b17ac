package meta

import (
	"gclean/walk/mounts"
	"gclean/walk/open"
)

// mountPoints returns what is mounted on this machine, as far as this process sees it. It
// returns nothing if that cannot be read, as in an image whose /proc is not the system's.
// Then statfs tells the type of each mount point that a search meets.
func mountPoints() []mounts.Mount {
	data, err := open.Mountinfo()
	if err != nil {
		return nil
	}
	list, _ := mounts.Parse(data) // a search meets mounts that Parse could not read
	return list.Topmost()
}
