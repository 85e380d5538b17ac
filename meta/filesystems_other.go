//go:build !linux && !darwin && !freebsd

package meta

// mountPoints is nothing: the system is not asked.
func mountPoints() []mountPoint { return nil }

// typeAt is "": what is mounted is not entered, and told of.
func typeAt(string) string { return "" }
