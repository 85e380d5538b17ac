// Package absence proves that a missing path no longer exists. Not finding a path does not
// prove that. The disk that it is on may not be mounted now, or an automounter may not
// answer. A symlink on the way may lead to such a place.
//
//	ways := new(absence.Ways)
//	err := ways.Prove("/scratch/ann/env", true)
//
// A nil error is the proof. With any other error, callers must treat the path as existing
// but unreadable. [ErrUnproven] means that only the failure to find it is known. A [Ways]
// caches what it has looked up, so use one for each look at a machine.
//
// The decision is a pure function (verdict.go) of facts about the place where the way to a
// path ends. ways.go collects the facts from the disk.
package absence
