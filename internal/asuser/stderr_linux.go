package asuser

import (
	"bytes"
	"strings"

	"gclean/internal/visible"
)

// maxText is how many bytes of a child's standard error are kept. The runtime prints what
// went wrong first, then where.
const maxText = 4 << 10

// limited keeps the beginning of the text that it gets.
type limited struct{ data bytes.Buffer }

// Write implements io.Writer. It never fails, so that no child waits for space.
func (l *limited) Write(p []byte) (int, error) {
	l.data.Write(p[:min(len(p), maxText-l.data.Len())])
	return len(p), nil
}

// firstLine is the first line that is not empty.
func (l *limited) firstLine() string {
	for line := range strings.Lines(l.data.String()) {
		if line = strings.TrimSpace(line); line != "" {
			return visible.String(line)
		}
	}
	return ""
}

// limitIn is the limit that the Go runtime names when it ends a process.
func (l *limited) limitIn() Limit {
	for line := range strings.Lines(l.data.String()) {
		switch {
		case strings.HasPrefix(line, "SIGXCPU"):
			return CPULimit
		case strings.HasPrefix(line, "fatal error: ") && strings.Contains(line, "out of memory"),
			strings.HasPrefix(line, "runtime: out of memory"),
			strings.HasPrefix(line, "fatal error: runtime: cannot allocate memory"):
			return MemoryLimit
		}
	}
	return NoLimit
}
