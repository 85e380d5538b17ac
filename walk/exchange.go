package walk

import "errors"

// ErrNoExchange means that the system or the file system cannot swap two names in one step.
var ErrNoExchange = errors.New("the file system cannot swap two names in one step")

// Exchange swaps name in d with other in to, in one step: both names exist at all times.
func (d *Dir) Exchange(name string, to *Dir, other string) error {
	if err := errors.Join(checkName(name), checkName(other)); err != nil {
		return d.fail("exchange", name, err)
	}
	return d.fail("exchange", name, d.sys.exchange(name, to.sys, other))
}

// Sync returns when the names in d are on the disk.
func (d *Dir) Sync() error { return d.fail("sync", "", d.sys.sync()) }

// SyncFS returns when everything written to the file system of d is on the disk. If the
// system cannot do that, the error is errors.ErrUnsupported.
func (d *Dir) SyncFS() error { return d.fail("sync", "", d.sys.syncFS()) }
