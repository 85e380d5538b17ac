package meta

import (
	"regexp"
	"strings"
)

// variable is $NAME, ${NAME} or %NAME% (custom_expandvars in
// conda/common/configuration.py).
const variable = `(?i)\$([_a-z][_a-z0-9]*)|\$\{([_a-z][_a-z0-9]*)\}|%([_a-z][_a-z0-9]*)%`

// expandVars puts values in the place of variables, those in extra first. A
// variable without a value stays as it is.
func (h Host) expandVars(s string, extra map[string]string) string {
	if !strings.ContainsAny(s, "$%") {
		return s
	}
	re := regexp.MustCompile(variable)
	return re.ReplaceAllStringFunc(s, func(match string) string {
		m := re.FindStringSubmatch(match)
		name := m[1] + m[2] + m[3]
		if v, ok := extra[name]; ok {
			return v
		}
		if h.Getenv != nil {
			if v, ok := h.Getenv(name); ok {
				return v
			}
		}
		return match
	})
}
