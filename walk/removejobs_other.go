//go:build !linux

package walk

import "runtime"

// removeJobs is the number of workers that remove where none is asked for.
func removeJobs(jobs int, _ []Target) int {
	if jobs > 0 {
		return jobs
	}
	return min(4*runtime.GOMAXPROCS(0), 16)
}
