package walk

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// removeJobs is the number of workers that remove where none is asked for. In
// memory, unlinking is bound by the processors; on a disk it waits for the
// journal, and more workers than processors keep it busy.
func removeJobs(jobs int, targets []Target) int {
	if jobs > 0 {
		return jobs
	}
	cpus := runtime.GOMAXPROCS(0)
	if len(targets) == 0 {
		return 1
	}
	// The targets of one call are on one file system.
	var st unix.Statfs_t
	if unix.Fstatfs(int(targets[0].Dir.sys), &st) == nil && st.Type == unix.TMPFS_MAGIC {
		return cpus
	}
	return min(8*cpus, 32)
}
