// Command gclean removes unused packages and caches as conda clean does, without
// conda.
//
//	gclean --all --dry-run
//	gclean why numpy
//
// This package has flags, the question and the output. The libraries decide and remove.
// They do not know flags; this package turns their values into sentences, JSON, figures
// and exit codes.
//
// Each command is in a file with its name, with its flags and its RunE: clean.go,
// report.go, why.go. newRoot (root.go) adds them all. Without a command, gclean runs
// "gclean clean". cleanMeasured (clean.go) is one run of clean:
//
//	discover (setup.go)          where caches and environments are
//	planOptions (setup.go)       flags become options
//	cache.Prepare                the plan
//	cleanText or cleanJSON       show it
//	confirm (prompt.go)          ask, once
//	removal.Execute              carry it out
//	outcome                      the exit code
//
// text (text.go) is the output for people: first what conda prints, byte for byte, then
// what only gclean knows. Documents consist of object and list (json.go). quoted
// (output.go) prints names that were found on a disk, and escapes what would move the
// cursor.
//
// Each flag has a heading and a help text. The help (help.go), the man page (man.go),
// completions and the keys of gclean.yaml (config_file.go) are made from them.
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

// start runs gclean as a process, and returns its exit code. system looks at other
// processes; if it is nil, the library does. host says which host this is.
func start(system func() hold.System, host func() (name, machine string)) int {
	if startedAsUser() {
		return serve(context.Background(), system, os.Stdin, os.Stdout, os.Stderr)
	}
	// If the reader of a pipe goes away, the next write fails, and gclean reports that.
	// By default, SIGPIPE would end the process between two removals.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the process at once
	a := newApp(calledBy(os.Args[0]), os.Stdin, os.Stdout, os.Stderr)
	a.system, a.host = system, host
	return a.run(ctx, os.Args[1:])
}

// calledBy is the name by which a user calls the program at path: conda runs conda-gclean
// for "conda gclean".
func calledBy(path string) string {
	if name := strings.ToLower(filepath.Base(path)); strings.TrimSuffix(name, ".exe") == "conda-gclean" {
		return "conda gclean"
	}
	return "gclean"
}
