// Package dockerlint finds in a Dockerfile where the caches of conda, mamba, micromamba
// and pixi stay in an image: an install that is not cleaned up in its RUN, cleaning that
// comes too late, caches that COPY takes along. It reads the file and nothing else.
//
//	res, err := dockerlint.Check(dockerfile, dockerlint.Options{})
//	for _, f := range res.Findings {
//		fmt.Printf("%d: %s [%s]\n", f.Line, f.Message, f.Rule.Code())
//	}
//
// A file is a list of stages (stage.go), each a list of instructions (source.go). What a
// RUN does is a list of commands (script.go, wrappers.go), each of which may fill caches
// (install.go), or empty them (clean.go, remove.go). What a command leaves is followed
// to the end of its RUN, which is a layer, and to the end of its stage, of which COPY
// takes files (check.go). Only the stage that becomes the image counts, those that it is
// built from, and those that it copies from.
//
// In doubt there is no finding: a script that is not in the file may clean, and so may
// a shell that is not understood.
package dockerlint
