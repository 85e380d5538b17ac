package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strconv"

	"github.com/spf13/cobra"
)

// app is what the commands of one run share.
type app struct {
	stdin  io.Reader
	stdout *output
	screen io.Writer // what stdout writes to
	stderr io.Writer
	// json says that stdout gets one JSON document and nothing else, errors
	// included.
	json bool
	// log takes the place of what people read, for --log-format.
	log *slog.Logger
	// image is the folder that was entered as the root, "" if none was.
	image string
	// outside are the files of the person that were begun before that.
	outside map[string]*atomicFile
	// configs are the configuration files of gclean that were read, and fromFile
	// the flags that have their values from them.
	configs, fromFile []string
}

// run runs the command line args and returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	a := &app{stdin: stdin, stdout: newOutput(stdout), screen: stdout, stderr: stderr, json: asksJSON(args)}
	root := newRoot(a)
	root.SetArgs(spreadPaths(args, root.Flags()))
	return a.exit(root.ExecuteContext(ctx))
}

// newRoot is gclean itself, which takes the flags of "gclean clean", so that
// "gclean -afy" stands where "conda clean -afy" stood.
func newRoot(a *app) *cobra.Command {
	root := newClean(a, "gclean")
	root.Version = version()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		return usageError{printable(err.Error()) + ". See 'gclean --help'."}
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := a.configure(cmd); err != nil {
			return err
		}
		return a.enterRoot(cmd)
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.AddCommand(newClean(a, "clean"), newInfo(a), newEnvs(a), newWhy(a), newLs(a), newReport(a), newVerify(a), newSlim(a))
	return root
}

// noArguments refuses what is neither a flag nor the path of one.
func noArguments(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{"unexpected argument " + strconv.Quote(args[0]) + ". See 'gclean --help'."}
	}
	return nil
}

// setHelp sets the whole help of a command. A template would do, but with
// text/template in it the linker can leave out next to nothing.
func setHelp(cmd *cobra.Command, help string) {
	cmd.SetHelpFunc(func(cmd *cobra.Command, _ []string) { fmt.Fprint(cmd.OutOrStdout(), help) })
}
