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

const (
	maxMounts = 64 << 20 // bytes of mountinfo; hosts of containers have thousands of mounts
	maxFstab  = 16 << 20 // bytes
)

// plannedMounts are the places at which something should be mounted. If they cannot
// be read, only what the folders themselves show is known.
func plannedMounts() (points []string, err error) {
	data, _, err := open.ReadRegular(fstab, maxFstab)
	if err != nil && walk.IsGone(err) {
		err = nil
	}
	for _, point := range mounts.ParseFstab(data) {
		// The path of what is missing has no symlinks in it either.
		if real, err := walk.Real(point); err == nil {
			point = real
		}
		points = append(points, point)
	}
	return points, err
}

// readTable reads what is mounted. In an image there may be no /proc.
func readTable() (mountTable, error) {
	data, err := open.ReadProc("self/mountinfo", maxMounts)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return mountTable{}, nil
	case err != nil:
		return mountTable{}, err
	}
	// A line that is none is passed over: what it would tell of counts as not
	// mounted.
	table, _ := mounts.Parse(data)
	return newMountTable(table), nil
}

// isOtherDevice says whether a folder is on another device than the one above it,
// and no automounter's.
func isOtherDevice(path string) bool {
	id, err1 := walk.Identify(path)
	above, err2 := walk.Identify(filepath.Dir(path))
	auto, err3 := isAutofs(path)
	return errors.Join(err1, err2, err3) == nil && id.Dev != above.Dev && !auto
}

// isAutofs says whether a folder is an automounter's, with nothing mounted on it.
func isAutofs(path string) (bool, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return false, &fs.PathError{Op: "statfs", Path: path, Err: err}
	}
	return st.Type == unix.AUTOFS_SUPER_MAGIC, nil
}

// times are when a folder was made, zero where the file system does not tell, and
// when a name in it was last made or removed.
func times(path string) (born, changed time.Time) {
	var st unix.Statx_t
	if err := unix.Statx(unix.AT_FDCWD, path, 0, unix.STATX_BTIME|unix.STATX_MTIME, &st); err != nil {
		return born, changed // no statx: not known either
	}
	if st.Mask&unix.STATX_BTIME != 0 {
		born = time.Unix(st.Btime.Sec, int64(st.Btime.Nsec))
	}
	return born, time.Unix(st.Mtime.Sec, int64(st.Mtime.Nsec))
}
