package walk

import (
	"io/fs"
	"path"
	"strings"

	"gclean/walk/extents"
	"gclean/walk/mounts"
)

// Layer is a layer of a container's file system.
type Layer int

// The layers. LayerUnknown is for files that are not on overlayfs, or on one that does not
// tell.
const (
	LayerUnknown Layer = iota
	LayerUpper         // the writable layer; removing frees space
	LayerLower         // a layer below; removing only hides the file, and frees nothing
)

// Layer returns the layer that the inode of name in d is in. A file that was copied up from
// a lower layer because it was changed counts as lower.
func (d *Dir) Layer(name string) Layer {
	if checkName(name) != nil {
		return LayerUnknown
	}
	return d.sys.layer(name)
}

// FSKind returns the kind of file system that d is on. If the system fails to tell, it
// returns mounts.Unknown and the error.
func (d *Dir) FSKind() (mounts.Kind, error) {
	kind, err := d.sys.fsKind()
	return kind, d.fail("statfs", "", err)
}

// Look describes the file at the slash-separated path rel below d. On a network file system
// it asks the server, past this machine's caches. An NFS client may answer Lstat from
// memory for up to a minute. Elsewhere Look is like Lstat. It follows symlinks to folders
// in rel, so callers compare the ID.
func (d *Dir) Look(rel string) (Stat, error) {
	if !fs.ValidPath(rel) || rel == "." {
		return Stat{}, d.fail("lstat", rel, fs.ErrInvalid)
	}
	st, err := d.sys.look(rel)
	return st, d.fail("lstat", rel, err)
}

// isNetwork reports whether the file system of d is known to be a network file system.
func (d *Dir) isNetwork() bool {
	kind, err := d.sys.fsKind()
	return err == nil && kind == mounts.Network
}

// Layered reports whether the folder is on a file system with layers (overlayfs).
func (d *Dir) Layered() bool { return d.sys.layered() }

// MayShareExtents reports whether files below d can share extents, and the system can tell
// which do. See package extents.
func (d *Dir) MayShareExtents() bool { return d.sys.mayShareExtents() }

// SharedExtents returns how many bytes of the regular file at the slash-separated path rel
// below d are shared with other files. It is 0 if that cannot be told.
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
