package wire

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a reader, in bytes, including line ends.
const (
	MaxLine = 1 << 20
	MaxSum  = 64 << 20
)

// What can be wrong with a line.
var (
	ErrLineTooLong = fmt.Errorf("longer than %d KiB", MaxLine>>10)
	ErrTooMuch     = fmt.Errorf("more than %d MiB in all", MaxSum>>20)
	ErrCut         = errors.New("the line does not end")
	ErrProtocol    = errors.New("another protocol")
)

// LineError says which line is wrong, counted from 1.
type LineError struct {
	Line int
	Err  error
}

func (e *LineError) Error() string { return fmt.Sprintf("message %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// VersionError says that the other side speaks another version.
type VersionError struct{ Got, Want int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("version %d, not %d", e.Got, e.Want)
}

// hello is the first line.
type hello struct {
	Protocol string `json:"protocol"`
	Version  int    `json:"version"`
}

// Encoder writes messages. Only one goroutine may use it at a time.
type Encoder struct {
	w     io.Writer
	buf   bytes.Buffer
	hello *hello // nil once it is written
	lines int
	sum   int64

	unbounded bool
}

// NewEncoder returns an Encoder. It makes one call of Write for each message; the first
// call includes the first line.
func NewEncoder(w io.Writer, protocol string, version int) *Encoder {
	return &Encoder{w: w, hello: &hello{protocol, version}}
}

// Unbounded turns MaxSum off, for a Decoder without that limit.
func (e *Encoder) Unbounded() { e.unbounded = true }

// Encode writes one message in one call of Write. It refuses a message that a Decoder
// would refuse for its size or its text.
func (e *Encoder) Encode(message any) error {
	e.buf.Reset()
	lines := e.lines
	if e.hello != nil {
		lines++
		if err := e.line(lines, e.hello); err != nil {
			return err
		}
	}
	lines++
	if err := e.line(lines, message); err != nil {
		return err
	}
	if !e.unbounded && e.sum+int64(e.buf.Len()) > MaxSum {
		return &LineError{lines, ErrTooMuch}
	}
	if _, err := e.w.Write(e.buf.Bytes()); err != nil {
		return err
	}
	e.hello, e.lines, e.sum = nil, lines, e.sum+int64(e.buf.Len())
	return nil
}

// line adds a line to the buffer.
func (e *Encoder) line(number int, message any) error {
	before := e.buf.Len()
	enc := json.NewEncoder(&e.buf) // it would end the line
	enc.SetEscapeHTML(false)
	if err := enc.Encode(message); err != nil {
		return &LineError{number, err}
	}
	if hasReplaced(e.buf.Bytes()[before:]) {
		return &LineError{number, errUTF8}
	}
	if e.buf.Len()-before > MaxLine {
		return &LineError{number, ErrLineTooLong}
	}
	return nil
}

// Decoder reads messages. Only one goroutine may use it at a time.
type Decoder struct {
	r     *bufio.Reader
	want  hello
	lines int
	sum   int64
	err   error // the error of an earlier call

	unbounded bool
}

// NewDecoder returns a Decoder. It reads ahead only by the size of its buffer.
func NewDecoder(r io.Reader, protocol string, version int) *Decoder {
	return &Decoder{r: bufio.NewReader(r), want: hello{protocol, version}}
}

// Unbounded turns MaxSum off, for a trusted writer.
func (d *Decoder) Unbounded() { d.unbounded = true }

// Decode reads the next message. After the last message, or if nothing was written at
// all, the error is io.EOF. Otherwise it is the reader's error or a *LineError. Every
// later call returns the same error.
func (d *Decoder) Decode(message any) error {
	if d.err == nil {
		d.err = d.decode(message)
	}
	return d.err
}

func (d *Decoder) decode(message any) error {
	if d.lines == 0 {
		var got hello
		if err := d.next(&got); err != nil {
			return err
		}
		switch {
		case got.Protocol != d.want.Protocol:
			return &LineError{d.lines, ErrProtocol}
		case got.Version != d.want.Version:
			return &LineError{d.lines, &VersionError{got.Version, d.want.Version}}
		}
	}
	return d.next(message)
}

// next reads a line into message.
func (d *Decoder) next(message any) error {
	line, err := d.line()
	if err != nil {
		return err
	}
	if err := Unmarshal(line, message); err != nil {
		return &LineError{d.lines, err}
	}
	return nil
}

// Unmarshal reads one JSON value. It refuses names that occur twice, members that the
// message does not have, and text that is not UTF-8. It uses encoding/json after package
// jsontext, which gclean needs for other things: the whole v2 module would add 250 kB.
func Unmarshal(text []byte, message any) error {
	if !jsontext.Value(text).IsValid() {
		return errNotJSON
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	return dec.Decode(message)
}

var (
	errNotJSON = errors.New("not one JSON value with each name once")
	errUTF8    = errors.New("a text is not UTF-8")
)

// hasReplaced says whether encoding/json has replaced text that is not UTF-8 by U+FFFD.
// It writes such a replacement as an escape, and a real U+FFFD as it is.
func hasReplaced(text []byte) bool {
	for {
		i := bytes.Index(text, []byte(`\ufffd`))
		if i < 0 {
			return false
		}
		slashes := 0
		for i-slashes > 0 && text[i-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return true
		}
		text = text[i+2:]
	}
}

// line reads a line. Its buffer grows with the input.
func (d *Decoder) line() ([]byte, error) {
	d.lines++
	var line []byte
	for {
		part, err := d.r.ReadSlice('\n')
		d.sum += int64(len(part))
		switch {
		case len(line)+len(part) > MaxLine:
			return nil, &LineError{d.lines, ErrLineTooLong}
		case d.sum > MaxSum && !d.unbounded:
			return nil, &LineError{d.lines, ErrTooMuch}
		}
		line = append(line, part...)
		switch {
		case err == nil:
			return line, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(line) > 0:
			return nil, &LineError{d.lines, ErrCut}
		default:
			return nil, err
		}
	}
}
