package walk

import "golang.org/x/sys/windows"

func (s sysdir) space() (Space, error) {
	path, err := windows.UTF16PtrFromString(s.root.Name())
	if err != nil {
		return Space{}, err
	}
	var available, size, free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &available, &size, &free); err != nil {
		return Space{}, err
	}
	return Space{Size: int64(size), Free: int64(free), Available: int64(available)}, nil
}
