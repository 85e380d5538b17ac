// Package progress shows how far work is: as a bar on a terminal, and by a line now
// and then where there is none.
package progress
