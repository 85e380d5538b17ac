package lease

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// thisBoot returns the kernel's ID for this boot and the PID namespace of this process, or
// "" if they are unknown.
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

// startOf reports whether a process runs, and returns when it was started, in ticks since
// boot; "" if unknown. It asks kill(2) first, because /proc may hide other users'
// processes.
func startOf(pid int) (when string, runs bool) {
	if pid <= 0 || unix.Kill(pid, 0) == unix.ESRCH {
		return "", false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return "", true
	}
	// The start is field 22. Field 2 is a name in parentheses that may contain any
	// character.
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	if len(fields) < 20 {
		return "", true
	}
	return fields[19], true
}
