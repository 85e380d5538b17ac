// Package units formats sizes, counts and durations for people, everywhere in the same
// way.
package units

import (
	"fmt"
	"math"
)

// Bytes is n as conda prints it: powers of 1024 with the names of powers of 1000, and
// whole kilobytes rounded to even.
func Bytes(n int64) string {
	if n < 1024 {
		return fmt.Sprintf("%d B", n)
	}
	k := float64(n) / 1024
	if k < 1024 {
		return fmt.Sprintf("%.0f KB", math.RoundToEven(k))
	}
	m := k / 1024
	if m < 1024 {
		return fmt.Sprintf("%.1f MB", m)
	}
	return fmt.Sprintf("%.2f GB", m/1024)
}
