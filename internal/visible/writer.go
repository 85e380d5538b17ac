package visible

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Writer removes secrets and invisible characters from everything that passes through it,
// in any format. It is the last line of defence: everything that people or scripts read
// leaves gclean through a Writer. Code that knows which part of a text is a name, and
// quotes it, calls String or Redact before.
//
// The Writer holds back a word that may continue in the next Write, until Flush. It
// remembers an error.
type Writer struct {
	w    io.Writer
	held []byte
	err  error
}

// NewWriter returns a Writer that writes to w.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Unwrap returns the writer behind the Writer.
func (w *Writer) Unwrap() io.Writer { return w.w }

// Write writes all but the last word of p.
func (w *Writer) Write(p []byte) (int, error) {
	end := len(p)
	for end > 0 && !isDelimiter(p[end-1]) {
		end--
	}
	if end == 0 {
		w.held = append(w.held, p...)
		return len(p), nil
	}
	end-- // the byte before a word says whether it is quoted
	whole := append(w.held, p[:end]...)
	w.held = append([]byte(nil), p[end:]...)
	if err := w.pass(whole); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Flush writes the word that was held back.
func (w *Writer) Flush() error {
	whole := w.held
	w.held = nil
	return w.pass(whole)
}

func (w *Writer) pass(p []byte) error {
	if len(p) > 0 && w.err == nil {
		_, w.err = io.WriteString(w.w, Output(string(p)))
	}
	return w.err
}

// Lines returns a writer that does the same in each Write, and holds nothing back. It is
// for messages.
func Lines(w io.Writer) io.Writer { return lines{w} }

type lines struct{ w io.Writer }

func (l lines) Unwrap() io.Writer { return l.w }

func (l lines) Write(p []byte) (int, error) {
	if _, err := io.WriteString(l.w, Output(string(p))); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Output is a text or document that may leave the program. It has no secrets, no C1
// controls, which terminals obey, and no characters that reverse the text around them.
// JSON and people read the escapes alike. ESC stays, because colours begin with it.
func Output(s string) string { return escapeControls(redact(s, true)) }

func escapeControls(s string) string {
	i := 0
	for i < len(s) && s[i] < 0x7f {
		i++
	}
	if i == len(s) {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:i])
	for len(s) > i {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1 && s[i] < 0xa0:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r >= 0x7f && r < 0xa0, r == 0x200e, r == 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}
