package absence

import (
	"errors"
	"fmt"
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

// fstab reads what should be mounted. That it cannot be read is told of: then only
// what the folders themselves show is known.
func (w *Ways) fstab() {
	data, _, err := open.ReadRegular(fstab, maxFstab)
	if err != nil && !walk.IsGone(err) {
		w.missed(fstab, fmt.Errorf("%w: what should be mounted is not known", err))
	}
	for _, point := range mounts.ParseFstab(data) {
		// The path of what is missing has no symlinks in it either.
		if real, err := walk.Real(point); err == nil {
			point = real
		}
		w.planned = append(w.planned, point)
	}
}

// mountinfo reads what is mounted. In an image there may be no /proc.
func (w *Ways) mountinfo() {
	data, err := open.ReadProc("self/mountinfo", maxMounts)
	switch {
	case err == nil:
		// A line that is none is passed over: what it would tell of counts as not
		// mounted.
		table, _ := mounts.Parse(data)
		w.table = newMountTable(table)
	case !errors.Is(err, fs.ErrNotExist):
		w.missed("/proc/self/mountinfo", fmt.Errorf("%w: what is mounted is not known", err))
	}
}

// isMounted says whether something other than an automounter is mounted at a path
// without symlinks. Without /proc, the devices tell, of all mounts that are not
// bind mounts.
func (w *Ways) isMounted(path string) bool {
	w.readTable.Do(w.mountinfo)
	if w.table.known {
		return w.table.at(path) == mounted
	}
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
