// Package order sorts lists of structs. It works like slices.SortFunc, with less machine
// code. slices.SortFunc is compiled again for each type of struct, 15 kB each time.
// gclean sorts about twenty types.
//
//	order.By(found, func(a, b Installer) int { return cmp.Compare(a.Process, b.Process) })
//
// Lists of pointers share one copy of slices.SortFunc, so they use it. Lists with
// millions of items use it too, because there every comparison counts.
package order

import "sort"

// By sorts list by compare, which returns a negative number if a comes before b. Equal
// items may change places.
func By[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

// Stable is like By, and keeps the order of equal items.
func Stable[T any](list []T, compare func(a, b T) int) {
	sort.SliceStable(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
