package slim

import (
	"bytes"
	"slices"
	"strings"
)

// tokenKind is what a token of a Python source is.
type tokenKind int

const (
	endOfSource tokenKind = iota
	newLine               // in parentheses too
	nameToken             // identifiers, keywords, numbers
	stringToken           // text is what is between the quotes, escapes as written
	signToken             // any other byte
)

type token struct {
	kind tokenKind
	text string
}

// is says whether the token is that keyword or sign.
func (t token) is(word string) bool {
	return (t.kind == nameToken || t.kind == signToken) && t.text == word
}

// pyScanner splits a Python source into tokens, comments left out, as far as it
// takes to find import statements and strings.
type pyScanner struct {
	src []byte
	pos int
	// endless are the quotes of which one has been found that does not end: they
	// are not looked for again, which could take for ever.
	endless []string
}

func (s *pyScanner) next() token {
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; {
		case c == '\n':
			s.pos++
			return token{kind: newLine}
		case c == ' ' || c == '\t' || c == '\r' || c == '\f':
			s.pos++
		case c == '\\':
			s.pos++
			if rest := bytes.TrimPrefix(s.src[s.pos:], []byte("\r")); bytes.HasPrefix(rest, []byte("\n")) {
				s.pos = len(s.src) - len(rest) + 1
			}
		case c == '#':
			if end := bytes.IndexByte(s.src[s.pos:], '\n'); end >= 0 {
				s.pos += end
			} else {
				s.pos = len(s.src)
			}
		case c == '"' || c == '\'':
			return s.quoted()
		case isIdent(c):
			return s.word()
		default:
			s.pos++
			return token{signToken, string(c)}
		}
	}
	return token{}
}

// word is a name or, if it is the prefix of one, the string behind it.
func (s *pyScanner) word() token {
	start := s.pos
	for s.pos < len(s.src) && isIdent(s.src[s.pos]) {
		s.pos++
	}
	text := string(s.src[start:s.pos])
	if s.pos < len(s.src) && (s.src[s.pos] == '"' || s.src[s.pos] == '\'') && len(text) <= 2 && strings.Trim(text, "rRbBuUfFtT") == "" {
		return s.quoted()
	}
	return token{nameToken, text}
}

// quoted is the string at pos. One that does not end, as an apostrophe in what
// is no Python, is taken for a sign.
func (s *pyScanner) quoted() token {
	quote := s.src[s.pos : s.pos+1]
	long := bytes.Repeat(quote, 3)
	if bytes.HasPrefix(s.src[s.pos:], long) {
		quote = long
	}
	start := s.pos + len(quote)
	endless := slices.Contains(s.endless, string(quote))
	for i := start; i < len(s.src) && !endless; i++ {
		switch c := s.src[i]; {
		case c == '\\': // in raw strings too, a quote behind it is no end
			i++
		case c == '\n' && len(quote) == 1:
			s.pos = start
			return token{signToken, string(quote)}
		case bytes.HasPrefix(s.src[i:], quote):
			s.pos = i + len(quote)
			return token{stringToken, string(s.src[start:i])}
		}
	}
	if !endless {
		s.endless = append(s.endless, string(quote))
	}
	s.pos = start
	return token{signToken, string(quote)}
}
