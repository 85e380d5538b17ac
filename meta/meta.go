// Package meta reads what conda, mamba and rattler write down: configuration
// files, lists of environments, the records of an environment, the info
// folders and archives of packages. It decides nothing and removes nothing.
package meta

import "gclean/walk"

// Environment is a prefix that something says exists.
type Environment struct {
	Prefix  string
	ID      walk.ID  // identity of the prefix folder
	Sources []string // every place that it was learned from
	Records []string // file names in conda-meta that end in .json, sorted; not opened
	Err     error    // set when it exists and cannot be read
}
