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
	"gclean/meta"
)

// app has what the commands of one run share.
type app struct {
	stdin  io.Reader
	stdout *output
	screen io.Writer // the writer behind stdout
	stderr io.Writer
	// json says that stdout gets one JSON document and nothing else, even for errors.
	json bool
	// args are the command line, without the name. unread says that its flags are wrong.
	args   []string
	unread bool
	// name is the name by which gclean was called: "conda gclean" as a subcommand of
	// conda.
	name string
	// log replaces the output for people, for --log-format.
	log *slog.Logger
	// image is the folder that the process entered as its root, or "".
	image string
	// mounted are the places where folders of the surrounding system are mounted in
	// image, as paths in image.
	mounted []string
	// outside are the files of the user that were opened before the process entered
	// image.
	outside map[string]*atomicfile.File
	// now is the clock.
	now func() time.Time
	// soFar says what the run has changed: "nothing was removed", "removed 3 entries". It
	// is "" in a dry run, and for commands that only look.
	soFar string
	// cmd is the running command; nil until its flags are read.
	cmd *cobra.Command
	// configs are the configuration files of gclean that were read. fromFile are the
	// flags that got their values from them.
	configs, fromFile []string
	// system looks at the processes and mounts of this machine. If it is nil, the library
	// does.
	system func() hold.System
	// machine returns where this machine has its users and configuration.
	machine func() meta.Host
	// etc is the folder of its configuration.
	etc string
	// host says which host this is: by its name, and by what tells it from all others.
	host func() (name, machine string)
	// patience limits the time of a completion.
	patience time.Duration
}

// cleanName is the name of the command that runs if none is given.
const cleanName = "clean"

// newApp is gclean, called by name. All its output goes through package visible, which
// hides secrets.
func newApp(name string, stdin io.Reader, stdout, stderr io.Writer) *app {
	return &app{name: name, stdin: stdin, stdout: newOutput(stdout), screen: stdout, stderr: visible.Lines(stderr), now: time.Now, patience: completionTime, machine: meta.CurrentHost, etc: "/etc", host: thisHost}
}

// run runs a command line and returns the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	a.args = args
	root := newRoot(a, args)
	root.SetArgs(spreadPaths(args, root.Flags()))
	cmd, err := root.ExecuteContextC(ctx)
	if err != nil && !a.json && !errors.As(err, new(status)) {
		a.json = a.errorsAreJSON(cmd)
	}
	code := a.exit(err)
	a.dropOutside()
	return code
}

// newRoot is gclean itself. It takes the flags of "gclean clean", so that "gclean -afy"
// can replace "conda clean -afy". args are the command line.
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
		a.unread = true
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
		if err := a.configure(cmd); err != nil {
			return err
		}
		a.cmd = cmd
		return a.enterRoot(cmd)
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.AddCommand(newClean(a, cleanName), newInfo(a), newEnvs(a), newWhy(a), newLs(a), newReport(a), newRestore(a), newVerify(a), newSlim(a), newRound(a), newMark(a), newLintDockerfile(a), newCompletion(a), newMan(a))
	for _, cmd := range allCommands(root) {
		describe(cmd)
		a.completeFlags(cmd)
	}
	return root
}

// allCommands are the commands of root, and root itself.
func allCommands(root *cobra.Command) []*cobra.Command {
	var list []*cobra.Command
	for _, cmd := range root.Commands() {
		list = append(list, allCommands(cmd)...)
	}
	return append(list, root)
}

// linter is the program that "gclean lint-dockerfile" runs. It has its own man page.
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
		// The linter reads no gclean.yaml.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE: func(cmd *cobra.Command, args []string) error {
			program, err := findLinter()
			if err != nil {
				return usageError{linter + " is neither beside gclean nor in PATH: install it from the same release."}
			}
			c := exec.CommandContext(cmd.Context(), program, args...)
			c.Stdin, c.Stdout, c.Stderr = a.stdin, a.stdout, a.stderr
			err = c.Run()
			if written := a.shown(); written != nil {
				return written
			}
			if exit := (*exec.ExitError)(nil); errors.As(err, &exit) && exit.ExitCode() > 0 {
				return status(exit.ExitCode())
			}
			return err
		},
	}
}

// findLinter finds the program beside this one or in PATH.
func findLinter() (string, error) {
	if self, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(self), linter+filepath.Ext(self))
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	return exec.LookPath(linter)
}

// noArguments refuses arguments that are neither flags nor values of flags.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		var names []string
		if cmd.HasSubCommands() {
			for _, sub := range shownCommands(cmd) {
				names = append(names, sub.Name())
			}
		}
		return usageError{"unexpected argument " + strconv.Quote(args[0]) + cmp.Or(didYouMean("", args[0], names), ".") + seeHelp(cmd)}
	}
	return nil
}

// didYouMean ends a message about an unknown word. It is "" if no name is similar.
func didYouMean(before, word string, names []string) string {
	if name := suggest.Nearest(word, names); name != "" {
		return ": did you mean " + strconv.Quote(before+name) + "?"
	}
	return ""
}
