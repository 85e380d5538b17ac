// Package meta reads what conda, mamba and rattler write down: configuration
// files, lists of environments, the records of an environment, the info
// folders and archives of packages. It decides nothing and removes nothing.
package meta
