// Command gclean removes unused packages and caches as conda clean does, without
// conda.
//
//	gclean --all --dry-run
//	gclean why numpy
//
// This package has flags, the question and the output. What is decided and what is
// removed is in the libraries, which know no flags: here their values become
// sentences, JSON, figures and exit codes.
//
// A command is a file that is named after it, with its flags and its RunE: clean.go,
// report.go, why.go. newRoot (root.go) adds them all; without a command, gclean is
// "gclean clean". One run of clean is cleanMeasured (clean.go):
//
//	discover (setup.go)          where caches and environments are
//	planOptions (setup.go)       flags become options
//	cache.Prepare                the plan
//	cleanText or cleanJSON       show it
//	confirm (prompt.go)          ask, once
//	removal.Execute              carry it out
//	outcome                      the exit code
//
// Output for people is text (text.go), which prints what conda prints, byte for
// byte, before what only gclean knows. Documents are made of object and list
// (json.go). Names that were found on a disk are printed by quoted, which escapes
// what would move the cursor (output.go).
//
// Flags have a heading and a help text, of which the help (help.go), the man page
// (man.go), completions and the keys of gclean.yaml (config_file.go) are made.
package main

import (
	"context"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"

	"gclean/cache/hold"
)

func main() { os.Exit(start(nil, thisHost)) }

// start is gclean as a process, and returns its exit code. system looks at what else
// runs, as the library does where it is nil; host says which host this is.
func start(system func() hold.System, host func() (name, machine string)) int {
	if startedAsUser() {
		return serve(context.Background(), system, os.Stdin, os.Stdout, os.Stderr)
	}
	// A reader that goes away is an error of the next write, which is told;
	// by default the signal ends the process between two removals.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the process at once
	a := newApp(calledBy(os.Args[0]), os.Stdin, os.Stdout, os.Stderr)
	a.system, a.host = system, host
	return a.run(ctx, os.Args[1:])
}

// calledBy is how a person calls what runs as path: conda runs conda-gclean for
// "conda gclean".
func calledBy(path string) string {
	if name := strings.ToLower(filepath.Base(path)); strings.TrimSuffix(name, ".exe") == "conda-gclean" {
		return "conda gclean"
	}
	return "gclean"
}
