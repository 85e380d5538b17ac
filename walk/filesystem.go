package walk

import "gclean/walk/mounts"

// Layer says in which layer of a container's file system something is.
type Layer int

// The layers. LayerUnknown is what is on no overlayfs, or on one that does not
// tell.
const (
	LayerUnknown Layer = iota
	LayerUpper         // written to: what is removed there is gone
	LayerLower         // below: what is removed there is hidden, and not freed
)

// Layer says in which layer the inode of name in d is. What was copied up from
// a lower one, because it was changed, counts as being below.
func (d *Dir) Layer(name string) Layer {
	if checkName(name) != nil {
		return LayerUnknown
	}
	return d.sys.layer(name)
}

// FSKind asks the system for the kind of file system that d is on. The error is
// that of the system; the kind is not known then.
func (d *Dir) FSKind() (mounts.Kind, error) {
	kind, err := d.sys.fsKind()
	return kind, d.fail("statfs", "", err)
}

// Layered says whether the folder is on a file system of layers.
func (d *Dir) Layered() bool { return d.sys.layered() }
