package cache

// Reason says why an entry is kept.
type Reason int
