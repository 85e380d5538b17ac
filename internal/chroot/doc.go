// Package chroot makes a folder the root of this process. From then on, the system itself
// resolves all paths inside it: no symlink, no ".." and no record leads out.
package chroot

import "fmt"

// Ended says that this command ran again, in the folder, and has ended: there is nothing
// left to do.
type Ended struct {
	Code     int // its exit code
	BySignal bool
}

func (e *Ended) Error() string { return fmt.Sprintf("exit code %d", e.Code) }
