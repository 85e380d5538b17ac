package meta

import "strings"

// expandVars replaces variables by their values: $NAME, ${NAME} or %NAME%
// (custom_expandvars in conda/common/configuration.py). Those in extra take precedence. A
// variable without a value remains as it is.
func (h Host) expandVars(s string, extra map[string]string) string {
	if !strings.ContainsAny(s, "$%") {
		return s
	}
	var b strings.Builder
	for s != "" {
		i := strings.IndexAny(s, "$%")
		if i < 0 {
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		name, length := variable(s)
		value, ok := extra[name]
		if !ok && length > 0 && h.Getenv != nil {
			value, ok = h.Getenv(name)
		}
		switch {
		case length == 0:
			b.WriteString(s[:1])
			s = s[1:]
		case ok:
			b.WriteString(value)
			s = s[length:]
		default:
			b.WriteString(s[:length])
			s = s[length:]
		}
	}
	return b.String() + s
}

// variable returns the name of the variable at the start of s, which begins with "$" or
// "%", and its length in s. The length is 0 if it is not a variable.
func variable(s string) (name string, length int) {
	before, after := 1, ""
	switch {
	case s[0] == '%':
		after = "%"
	case strings.HasPrefix(s, "${"):
		before, after = 2, "}"
	}
	end := before
	for end < len(s) && isNameByte(s[end], end > before) {
		end++
	}
	if end == before || !strings.HasPrefix(s[end:], after) {
		return "", 0
	}
	return s[before:end], end + len(after)
}

// isNameByte reports whether c can be in a name: string.Template.idpattern of Python.
// digits says whether digits are allowed.
func isNameByte(c byte, digits bool) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || digits && '0' <= c && c <= '9'
}
