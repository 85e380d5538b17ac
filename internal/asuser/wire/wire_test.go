package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

type message struct {
	Name  Path     `json:"name"`
	Text  string   `json:"text,omitempty"`
	Count int64    `json:"count"`
	List  []string `json:"list,omitempty"`
}

const greeting = `{"protocol":"test","version":1}` + "\n"

func decoder(text string) *Decoder { return NewDecoder(strings.NewReader(text), "test", 1) }

func TestMessagesRoundTrip(t *testing.T) {
	want := []message{{Name: "/a b"}, {Name: "\xff/\u00e9", Text: "x\ny", Count: -1 << 62}, {Name: "", List: []string{"a", ""}}}
	var buf bytes.Buffer
	enc := NewEncoder(&buf, "test", 1)
	for _, m := range want {
		if err := enc.Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.HasPrefix(buf.String(), greeting) || strings.Count(buf.String(), "\n") != 4 {
		t.Errorf("%q", buf.String())
	}
	dec := NewDecoder(iotest.OneByteReader(&buf), "test", 1)
	for _, m := range want {
		var got message
		if err := dec.Decode(&got); err != nil || fmt.Sprint(got) != fmt.Sprint(m) {
			t.Errorf("%+v, error %v, want %+v", got, err, m)
		}
	}
	for range 2 {
		if err := dec.Decode(new(message)); err != io.EOF {
			t.Errorf("at the end: %v", err)
		}
	}
}

func TestDecoderRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		line       int
		want       error // nil for one of the JSON package
	}{
		{"cut", greeting + `{"count":1}`, 2, ErrCut},
		{"cut hello", `{"proto`, 1, ErrCut},
		{"no hello", `{"count":1}` + "\n", 1, nil},
		{"another protocol", `{"protocol":"http","version":1}` + "\n", 1, ErrProtocol},
		{"empty line", greeting + "\n", 2, nil},
		{"unknown member", greeting + `{"count":1,"more":2}` + "\n", 2, nil},
		{"member twice", greeting + `{"count":1,"count":2}` + "\n", 2, nil},
		{"two values", greeting + `{"count":1}{"count":2}` + "\n", 2, nil},
		{"too large a number", greeting + `{"count":99999999999999999999}` + "\n", 2, nil},
		{"another type", greeting + `{"count":"1"}` + "\n", 2, nil},
		{"no UTF-8", greeting + "{\"text\":\"\xff\"}\n", 2, nil},
		{"depth", greeting + strings.Repeat("[", 100_000) + "\n", 2, nil},
		{"long line", greeting + `{"text":"` + strings.Repeat("x", MaxLine) + `"}` + "\n", 2, ErrLineTooLong},
		{"path with a zero", greeting + `{"name":"a\u0000b"}` + "\n", 2, errPath},
		{"path that needs no base64", greeting + `{"name":"\u0000YWE="}` + "\n", 2, errPath},
		{"path in no base64", greeting + `{"name":"\u0000/w"}` + "\n", 2, errPath},
		{"path with a zero in base64", greeting + `{"name":"\u0000/wA="}` + "\n", 2, errPath},
	} {
		t.Run(c.name, func(t *testing.T) {
			dec, e := decoder(c.text), (*LineError)(nil)
			var got message
			err := dec.Decode(&got)
			if !errors.As(err, &e) || e.Line != c.line || c.want != nil && !errors.Is(err, c.want) {
				t.Errorf("error %v, want %v in line %d", err, c.want, c.line)
			}
			if again := dec.Decode(&got); again != err {
				t.Errorf("then: %v", again)
			}
		})
	}
	v := (*VersionError)(nil)
	if err := decoder(`{"protocol":"test","version":2}` + "\n").Decode(new(message)); !errors.As(err, &v) || v.Got != 2 {
		t.Errorf("error %v", err)
	}
}

// endless is a line, again and again.
type endless struct {
	line string
	next int
}

func (e *endless) Read(p []byte) (int, error) {
	n := copy(p, e.line[e.next:])
	e.next = (e.next + n) % len(e.line)
	return n, nil
}

func TestSumIsBounded(t *testing.T) {
	line := `{"text":"` + strings.Repeat("x", 4096-12) + `"}` + "\n" // as large as the buffer
	dec := NewDecoder(io.MultiReader(strings.NewReader(greeting), &endless{line: line}), "test", 1)
	n := 0
	var err error
	for ; err == nil; n++ {
		err = dec.Decode(new(message))
	}
	if !errors.Is(err, ErrTooMuch) || n != (MaxSum-len(greeting))/len(line)+1 {
		t.Errorf("after %d messages: %v", n, err)
	}
}

func TestEncoderRefuses(t *testing.T) {
	for name, m := range map[string]any{
		"long line":    message{Text: strings.Repeat("x", MaxLine)},
		"no UTF-8":     message{Text: "\xff"},
		"zero":         message{Name: "a\x00"},
		"not for JSON": make(chan int),
	} {
		var buf bytes.Buffer
		e := (*LineError)(nil)
		if err := NewEncoder(&buf, "test", 1).Encode(m); !errors.As(err, &e) || buf.Len() > 0 {
			t.Errorf("%s: error %v, %d bytes written", name, err, buf.Len())
		}
	}
	enc, m := NewEncoder(io.Discard, "test", 1), message{Text: strings.Repeat("x", 1<<19)}
	n := 0
	var err error
	for ; err == nil; n++ {
		err = enc.Encode(m)
	}
	if !errors.Is(err, ErrTooMuch) || n != MaxSum>>19 {
		t.Errorf("after %d messages: %v", n, err)
	}
}

func TestErrorsOfThePipe(t *testing.T) {
	broken := errors.New("broken")
	if err := NewDecoder(iotest.ErrReader(broken), "test", 1).Decode(new(message)); err != broken {
		t.Errorf("reading: %v", err)
	}
	r, w := io.Pipe()
	r.CloseWithError(broken)
	if err := NewEncoder(w, "test", 1).Encode(message{}); err != broken {
		t.Errorf("writing: %v", err)
	}
	if err := decoder("").Decode(new(message)); err != io.EOF {
		t.Errorf("nothing: %v", err)
	}
}
