package cache

// cacheNumbers are the indexes of caches in a plan, by path.
type cacheNumbers map[string]int

func numbersOf(caches []Location) cacheNumbers {
	n := make(cacheNumbers, len(caches))
	for i, loc := range caches {
		n[loc.Path] = i
	}
	return n
}

// of is the index of the cache that e is in, -1 for none: a temp file is of the
// folder that was searched, even where that is a cache too.
func (n cacheNumbers) of(e *candidate) int {
	if i, ok := n[e.Dir]; ok && e.Category != TempFiles {
		return i
	}
	return -1
}
