// Package dockerlint finds where the caches of conda, mamba, micromamba and pixi remain
// in the image that a Dockerfile builds. They remain after an install that its RUN does
// not clean up, after cleaning that is too late, or in a COPY. It reads only the file.
//
//	res, err := dockerlint.Check(dockerfile, dockerlint.Options{})
//	for _, f := range res.Findings {
//		fmt.Printf("%d: %s [%s]\n", f.Line, f.Message, f.Rule.Code())
//	}
//
// A file is a list of stages (stage.go), and each stage is a list of instructions
// (source.go). A RUN is a list of commands (script.go, wrappers.go). Each command may
// fill caches (install.go) or empty them (clean.go, remove.go). The check (check.go)
// follows what a command leaves to the end of its RUN, which is a layer. Then it follows
// it to the end of the stage, from which COPY takes files. It counts only the stage that
// becomes the image, the stages that it is built from, and those that it copies from.
//
// In doubt, there is no finding. A script that is not in the file may clean, and so may a
// shell that the check does not understand.
package dockerlint
