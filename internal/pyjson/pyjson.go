// Package pyjson writes JSON as Python does, byte for byte, because conda does so. A
// script that reads conda's documents may also compare gclean's, or search in them.
package pyjson

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"gclean/internal/visible"
)

// Object is a JSON object. Its members are written in their order.
type Object []Member

// Member is a key of an object with its value: an Object, a List, a string, int64, bool
// or nil. It is an unnamed struct, so that literals need not name its fields.
type Member = struct {
	Key   string
	Value any
}

// List is a JSON array.
type List = []any

// Set adds a member.
func (o *Object) Set(key string, value any) { *o = append(*o, Member{key, value}) }

// Encode writes an Object, List, string, int64, bool or nil as json.dumps(value,
// indent=2) of Python does, without secrets. The output is ASCII. A byte that is not
// UTF-8 is a lone surrogate, from which Python's os functions restore the byte. No JSON
// package of Go writes such names.
func Encode(v any) string {
	var b strings.Builder
	write(&b, v, "\n")
	return b.String()
}

func write(b *strings.Builder, v any, indent string) {
	switch v := v.(type) {
	case nil:
		b.WriteString("null")
	case bool:
		b.WriteString(strconv.FormatBool(v))
	case int64:
		b.WriteString(strconv.FormatInt(v, 10))
	case string:
		writeString(b, v)
	case List:
		sep := "["
		for _, item := range v {
			b.WriteString(sep + indent + "  ")
			write(b, item, indent+"  ")
			sep = ","
		}
		b.WriteString(end(len(v), "[", indent, "]"))
	case Object:
		sep := "{"
		for _, m := range v {
			b.WriteString(sep + indent + "  ")
			writeString(b, m.Key)
			b.WriteString(": ")
			write(b, m.Value, indent+"  ")
			sep = ","
		}
		b.WriteString(end(len(v), "{", indent, "}"))
	default:
		panic(fmt.Sprintf("no JSON for a %T", v))
	}
}

// end closes a list or object of n items. An empty one stays in its line.
func end(n int, open, indent, shut string) string {
	if n == 0 {
		return open + shut
	}
	return indent + shut
}

func writeString(b *strings.Builder, s string) {
	s = visible.Redact(s)
	b.WriteByte('"')
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(b, `\udc%02x`, s[0])
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == '\t':
			b.WriteString(`\t`)
		case r == '\b':
			b.WriteString(`\b`)
		case r == '\f':
			b.WriteString(`\f`)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(b, `\u%04x`, r)
		}
		s = s[n:]
	}
	b.WriteByte('"')
}
