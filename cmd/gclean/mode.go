package main

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"gclean/internal/trust"
	"gclean/meta"
	"gclean/walk/open"
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

// typed says whether the command line has a flag, with whatever value.
func (a *app) typed(name string) bool {
	return a.cmd != nil && a.cmd.Flags().Changed(name) && !a.fileSays(name)
}

// alsoJSON prints JSON if conda's configuration asks for it, unless the flag or gclean.yaml
// says no.
func (a *app) alsoJSON(conda bool) {
	a.json = a.json || conda && !a.typed("json") && !a.fileSays("json")
}

// mode combines the flags and conda's configuration: each can only add, except that a flag
// on the command line, such as --dry-run=false, overrides the configuration. asks says
// that the command may have to ask a question, and aim what "yes" would do. If nobody
// would see the question, a flag has to answer it.
func (a *app) mode(f modeFlags, c *meta.Config, asks bool, aim string) (mode, error) {
	m := mode{
		yes:     f.yes || c.AlwaysYes && !a.typed("yes"),
		dryRun:  f.dryRun || c.DryRun && !a.typed("dry-run"),
		quiet:   f.quiet || c.Quiet && !a.typed("quiet"),
		verbose: f.verbosity > 0 || c.Verbosity > 0 && !a.typed("verbose"),
	}
	a.alsoJSON(c.JSON)
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

// errorsAreJSON says whether the error of a run is printed as JSON, although the run ended
// before all flags and files were read. cmd is the command, as far as it is known.
func (a *app) errorsAreJSON(cmd *cobra.Command) bool {
	asked := ""
	switch f := cmd.Flags().Lookup("format"); {
	case cmd.DisableFlagParsing: // lint-dockerfile, which reads no configuration
		return askedFormat(a.args) == "json"
	case a.unread:
		asked = askedFormat(a.args)
	case cmd.Flags().Changed("json"):
		return false
	case f != nil && f.Changed:
		asked = f.Value.String()
	}
	if asked != "" && !(asked == "table" && a.fileSays("format")) {
		return asked == "json"
	}
	if a.cmd == nil {
		if asks, said := a.fileAsksJSON(cmd); said {
			return asks
		}
	}
	return a.condaAsksJSON(cmd)
}

// askedFormat is the format that args ask for: "json", "text" for --json=false, or a word
// such as "csv". It is "" if they do not choose.
func askedFormat(args []string) string {
	asked := ""
	for i, arg := range args {
		name, value, inOne := strings.Cut(arg, "=")
		switch name {
		case "--":
			return asked
		case "--json":
			asks, err := strconv.ParseBool(value)
			switch {
			case !inOne || asks:
				asked = "json"
			case err == nil:
				asked = "text"
			}
		case "--format", "--console":
			if !inOne && i+1 < len(args) {
				value = args[i+1]
			}
			if slices.Contains([]string{"json", "csv", "markdown", "html", "sarif"}, value) {
				asked = value
			}
		}
	}
	return asked
}

// fileAsksJSON says whether gclean.yaml asks for JSON, and whether it says anything about
// that. It looks for this key alone: others may be wrong.
func (a *app) fileAsksJSON(cmd *cobra.Command) (asks, said bool) {
	flags := cmd.Flags()
	if none, _ := flags.GetBool("no-config"); none || flags.Changed("root") {
		return false, false
	}
	files := usualConfigs(a.etc)
	if flags.Changed("config") {
		files = []string{valueOf(cmd, "config")}
	}
	for _, path := range files {
		data, fi, err := open.ReadRegular(path, maxConfig)
		if err != nil || trust.Written(fi) != nil {
			continue
		}
		keys := map[string]yaml.Node{}
		if yaml.Unmarshal(data, &keys) != nil {
			continue
		}
		if key, is := keys["json"]; is {
			said = true
			asks, _ = strconv.ParseBool(spelled(cmd.Root().Flags().Lookup("json"), key.Value))
		}
	}
	return asks, said
}

// condaAsksJSON says whether conda's configuration asks for JSON.
func (a *app) condaAsksJSON(cmd *cobra.Command) bool {
	host := a.machine()
	if cmd.Flags().Changed("root") {
		host = meta.ImageHost()
		if a.image == "" { // not entered: only variables count
			host = meta.Host{Getenv: host.Getenv, UID: host.UID}
		}
	}
	ctx := context.WithoutCancel(cmd.Context()) // the run may have been interrupted
	return host.AsksJSON(ctx, meta.Options{RootPrefix: meta.Value{Path: absolute(valueOf(cmd, "root-prefix"))}})
}
