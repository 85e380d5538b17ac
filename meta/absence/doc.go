// Package absence proves that what is missing is gone. That nothing is found at a
// path does not say so: the disk that it is on may not be mounted now, an
// automounter may not answer, a symlink on the way may lead to such a place.
//
//	ways := new(absence.Ways)
//	err := ways.Prove("/scratch/ann/env", true)
//
// A nil error is the proof. Any other says that the path has to count as there and
// unreadable; [ErrUnproven] that nothing more is known than that nothing is found.
// What a [Ways] has looked up once it does not ask again, so it is for one look at
// a machine.
//
// What decides is pure (verdict.go): facts about the place at which the way to a
// path ends. ways.go finds them on the disk.
package absence
