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
	for _, t := range targets {
		var st unix.Statfs_t
		if unix.Fstatfs(int(t.Dir.sys), &st) != nil || st.Type != unix.TMPFS_MAGIC {
			return min(8*cpus, 32)
		}
		break // the targets of one call are of one cache
	}
	return cpus
}
