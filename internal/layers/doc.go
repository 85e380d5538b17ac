// Package layers tests the plan of the house: which package may import which,
// and how large files and folders may get. It has no code but its tests, and
// reads what "go list" says, for every system that gclean is built for.
//
// The layers are listed in arrows_test.go, the lowest first. A package imports
// only what lies in a layer below its own:
//
//	cmd/gclean -> cache/removal -> cache -> cache/hold -> meta -> walk
//
// A new package has to be added to that list. ARCHITECTURE.md says what each
// package knows.
package layers
