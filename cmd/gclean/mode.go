package main

import (
	"fmt"

	"github.com/spf13/pflag"

	"gclean/meta"
)

// modeFlags are the flags of commands that change something: what they may do, and how
// much they print. app says whether they print JSON.
type modeFlags struct {
	dryRun, yes, quiet bool
	verbosity          int
}

// modeUsage is the help of the flags whose meaning differs by command.
type modeUsage struct{ dryRun, json, quiet, verbose string }

// register adds the flags; json is app.json.
func (f *modeFlags) register(fs *pflag.FlagSet, json *bool, usage modeUsage) {
	fs.BoolVarP(&f.dryRun, "dry-run", "d", false, usage.dryRun)
	fs.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	registerJSON(fs, json, usage.json)
	fs.BoolVarP(&f.quiet, "quiet", "q", false, usage.quiet)
	fs.CountVarP(&f.verbosity, "verbose", "v", usage.verbose)
}

// registerJSON adds --json, the same flag in every command. p is app.json, which a
// configuration file can set, too.
func registerJSON(fs *pflag.FlagSet, p *bool, usage string) {
	fs.BoolVar(p, "json", false, usage)
}

// mode is what one run may do, and how much it prints.
type mode struct {
	yes, dryRun, quiet, verbose bool
}

// mode combines the flags and conda's configuration: each can only add. asks says that
// the command may have to ask a question, and aim what "yes" would do. If nobody would
// see the question, a flag has to answer it.
func (a *app) mode(f modeFlags, c *meta.Config, asks bool, aim string) (mode, error) {
	m := mode{
		yes:     f.yes || c.AlwaysYes,
		dryRun:  f.dryRun || c.DryRun,
		quiet:   f.quiet || c.Quiet,
		verbose: f.verbosity > 0 || c.Verbosity > 0,
	}
	a.json = a.json || c.JSON
	if m.dryRun {
		a.soFar = ""
	}
	if !asks || m.yes || m.dryRun {
		return m, nil
	}
	flag := ""
	switch {
	case a.json:
		flag = "--json"
	case a.log != nil:
		flag = "--log-format"
	default:
		return m, nil
	}
	return m, usageError{fmt.Sprintf("%s never asks: pass --yes %s, or --dry-run to look.", flag, aim)}
}
