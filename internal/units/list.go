package units

import (
	"strconv"
	"strings"
)

// List is the first of the names, as many as most, and how many more there are: "a, b and
// 3 more".
func List(names []string, most int) string {
	if n := len(names) - most; n > 0 {
		return strings.Join(names[:most], ", ") + " and " + strconv.Itoa(n) + " more"
	}
	return strings.Join(names, ", ")
}
