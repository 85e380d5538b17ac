package walk

import (
	"io/fs"
	"path"
	"strings"

	"gclean/walk/extents"
	"gclean/walk/mounts"
)

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

// Look describes what is at the slash-separated path rel below d as the server of a
// network file system has it now, past what this machine remembers of it: an NFS client
// answers Lstat from memory for up to a minute. Elsewhere it is like Lstat. Folders on
// the way may be symlinks, so callers compare the ID.
func (d *Dir) Look(rel string) (Stat, error) {
	if !fs.ValidPath(rel) || rel == "." {
		return Stat{}, d.fail("lstat", rel, fs.ErrInvalid)
	}
	st, err := d.sys.look(rel)
	return st, d.fail("lstat", rel, err)
}

// isNetwork says whether the file system of d is known to be one of a network.
func (d *Dir) isNetwork() bool {
	kind, err := d.sys.fsKind()
	return err == nil && kind == mounts.Network
}

// Layered says whether the folder is on a file system of layers.
func (d *Dir) Layered() bool { return d.sys.layered() }

// MayShareExtents says whether files below d can share extents, and the system
// tells which do. See package extents.
func (d *Dir) MayShareExtents() bool { return d.sys.mayShareExtents() }

// SharedExtents is how many bytes of the regular file at the slash-separated path
// rel below d are shared with other files; 0 where it cannot be told.
func (d *Dir) SharedExtents(rel string) int64 {
	above, name := path.Split(rel)
	if above == "" {
		return d.sys.sharedExtents(new(extents.Asker), name)
	}
	dir, err := d.OpenBelow(strings.TrimSuffix(above, "/"))
	if err != nil {
		return 0
	}
	defer dir.Close()
	return dir.sys.sharedExtents(new(extents.Asker), name)
}
