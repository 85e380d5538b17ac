package walk

import "gclean/internal/parallel"

// readJobs is the number of workers that read a tree where none is asked for.
func readJobs(jobs int) int {
	if jobs > 0 {
		return jobs
	}
	return parallel.Workers()
}
