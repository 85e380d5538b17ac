package walk

import "golang.org/x/sys/unix"

func (s sysdir) exchange(name string, to sysdir, other string) error {
	err := unix.Renameat2(int(s), name, int(to), other, unix.RENAME_EXCHANGE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		return ErrNoExchange // NFS, and kernels before 3.15
	}
	return err
}

func (s sysdir) sync() error { return unix.Fsync(int(s)) }

func (s sysdir) syncFS() error { return unix.Syncfs(int(s)) }
