package asuser

import (
	"fmt"
	"syscall"
)

// Limit is one of Limits.
type Limit string

// The limits that end a process.
const (
	NoLimit     Limit = ""
	MemoryLimit Limit = "memory"
	CPULimit    Limit = "processor time"
)

// ExitError says how a process ended that failed.
type ExitError struct {
	Code   int            // -1 if a signal ended it
	Signal syscall.Signal // 0 if no signal did
	Limit  Limit          // the limit that ended it, if known
	Text   string         // the first line of its standard error, safe to print
}

func (e *ExitError) Error() string {
	text := fmt.Sprintf("ended with exit code %d", e.Code)
	switch {
	case e.Limit != NoLimit:
		return fmt.Sprintf("needs more %s than it may use", e.Limit)
	case e.Signal != 0:
		text = fmt.Sprintf("ended by signal %d (%v)", int(e.Signal), e.Signal)
	}
	if e.Text != "" {
		text += ": " + e.Text
	}
	return text
}
