package walk

import (
	"os"

	"golang.org/x/sys/windows"
)

// reopen cannot lock a folder: Windows has locks on files only.
func (s sysdir) reopen(string) (*os.File, error) { return nil, ErrNoLocks }

func (s sysdir) openOrCreate(name string, create bool) (f *os.File, created bool, err error) {
	f, err = s.root.OpenFile(name, os.O_RDWR, 0)
	if os.IsNotExist(err) && create {
		f, err = s.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o644)
		created = err == nil
	}
	return f, created, Cause(err)
}

func lockFile(f *os.File, _ LockKind) error {
	err := windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, new(windows.Overlapped))
	if err == windows.ERROR_LOCK_VIOLATION {
		return ErrLocked
	}
	return err
}
