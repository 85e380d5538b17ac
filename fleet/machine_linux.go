package fleet

import (
	"strings"

	"golang.org/x/sys/unix"

	"gclean/walk/open"
)

// bootID is of this boot of this kernel; "" where that cannot be told.
func bootID() string {
	id, _ := open.ReadProc("sys/kernel/random/boot_id", 4096)
	return strings.TrimSpace(string(id))
}

// processRuns says whether there is a process with this number.
func processRuns(pid int) bool { return pid > 0 && unix.Kill(pid, 0) != unix.ESRCH }
