package cache

import "gclean/walk"

// Location is a cache: where it is, and what it was when it was looked at.
type Location struct {
	Path   string
	ID     walk.ID
	Source string // where its path was learned
}
