package main

import (
	"strconv"

	"gclean/internal/visible"
)

// quoted is a name fit for a terminal, without secrets: as it is, or as a Go string if there
// is anything in it that would not show as itself.
func quoted(name string) string {
	name = visible.Redact(name)
	if printable(name) == name {
		return name
	}
	return strconv.Quote(name)
}

// printable is a message fit for a terminal, in one line.
func printable(message string) string { return visible.String(message) }
