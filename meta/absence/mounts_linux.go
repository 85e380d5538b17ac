package absence

import (
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"gclean/walk"
	"gclean/walk/mounts"
	"gclean/walk/open"
)

const maxFstab = 16 << 20 // in bytes

// plannedMounts returns the mount points in fstab. If it cannot be read, only the folders
// themselves can tell.
func plannedMounts() (points []string, err error) {
	data, _, err := open.ReadRegular(fstab, maxFstab)
	if err != nil && walk.IsGone(err) {
		err = nil
	}
	for _, point := range mounts.ParseFstab(data) {
		// Paths of missing files are compared without symlinks, so resolve them here too.
		if real, err := walk.Real(point); err == nil {
			point = real
		}
		points = append(points, point)
	}
	return points, err
}

// readTable reads what is mounted. In an image there may be no /proc.
func readTable() (mountTable, error) {
	data, err := open.Mountinfo()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mountTable{}, nil
	case err != nil:
		return mountTable{}, err
	}
	// Parse skips malformed lines; their mounts count as not mounted.
	table, _ := mounts.Parse(data)
	return newMountTable(table), nil
}

// isOtherDevice reports whether a folder is on another device than the folder above it, and
// does not belong to an automounter.
func isOtherDevice(path string) bool {
	id, err1 := walk.Identify(path)
	above, err2 := walk.Identify(filepath.Dir(path))
	auto, err3 := isAutofs(path)
	return errors.Join(err1, err2, err3) == nil && id.Dev != above.Dev && !auto
}

// isAutofs reports whether a folder belongs to an automounter, with nothing mounted on it.
func isAutofs(path string) (bool, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return false, &fs.PathError{Op: "statfs", Path: path, Err: err}
	}
	return st.Type == unix.AUTOFS_SUPER_MAGIC, nil
}

// times returns when a folder was created, and when a name in it was last created or
// removed. born is zero if the file system does not tell.
func times(path string) (born, changed time.Time) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BTIME|unix.STATX_MTIME, &st); err != nil {
		return born, changed // without statx neither is known
	}
	if st.Mask&unix.STATX_BTIME != 0 {
		born = time.Unix(st.Btime.Sec, int64(st.Btime.Nsec))
	}
	return born, time.Unix(st.Mtime.Sec, int64(st.Mtime.Nsec))
}
