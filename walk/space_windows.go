package walk

import "golang.org/x/sys/windows"

func (s sysdir) space() (Space, error) {
	path, err := finalPath(s.h)
	if err != nil {
		return Space{}, err
	}
	var available, size, free uint64
	if err := windows.GetDiskFreeSpaceEx(&path[0], &available, &size, &free); err != nil {
		return Space{}, err
	}
	return Space{Size: int64(size), Free: int64(free), Available: int64(available)}, nil
}

// finalPath returns the present path of h, ending with a zero.
func finalPath(h windows.Handle) ([]uint16, error) {
	for buf := make([]uint16, windows.MAX_PATH); ; {
		n, err := windows.GetFinalPathNameByHandle(h, &buf[0], uint32(len(buf)), 0)
		if err != nil {
			return nil, err
		}
		if int(n) < len(buf) {
			return buf[:n+1], nil
		}
		buf = make([]uint16, n+1)
	}
}
