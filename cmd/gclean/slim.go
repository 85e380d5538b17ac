package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/meta"
	"gclean/slim"
)

// slimFlags are the flags of "gclean slim".
type slimFlags struct {
	configFlags
	modeFlags
	root dir
	// rootPrefix is the installation that has the environment of name.
	rootPrefix dir
	kinds      map[slim.Kind]*bool
	jobs       int
	name       string // of the environment, instead of its path
	// frozen allows to change a frozen environment.
	frozen  bool
	allSafe bool
	values  map[slim.Kind]*wordList // values of the kinds that have one
}

// newSlim is "gclean slim".
func newSlim(a *app) *cobra.Command {
	f := &slimFlags{kinds: map[slim.Kind]*bool{}, values: map[slim.Kind]*wordList{slim.Locales: {name: "LANGS"}, slim.Terminfo: {name: "TERMS"}}}
	cmd := &cobra.Command{
		Use:   "slim PREFIX | -n NAME",
		Short: "remove from an environment what an image does not need",
		Example: `gclean slim /opt/conda
gclean slim /opt/conda --all-safe --yes
gclean slim -n base --tests --docs --dry-run`,
		Annotations: common("all-safe", "docs", "tests", "name", "dry-run", "yes", "verbose"),
		Long: `Remove from an environment what a finished image does not need, and the folders
that this leaves empty. Without a kind, show what each kind would free, and
remove nothing.

Files that are also hard-linked into a package cache are freed only when you
clean that cache, too. In an image, do both in one RUN:
gclean slim PREFIX --pycache -y && gclean -afy`,
		Args: func(cmd *cobra.Command, args []string) error {
			switch {
			case cmd.Flags().Changed("name") && len(args) > 0:
				return usageError{fmt.Sprintf("%s takes one environment: pass its path or --name, not both.%s", cmd.CommandPath(), seeHelp(cmd))}
			case cmd.Flags().Changed("name"):
				return nil
			case len(args) == 0:
				return usageError{fmt.Sprintf("%[1]s needs the path of an environment, e.g. '%[1]s /opt/conda'.%s", cmd.CommandPath(), seeHelp(cmd))}
			case len(args) > 1:
				return usageError{fmt.Sprintf("%s takes one environment: unexpected %s.%s", cmd.CommandPath(), quoted(args[1]), seeHelp(cmd))}
			case args[0] == "":
				return usageError{"the path of the environment is empty."}
			}
			return nil
		},
		ValidArgsFunction: a.completeOnePrefix,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.slim(cmd.Context(), f, strings.Join(args, "")) },
	}
	f.register(cmd.Flags(), &a.json)
	return cmd
}

func (f *slimFlags) register(fs *pflag.FlagSet, json *bool) {
	section(fs, "Kinds of files to remove, among those that the environment's records list", func(fs *pflag.FlagSet) {
		for _, k := range slim.Kinds() {
			if list := f.values[k]; list != nil {
				fs.Var(list, k.String(), kindUsage(k))
				continue
			}
			f.kinds[k] = fs.Bool(k.String(), false, kindUsage(k))
		}
		fs.BoolVar(&f.allSafe, "all-safe", false, "remove all kinds that no program in the environment needs: "+strings.Join(flagsOf(slim.SafeKinds()), ", "))
	})
	section(fs, placeHeading, func(fs *pflag.FlagSet) {
		fs.Var(&f.root, "root", "look only inside DIR, the root of an image or chroot; PREFIX is a path inside it")
		fs.VarP(word{&f.name, "NAME"}, "name", "n", "slim the environment called NAME, instead of PREFIX")
		fs.Var(&f.rootPrefix, "root-prefix", "find the environment of --name in the conda installation in DIR")
		fs.BoolVar(&f.frozen, "override-frozen", false, "change the environment even if conda-meta/frozen protects it")
		f.configFlags.register(fs)
	})
	section(fs, "Output and prompt", func(fs *pflag.FlagSet) {
		f.modeFlags.register(fs, json, modeUsage{
			dryRun:  "show what would be removed, remove nothing",
			json:    "print one JSON document; with a kind it needs --yes or --dry-run",
			quiet:   "print only what went wrong, and one line about what was removed",
			verbose: "name every file, and say why gclean keeps it",
		})
		registerJobs(fs, &f.jobs, "read or change up to N folders at a time")
	})
}

// asked says whether a kind was asked for.
func (f *slimFlags) asked(k slim.Kind) bool {
	if list := f.values[k]; list != nil {
		return len(list.words) > 0
	}
	return *f.kinds[k] || f.allSafe && slices.Contains(slim.SafeKinds(), k)
}

// flagsOf are the flags of kinds.
func flagsOf(kinds []slim.Kind) []string {
	var list []string
	for _, k := range kinds {
		list = append(list, "--"+k.String())
	}
	return list
}

// kindUsage is the help of the flag of a kind.
func kindUsage(k slim.Kind) string {
	switch k {
	case slim.Bytecode:
		return "bytecode that Python makes again (__pycache__/*.pyc beside the source), even if no record lists it"
	case slim.StaticLibs:
		return "static libraries (*.a), unless a program compiles, links or needs them"
	case slim.SourceMaps:
		return "source maps (*.js.map)"
	case slim.Docs:
		return "man pages, share/doc, info and gtk-doc, except licences and files that a program reads"
	case slim.Tests:
		return "test folders of Python and its packages, unless something else imports from them or names them"
	case slim.Headers:
		return "the folder include, unless there is a compiler. Headers stay that packages such as torch compile against while they run"
	case slim.History:
		return "the text of conda-meta/history: revisions and requested packages. The empty file stays, because conda recognizes environments by it"
	case slim.Sanitizers:
		return "sanitizer libraries (lib*san.so*), unless there is a compiler or something needs them"
	case slim.Idle:
		return "idlelib, turtledemo and ensurepip, unless a package imports them. python -m venv then needs --without-pip"
	case slim.Sources:
		return "*.pyx, *.c and *.cpp beside the module compiled from them, unless there is a compiler or a program reads them"
	case slim.Locales:
		return "translations, except into LANGS, such as en,de,pt_BR"
	case slim.Terminfo:
		return "terminal descriptions, except of TERMS, such as xterm*,linux,screen*"
	}
	return ""
}

// slimKeys are the flags of slim that no configuration file can set. Only somebody who
// knows the image can choose them.
func slimKeys() []string {
	names := []string{"name", "override-frozen", "all-safe"}
	for _, k := range slim.Kinds() {
		names = append(names, k.String())
	}
	return names
}

// slim makes the plan for an environment, shows it, asks once, and carries it out.
// Without a kind, it shows what each kind would free.
func (a *app) slim(ctx context.Context, f *slimFlags, prefix string) error {
	if !f.dryRun && slices.ContainsFunc(slim.Kinds(), f.asked) {
		a.soFar = nothingRemoved
	}
	host := a.machine()
	if f.root != "" {
		host = meta.ImageHost()
		if f.name == "" && !filepath.IsAbs(prefix) {
			return usageError{printable(prefix) + ": with --root, it must be an absolute path inside that root."}
		}
	}
	config, err := host.Configure(ctx, meta.Options{RootPrefix: meta.Value{Path: absolute(string(f.rootPrefix)), Source: "--root-prefix"}})
	if err != nil {
		return err
	}
	if f.name != "" {
		if prefix, err = config.Named(f.name); err != nil {
			return a.noName(config, f.name, err)
		}
	}
	o := slim.Options{Prefix: absolute(prefix), Homes: host.Homes(), Jobs: f.jobs, Frozen: f.frozen, Languages: f.values[slim.Locales].words, Terms: f.values[slim.Terminfo].words}
	for _, k := range slim.Kinds() {
		if f.asked(k) {
			o.Kinds = append(o.Kinds, k)
		}
	}
	look := len(o.Kinds) == 0 // nothing will be removed
	f.dryRun = f.dryRun || look
	m, err := a.mode(f.modeFlags, config, true, "to remove")
	if err != nil {
		return err
	}
	plan, err := slim.Prepare(ctx, o)
	if err != nil {
		return slimError(ctx, o.Prefix, err)
	}
	s := slimRun{app: a, plan: plan, remove: slim.RemoveOptions{Jobs: f.jobs}, t: text{
		out: a.stdout, err: a.stderr, image: a.image, quiet: m.quiet, verbose: m.verbose,
	}}
	switch {
	case a.json:
		return s.runJSON(ctx, m.dryRun)
	case look:
		return s.compare()
	}
	return s.runText(ctx, m)
}

// slimError distinguishes wrong usage from other errors.
func slimError(ctx context.Context, prefix string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.As(err, new(*slim.FrozenError)) {
		return usageError{told(err)}
	}
	for _, usage := range []error{slim.ErrNoEnvironment, slim.ErrRefused, fs.ErrNotExist, syscall.ELOOP} {
		if errors.Is(err, usage) {
			return usageError{told(err) + printable(nearEnvironment(prefix))}
		}
	}
	return err
}

// slimRun is one run of "gclean slim".
type slimRun struct {
	*app
	t      text
	plan   *slim.Plan
	remove slim.RemoveOptions
}
