package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"gclean/cache/quarantine"
	"gclean/cache/removal"
	"gclean/cache/verify"
	"gclean/installed"
	"gclean/meta"
	"gclean/slim"
	"gclean/walk"
)

// The exit codes. 0 and 2 mean the same as in conda.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitDoubt       = 3
	exitInterrupted = 130 // 128 + SIGINT, as in a shell
)

// exitCause is a row of exitTable: a reason why commands end with a code.
type exitCause struct {
	code     int
	cause    string
	commands string // their names; "" is every command
}

// exitTable lists all exit codes with their meanings. The help, the man pages and the
// table in README.md are made from it.
func exitTable() []exitCause {
	const (
		look   = "verify report ls why"
		change = "clean slim verify"
	)
	return []exitCause{
		{exitDone, "done", ""},
		{exitDone, `there was nothing to do, or the answer was "n"`, change},
		{exitFailed, "something could not be removed", change + " round"},
		{exitFailed, "something could not be put back", "round"},
		{exitFailed, "the mark could not be written", "mark"},
		{exitFailed, "something is broken or cannot be read", "verify"},
		{exitFailed, "a DIST is in no cache", "verify ls why"},
		{exitFailed, "something was not restored, or is not in quarantine", "restore"},
		{exitFailed, "a cache named with --pkgs-dir could not be read or changed", "clean report ls verify"},
		{exitFailed, "a mistake was found in a Dockerfile", "lint-dockerfile"},
		{exitFailed, "the output could not be written", ""},
		{exitUsage, "wrong usage", ""},
		{exitUsage, "the folder of --pkgs-dir does not exist or is not a cache", "clean restore " + look},
		{exitUsage, "a question that nobody can answer: no terminal, and no --yes", change},
		{exitUsage, "a Dockerfile cannot be read or understood", "lint-dockerfile"},
		{exitDoubt, "something was kept back for doubt, for freshness or for an installer at work", "clean verify"},
		{exitDoubt, "something was kept because a record or module cannot be read", "slim"},
		{exitDoubt, "something counts as held because it could not be read", "report"},
		{exitDoubt, "another round is open in a cache; a host has no complete mark, and nothing has changed; or something was kept in doubt", "round"},
		{exitDoubt, "the host does not see a cache of the round, or could not look at everything", "mark"},
		{exitInterrupted, "interrupted", "clean slim restore info envs round mark " + look},
	}
}

// exitCodes are the exit codes of a command, each "CODE cause; cause".
func exitCodes(cmd *cobra.Command) []string {
	name := cmd.Name()
	if !cmd.HasParent() {
		name = cleanName
	} else if cmd.Parent().HasParent() {
		name = cmd.Parent().Name() // of a round
	}
	return exitLines(func(c exitCause) bool {
		return c.commands == "" || slices.Contains(strings.Fields(c.commands), name)
	})
}

// exitLines has a line for each exit code that has a selected cause.
func exitLines(takes func(exitCause) bool) []string {
	var lines []string
	last := -1
	for _, c := range exitTable() {
		switch {
		case !takes(c):
		case c.code == last:
			lines[len(lines)-1] += "; " + c.cause
		default:
			lines = append(lines, fmt.Sprintf("%d %s", c.code, c.cause))
			last = c.code
		}
	}
	return lines
}

// status is an exit code whose cause was reported already.
type status int

func (s status) Error() string { return fmt.Sprintf("exit code %d", int(s)) }

// usageError is wrong usage, in a whole sentence.
type usageError struct{ message string }

func (e usageError) Error() string { return e.message }

// exit reports err in conda's form, and returns the exit code.
func (a *app) exit(err error) int {
	if err == nil {
		// Help and version are still in the buffer of stdout.
		if err = a.shown(); err == nil {
			return exitDone
		}
	}
	var (
		output outputError
		usage  usageError
		code   = codeOf(err)
	)
	switch {
	case errors.As(err, new(status)): // reported
		return code
	case errors.As(err, &usage):
		return a.fail("ArgumentError", usage.message, code)
	case errors.Is(err, meta.ErrUsage):
		return a.fail("ArgumentError", told(err), code)
	case errors.As(err, &output):
		a.json = a.json && output.file != "" // without a place to write the document
		return a.fail("OutputError", output.Error(), code)
	case errors.Is(err, context.Canceled):
		return a.fail("Interrupted", cmp.Or(a.soFar, "the command did not finish"), code)
	}
	return a.fail("GcleanError", told(err), code)
}

// codeOf is the exit code of an error.
func codeOf(err error) int {
	var code status
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &code):
		return int(code)
	case errors.As(err, new(usageError)), errors.Is(err, meta.ErrUsage):
		return exitUsage
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.As(err, new(keptError)):
		return exitDoubt
	}
	return exitFailed
}

// fail reports an error in the form of conda's errors.
func (a *app) fail(name, message string, code int) int {
	message = printable(message)
	if a.log != nil {
		a.log.Error(message, "error", name)
	} else {
		fmt.Fprintf(a.stderr, "\n%s: %s\n\n", name, message)
	}
	if !a.json {
		return code
	}
	a.stdout.WriteString(errorDocument(name, message))
	if err := a.stdout.commit(); err != nil {
		fmt.Fprintf(a.stderr, "cannot write the output: %s\n", printable(err.Error()))
	}
	return code
}

// judged is a plan of clean or of slim.
type judged interface {
	// Failed says whether gclean could not do a part of its task.
	Failed() bool
	// KeptBack says whether gclean kept something that a later run may remove.
	KeptBack() bool
}

// ended is the outcome of a removal; nil if none began.
type ended struct {
	err      error // the error of the context, if the run was interrupted
	failures int
}

// endOf is the outcome of clean; nil if nothing was carried out.
func endOf(res *removal.Result) *ended {
	if res == nil {
		return nil
	}
	return &ended{res.Err, len(res.Failures)}
}

// endOfSlim is the same for slim.
func endOfSlim(res *slim.Result) *ended {
	if res == nil {
		return nil
	}
	return &ended{res.Err, len(res.Failures)}
}

// succeeded says whether everything that was asked for was done, or can be done.
func succeeded(p judged, e *ended) bool {
	return !p.Failed() && (e == nil || e.err == nil && e.failures == 0)
}

// outcome is the exit code for a plan that was shown, and carried out if e is not nil. An
// interruption overrides a failure, and a failure overrides a doubt.
func outcome(p judged, e *ended) error {
	switch {
	case e != nil && interrupted(e.err):
		return status(exitInterrupted)
	case !succeeded(p, e):
		return status(exitFailed)
	case p.KeptBack():
		return status(exitDoubt)
	}
	return nil
}

// interrupted says whether an error means that somebody ended the run.
func interrupted(err error) bool { return errors.Is(err, context.Canceled) }

// errorCode is a word for an error. Scripts can rely on it.
func errorCode(err error) string {
	for _, c := range errorCodes() {
		if c.is(err) {
			return c.code
		}
	}
	return "other"
}

// codedErrors are errors that scripts can distinguish.
type codedErrors struct {
	code string
	is   func(error) bool
}

// errorCodes are the codes of errors. The first match counts; "other" is for all others.
func errorCodes() []codedErrors {
	one := func(target ...error) func(error) bool {
		return func(err error) bool {
			return slices.ContainsFunc(target, func(t error) bool { return errors.Is(err, t) })
		}
	}
	return []codedErrors{
		{"interrupted", one(context.Canceled)},
		{"locked", func(err error) bool { return errors.As(err, new(*removal.LockTimeoutError)) }},
		{"still_open", one(walk.ErrStillOpen)},
		{"no_archive", one(verify.ErrNoArchive)},
		{"broken_archive", one(verify.ErrBrokenArchive)},
		{"archive_itself", one(verify.ErrArchiveItself)},
		{"unproven", one(verify.ErrUnproven, installed.ErrUnproven)},
		{"no_quarantine", one(removal.ErrNoQuarantine)},
		{"occupied", func(err error) bool { return errors.As(err, new(*removal.OccupiedError)) }},
		{"refused_quarantine", func(err error) bool { return errors.As(err, new(*quarantine.RefusedError)) }},
		{"foreign_trash", one(verify.ErrForeignTrash)},
		{"no_package", one(installed.ErrNoPackage)},
		{"made_by_installer", one(installed.ErrMade)},
		{"installer_running", one(installed.ErrInstallerRuns)},
		{"no_space", walk.IsFull},
		{"read_only", one(syscall.EROFS)},
		{"busy", one(syscall.EBUSY)},
		{"permission_denied", one(fs.ErrPermission)},
		{"not_found", one(fs.ErrNotExist)},
		{"input_output", one(syscall.EIO)},
	}
}
