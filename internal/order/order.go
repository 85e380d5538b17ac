// Package order sorts lists of structs. It does what slices.SortFunc does, in less
// machine code: slices.SortFunc is compiled again for each type of struct, 15 kB
// every time, and gclean sorts some twenty types.
//
//	order.By(found, func(a, b Installer) int { return cmp.Compare(a.Process, b.Process) })
//
// Lists of pointers share one copy of slices.SortFunc, and are sorted by that. So is
// what a run sorts by the million, where every comparison counts.
package order

import "sort"

// By sorts list by compare, which returns a negative number where a comes before b.
// Equal items may change places.
func By[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

// Stable is By that leaves equal items in their order.
func Stable[T any](list []T, compare func(a, b T) int) {
	sort.SliceStable(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
