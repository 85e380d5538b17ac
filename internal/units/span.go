package units

import (
	"strconv"
	"strings"
	"time"
)

// day is the unit for many hours.
const day = 24 * time.Hour

// Span is the time since something: a whole number of its largest unit, as flags accept
// it, such as "3s", "5m", "12h" and "1d". It is rounded down.
func Span(d time.Duration) string {
	d = max(d, 0)
	unit, name := unitOf(func(unit time.Duration) bool { return d >= unit })
	return strconv.FormatInt(int64(d/unit), 10) + name
}

// Setting is a duration that a user chose. It is like Span if that is exact, else as Go
// writes it ("1m30s").
func Setting(d time.Duration) string {
	unit, name := unitOf(func(unit time.Duration) bool { return d != 0 && d%unit == 0 })
	if d%unit != 0 {
		return strings.Replace(d.String(), "µ", "u", 1) // which Go reads, too
	}
	return strconv.FormatInt(int64(d/unit), 10) + name
}

// unitOf is the largest unit that fits, or seconds.
func unitOf(fits func(unit time.Duration) bool) (time.Duration, string) {
	switch {
	case fits(day):
		return day, "d"
	case fits(time.Hour):
		return time.Hour, "h"
	case fits(time.Minute):
		return time.Minute, "m"
	}
	return time.Second, "s"
}
