// Package progress shows progress: as a bar on a terminal, and elsewhere as a line from
// time to time.
package progress
