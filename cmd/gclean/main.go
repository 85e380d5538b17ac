// Command gclean removes unused packages and caches as conda clean does,
// without conda.
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

func main() { os.Exit(start(nil)) }

// start is gclean as a process, and returns its exit code. system looks at what else
// runs, as the library does where it is nil.
func start(system func() hold.System) int {
	// A reader that goes away is an error of the next write, which is told;
	// by default the signal ends the process between two removals.
	signal.Ignore(syscall.SIGPIPE)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the second Ctrl-C ends the process at once
	a := newApp(calledBy(os.Args[0]), os.Stdin, os.Stdout, os.Stderr)
	a.system = system
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
