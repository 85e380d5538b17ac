package mounts

// Outside are the places below dir, without symlinks, where something is mounted that
// can be seen outside of dir too: a bind mount of /home in a chroot, say. What is there
// is used by others than those inside.
//
// A file system that is mounted in dir alone is none of these, nor is a bind mount of
// what is in dir itself.
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
