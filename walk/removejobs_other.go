//go:build !linux

package walk

import "runtime"

// removeJobs returns the number of workers for removal; 0 means the default.
func removeJobs(jobs int, _ []Target) int {
	if jobs > 0 {
		return jobs
	}
	return min(4*runtime.GOMAXPROCS(0), 16)
}
