package lease

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// thisBoot is what the kernel calls this boot, and the PID namespace of this process; ""
// where they cannot be told.
func thisBoot() (boot, pids string) {
	id, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return "", ""
	}
	pids, err = os.Readlink("/proc/self/ns/pid")
	if err != nil {
		return "", ""
	}
	return strings.TrimSpace(string(id)), pids
}

// startOf says whether a process runs, and when it was started, in ticks since boot; ""
// where that cannot be told. /proc may hide the processes of others, kill(2) does not.
func startOf(pid int) (when string, runs bool) {
	if pid <= 0 || unix.Kill(pid, 0) == unix.ESRCH {
		return "", false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", true
	}
	// Field 22, and the second is a name in brackets that may have any character.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return "", true
	}
	return fields[19], true
}
