package units

import "strconv"

// Count is a number with its noun: "1 entry", "2 entries".
func Count(n int, one, several string) string {
	if n == 1 {
		return "1 " + one
	}
	return strconv.Itoa(n) + " " + several
}
