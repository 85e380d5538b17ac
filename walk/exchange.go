package walk

import "errors"

// ErrNoExchange says that a file system, or the system, cannot swap two names in
// one step.
var ErrNoExchange = errors.New("the file system cannot swap two names in one step")

// Exchange swaps what is at name in d with what is at other in to, in one step:
// at no time is there nothing at either name.
func (d *Dir) Exchange(name string, to *Dir, other string) error {
	if err := errors.Join(checkName(name), checkName(other)); err != nil {
		return d.fail("exchange", name, err)
	}
	return d.fail("exchange", name, d.sys.exchange(name, to.sys, other))
}

// Sync returns once the names in d are on the disk.
func (d *Dir) Sync() error { return d.fail("sync", "", d.sys.sync()) }

// SyncFS returns once all that was written to the file system of d is on the
// disk. Where the system cannot do that, the error is errors.ErrUnsupported.
func (d *Dir) SyncFS() error { return d.fail("sync", "", d.sys.syncFS()) }
