package cache

// cacheNumbers maps the path of a cache to its index in a plan.
type cacheNumbers map[string]int

func numbersOf(caches []Location) cacheNumbers {
	n := make(cacheNumbers, len(caches))
	for i, loc := range caches {
		n[loc.Path] = i
	}
	return n
}

// of returns the index of the cache that e is in, or -1. A temp file is in no cache, even
// if the folder that was searched is one.
func (n cacheNumbers) of(e *candidate) int {
	if i, ok := n[e.Dir]; ok && e.Category != TempFiles {
		return i
	}
	return -1
}
