package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache/hold"
	"gclean/internal/atomicfile"
	"gclean/internal/suggest"
	"gclean/internal/visible"
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
	// args are the command line, without the name.
	args []string
	// name is what gclean was called by: "conda gclean" as a subcommand of conda.
	name string
	// log takes the place of what people read, for --log-format.
	log *slog.Logger
	// image is the folder that was entered as the root, "" if none was.
	image string
	// mounted are the places in image where folders of the system around it are
	// mounted, as paths in image.
	mounted []string
	// outside are the files of the person that were begun before that.
	outside map[string]*atomicfile.File
	// now is the clock.
	now func() time.Time
	// soFar is what the run has changed: "nothing was removed", "removed 3 entries". It is
	// "" of what only looks, a dry run too.
	soFar string
	// cmd is the command that runs, nil until its flags are read.
	cmd *cobra.Command
	// configs are the configuration files of gclean that were read, and fromFile
	// the flags that have their values from them.
	configs, fromFile []string
	// system looks at the processes and mounts of this machine; nil is how the
	// library does it.
	system func() hold.System
	// patience is how long a completion may take.
	patience time.Duration
}

// cleanName is the name of the command that gclean is without one.
const cleanName = "clean"

// newApp is gclean as it was called by name. All that it prints goes through package
// visible, which takes out secrets.
func newApp(name string, stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{name: name, stdin: stdin, stdout: newOutput(stdout), screen: stdout, stderr: visible.Lines(stderr), now: time.Now, patience: completionTime}
}

// run runs a command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.args = args
	root := newRoot(a, args)
	root.SetArgs(spreadPaths(args, root.Flags()))
	code := a.exit(root.ExecuteContext(ctx))
	a.dropOutside()
	return code
}

// newRoot is gclean itself, which takes the flags of "gclean clean", so that
// "gclean -afy" stands where "conda clean -afy" stood. args are the command line.
func newRoot(a *app, args []string) *cobra.Command {
	root := newClean(a, "gclean")
	root.Annotations[cobra.CommandDisplayNameAnnotation] = a.name
	root.Version = build()
	root.SilenceErrors, root.SilenceUsage = true, true
	root.CompletionOptions.DisableDefaultCmd = true
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.SetHelpCommand(newHelp())
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		text := shortHelp(cmd)
		if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--help") }) {
			text = help(cmd)
		}
		fmt.Fprint(cmd.OutOrStdout(), text)
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		a.json = asksJSON(args)
		if invalid := (*pflag.InvalidValueError)(nil); errors.As(err, &invalid) {
			err = fmt.Errorf("--%s %w", invalid.GetFlag().Name, badValue(err))
		}
		unknown, meant := (*pflag.NotExistError)(nil), ""
		if errors.As(err, &unknown) {
			var names []string
			cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
			meant = didYouMean("--", unknown.GetSpecifiedName(), names)
		}
		return usageError{printable(err.Error()) + cmp.Or(meant, ".") + seeHelp(cmd)}
	})
	root.PersistentPreRunE = func(cmd *cobra.Command, _ []string) error {
		a.cmd = cmd
		if err := a.configure(cmd); err != nil {
			return err
		}
		return a.enterRoot(cmd)
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.AddCommand(newClean(a, cleanName), newInfo(a), newEnvs(a), newWhy(a), newLs(a), newReport(a), newRestore(a), newVerify(a), newSlim(a), newLintDockerfile(a), newCompletion(a), newMan(a))
	for _, cmd := range append(root.Commands(), root) {
		describe(cmd)
		a.completeFlags(cmd)
	}
	return root
}

// linter is the program that "gclean lint-dockerfile" runs, with a man page of its own.
const linter = "gclean-lint-dockerfile"

// newLintDockerfile is "gclean lint-dockerfile".
func newLintDockerfile(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "lint-dockerfile [--format FORMAT] FILE...",
		Short: "find caches of conda, mamba and pixi that stay in images",
		Long:  "Run " + linter + ", a separate program, with the same arguments.",
		Example: `gclean lint-dockerfile Dockerfile
gclean lint-dockerfile --format sarif Dockerfile > gclean.sarif`,
		DisableFlagParsing: true,
		ValidArgsFunction:  completeFiles,
		// It reads no configuration of gclean.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			program, err := findLinter()
			if err != nil {
				return usageError{linter + " is neither beside gclean nor in PATH: install it from the same release."}
			}
			c := exec.CommandContext(cmd.Context(), program, args...)
			c.Stdin, c.Stdout, c.Stderr = a.stdin, a.stdout, a.stderr
			err = c.Run()
			if written := a.stdout.commit(); written != nil {
				return outputError{err: written}
			}
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() > 0 {
				return status(exit.ExitCode())
			}
			return err
		},
	}
}

// findLinter finds the program beside this one, or in PATH.
func findLinter() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), linter+filepath.Ext(self))
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	return exec.LookPath(linter)
}

// noArguments refuses what is neither a flag nor the path of one.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		var names []string
		if cmd == cmd.Root() {
			for _, sub := range shownCommands(cmd) {
				names = append(names, sub.Name())
			}
		}
		return usageError{"unexpected argument " + strconv.Quote(args[0]) + cmp.Or(didYouMean("", args[0], names), ".") + seeHelp(cmd)}
	}
	return nil
}

// didYouMean ends a message about an unknown word, "" if none of the names is like it.
func didYouMean(before, word string, names []string) string {
	if name := suggest.Nearest(word, names); name != "" {
		return ": did you mean " + strconv.Quote(before+name) + "?"
	}
	return ""
}
