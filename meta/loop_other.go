//go:build !unix

package meta

// isLoop says that symlinks go round in a circle.
func isLoop(error) bool { return false }
