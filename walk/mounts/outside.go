package mounts

// Outside returns the mount points below dir, a path without symlinks, whose files are also
// visible outside dir. An example is a bind mount of /home in a chroot. Processes outside
// use those files too.
//
// It leaves out file systems that are mounted only in dir, and bind mounts of folders in
// dir itself.
func (m Table) Outside(dir string) []string {
	top, _ := m.At(dir)
	own := top.Inside(dir)
	var list []string
	for _, x := range m.Topmost() {
		if x.Point == dir || !IsBelow(x.Point, dir) {
			continue
		}
		if x.Device == top.Device && IsBelow(x.Root, own) {
			continue
		}
		for _, other := range m {
			if !IsBelow(other.Point, dir) && other.Device == x.Device && IsBelow(x.Root, other.Root) {
				list = append(list, x.Point)
				break
			}
		}
	}
	return list
}
