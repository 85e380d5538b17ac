package main

import (
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/cache"
)

// placeHeading is the heading of the flags that say where to look.
const placeHeading = "Where to look"

// placeFlags say where to look.
type placeFlags struct {
	configFlags
	pkgsDirs, prefixes, envsDirs, search dirList
	gone                                 dirList
	rootPrefix                           dir
	root                                 dir // gclean looks only inside it; the process has entered it before
	allUsers                             bool
}

func (f *placeFlags) register(fs *pflag.FlagSet) {
	section(fs, placeHeading, func(fs *pflag.FlagSet) {
		f.registerCaches(fs)
		fs.Var(&f.prefixes, "prefix", "also look at the environment DIR; repeatable")
		fs.Var(&f.envsDirs, "envs-dir", "also look at the environments in DIR; repeatable")
		fs.Var(&f.search, "search", "look for environments below DIR, and on local file systems mounted there; repeatable")
		fs.Var(&f.gone, "gone", "treat the environment DIR as gone for good, even if it cannot be read; repeatable")
		fs.BoolVar(&f.allUsers, "all-users", false, "include the caches of all users; only for root")
		f.configFlags.register(fs)
	})
}

// registerCaches registers what says where caches are.
func (f *placeFlags) registerCaches(fs *pflag.FlagSet) {
	fs.Var(&f.pkgsDirs, "pkgs-dir", "use the package cache DIR instead of the configured ones; repeatable")
	fs.Var(&f.rootPrefix, "root-prefix", "use the conda installation in DIR")
	fs.Var(&f.root, "root", "look only inside DIR, the root of an image or chroot")
}

// cleanFlags are the flags of gclean and of "gclean clean".
type cleanFlags struct {
	placeFlags
	policyFlags
	all, indexCache, packages, tarballs, forcePkgsDirs bool
	logfiles, locks, trash, keepNeeded                 bool
	keepInstalled, evenLinked                          bool
	quarantine                                         optionalSpan
	purge                                              bool // empty the quarantine early; see check
	tempfiles                                          tempPaths
	sourceCache                                        bool   // conda's old target; see sourceCacheProblem
	chosen                                             bool   // see check
	debug, trace                                       bool   // conda's names of -vvv and -vvvv
	seeHelp                                            string // the end of messages
	awaits                                             bool   // --lock-timeout was given: also wait for installers

	modeFlags
	ignoreUnreadable bool
	jobs             int
	metrics          file
	logFormat        string
	lockTimeout      span
	grace            optionalSpan
}

func (f *cleanFlags) register(fs *pflag.FlagSet, json *bool) {
	section(fs, "Removal targets", func(fs *pflag.FlagSet) {
		fs.BoolVarP(&f.all, "all", "a", false, "remove the index cache, unused packages, tarballs, temp files, log files and trash")
		fs.BoolVarP(&f.indexCache, "index-cache", "i", false, "remove the index cache")
		fs.BoolVarP(&f.packages, "packages", "p", false, "remove extracted packages that no environment uses")
		fs.BoolVarP(&f.tarballs, "tarballs", "t", false, "remove package archives and partial downloads")
		fs.BoolVarP(&f.forcePkgsDirs, "force-pkgs-dirs", "f", false, "remove everything in the package caches, except packages that an environment soft-links; other targets are ignored. With --include, remove only archives and packages that match")
		fs.VarPF(&f.tempfiles, "tempfiles", "c", "remove temp files (*.c~, *.trash) below each PATH; without PATH, below the root prefix").NoOptDefVal = noPath
		fs.BoolVarP(&f.logfiles, "logfiles", "l", false, "remove log files")
		fs.BoolVar(&f.keepNeeded, "keep-needed", false, "with -t, keep archives whose extracted package is missing, broken, or removed by the same plan")
		fs.BoolVar(&f.keepInstalled, "keep-installed", false, "with -p, keep packages that an environment has installed, even as copies")
		fs.BoolVar(&f.evenLinked, "even-linked", false, "with -p and -t, also remove what is hard-linked elsewhere, such as in environments, which keep their files")
		fs.Var(&f.quarantine, "quarantine", "with -p and -t, put packages and archives aside for DURATION, such as 7d, and remove them later; gclean restore puts them back. --trash --quarantine 0 empties the quarantine now")
		fs.BoolVar(&f.locks, "locks", false, "remove lock files that no process holds")
		fs.BoolVar(&f.trash, "trash", false, "remove what conda, mamba or a killed gclean put aside")
		fs.BoolVarP(&f.sourceCache, "source-cache", "s", false, "do nothing; accepted as in conda before 4.13")
	})
	section(fs, "Policies, which limit what --packages and --tarballs remove", f.policyFlags.register)
	f.placeFlags.register(fs)
	fs.Lookup("pkgs-dir").Usage += ". --all then looks for temp files only below the folders given with -c, or else with --root-prefix and --prefix"
	section(fs, "Output and prompt", func(fs *pflag.FlagSet) {
		f.modeFlags.register(fs, json, modeUsage{
			dryRun:  "show what would be removed, remove nothing",
			json:    "print one JSON document; it never asks, so it needs --yes or --dry-run",
			quiet:   "print only what went wrong, and one line about what was removed",
			verbose: "name every entry, and say why gclean keeps it",
		})
		fs.BoolVar(&f.debug, "debug", false, "same as --verbose; conda calls it that")
		fs.BoolVar(&f.trace, "trace", false, "same as --verbose; conda calls it that")
		fs.Var(console{json}, "console", "choose the output as in conda: classic, or json, the same as --json")
		fs.Var(choice{&f.logFormat, "FORMAT", []string{"text", "json"}}, "log-format", "log to stderr as text or json (log/slog), instead of the usual output; never asks")
		fs.Var(&f.metrics, "metrics", "write the figures of the run to FILE, for Prometheus' node exporter")
		registerIgnoreUnreadable(fs, &f.ignoreUnreadable)
		fs.Var(&f.grace, "grace", "keep what changed within DURATION. The default is 10m, but only while an installer runs or may run unseen. 0s ignores installers")
		registerLockTimeout(fs, &f.lockTimeout)
		fs.Lookup("lock-timeout").Usage += "; when given, also wait for installers"
		registerJobs(fs, &f.jobs, "read or remove up to N folders at a time")
	})
}

func registerIgnoreUnreadable(fs *pflag.FlagSet, p *bool) {
	fs.BoolVar(p, "ignore-unreadable", false, "treat unreadable environments as empty (may break them)")
}

func registerLockTimeout(fs *pflag.FlagSet, p *span) {
	*p = span(5 * time.Minute)
	fs.Var(p, "lock-timeout", "wait at most DURATION for all locked caches together")
}

func registerJobs(fs *pflag.FlagSet, p *int, what string) {
	fs.Var(whole{p, maxJobs}, "jobs", what+"; 0 lets gclean choose")
}

// targets are the categories that the flags ask for. As in conda, --force-pkgs-dirs
// replaces all the others.
func (f *cleanFlags) targets() []cache.Category {
	switch {
	case f.chosen:
		return []cache.Category{cache.Tarballs, cache.Packages}
	case f.forcePkgsDirs:
		return []cache.Category{cache.PkgsDirs}
	}
	var list []cache.Category
	if f.all {
		list = cache.All()
	}
	for c, asked := range map[cache.Category]bool{
		cache.Tarballs:   f.tarballs,
		cache.IndexCache: f.indexCache,
		cache.Packages:   f.packages,
		cache.TempFiles:  f.tempfiles.given(),
		cache.LogFiles:   f.logfiles,
		cache.Locks:      f.locks,
		cache.Trash:      f.trash,
	} {
		if asked && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	if f.purge {
		list = append(list, cache.Quarantined)
	}
	slices.Sort(list)
	return list
}

// checkQuarantine refuses flags that contradict --quarantine. A setting that protects is
// never dropped silently, whether a flag or a file has it.
func (f *cleanFlags) checkQuarantine(fileSays func(name string) bool) error {
	span := f.quarantine.span
	if span == nil {
		return nil
	}
	if *span == 0 {
		f.purge = f.trash && !fileSays("quarantine")
		return nil
	}
	end := "."
	if fileSays("quarantine") {
		end = ": gclean.yaml sets it; pass --quarantine 0 to leave it out."
	}
	switch {
	case f.forcePkgsDirs && !f.chosen:
		return usageError{"--force-pkgs-dirs removes everything, so --quarantine cannot be given with it" + end}
	case f.minFree.Amount != nil || f.minFreeFiles.Files != nil:
		return usageError{"--min-free and --min-free-files need space now, but --quarantine frees it later: choose one" + end}
	case !f.packages && !f.tarballs && !f.all && !f.chosen && !fileSays("quarantine"):
		return usageError{"--quarantine applies to extracted packages and archives: also pass --packages, --tarballs or --all."}
	}
	return nil
}

// spreadPaths rewrites "-c A B" as "-c=A --tempfiles=B". conda's -c takes all paths up to
// the next flag, and the rest of a cluster: -ca is the path "a", never --all. pflag has
// no such flags, and cobra would read a path that is called "info" as the command.
func spreadPaths(args []string, fs *pflag.FlagSet) []string {
	if len(args) > 0 && (args[0] == cobra.ShellCompRequestCmd || args[0] == cobra.ShellCompNoDescRequestCmd) {
		return args // a shell asks for completion of an unfinished line
	}
	out := make([]string, 0, len(args)) // not nil: cobra would read os.Args
	bare := -1                          // index in out of a -c without a path so far
	open := false                       // arguments that are not flags are paths of -c
	path := func(p string) {
		if bare >= 0 {
			out[bare] += "=" + p
			bare = -1
			return
		}
		out = append(out, "--tempfiles="+p)
	}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case arg == "--" && open:
			for _, p := range args[i+1:] {
				path(p)
			}
			return out
		case arg == "--":
			return append(out, args[i:]...)
		case strings.HasPrefix(arg, "--"):
			bare, open = -1, false
			out = append(out, arg)
			name, _, hasValue := strings.Cut(arg[2:], "=")
			switch flag := fs.Lookup(name); {
			case hasValue || flag == nil:
			case name == "tempfiles":
				bare, open = len(out)-1, true
			case flag.NoOptDefVal == "" && i+1 < len(args):
				i++
				out = append(out, args[i])
			}
		case strings.HasPrefix(arg, "-") && arg != "-":
			bare, open = -1, false
			switch at := strings.IndexAny(arg, "c="); {
			case at < 0 || arg[at] == '=':
				out = append(out, arg)
			case at == len(arg)-1:
				out = append(out, arg)
				bare, open = len(out)-1, true
			default:
				out = append(out, arg[:at+1]+"="+strings.TrimPrefix(arg[at+1:], "="))
			}
		case open:
			path(arg)
		default:
			out = append(out, arg)
		}
	}
	return out
}

// check refuses contradictory values. fileSays says whether a configuration file set a
// flag: such a flag may have no effect in this run.
func (f *cleanFlags) check(fileSays func(name string) bool) error {
	// A pattern in a file does not limit --force-pkgs-dirs.
	f.chosen = f.forcePkgsDirs && len(f.include) > 0 && !fileSays("include")
	if f.evenLinked && !f.packages && !f.tarballs && !f.all && !fileSays("even-linked") {
		return usageError{"--even-linked applies to extracted packages and archives: also pass --packages, --tarballs or --all."}
	}
	switch {
	case !f.evenLinked || !f.keepInstalled:
	case fileSays("even-linked"):
		f.evenLinked = false
	case fileSays("keep-installed"):
		f.keepInstalled = false
	default:
		return usageError{"--even-linked removes what is installed, --keep-installed keeps it: choose one."}
	}
	if f.keepNeeded && !f.tarballs && !f.all && !fileSays("keep-needed") {
		return usageError{"--keep-needed applies to archives: also pass --tarballs or --all."}
	}
	if f.keepInstalled && !f.packages && !f.all && !fileSays("keep-installed") {
		return usageError{"--keep-installed applies to extracted packages: also pass --packages or --all."}
	}
	if name := f.policyFlags.given(); name != "" {
		switch {
		case f.chosen:
		case f.forcePkgsDirs:
			return usageError{"--" + name + ": --force-pkgs-dirs accepts policies only together with --include. Pass --all instead, or leave out the policies (--no-config)."}
		case !f.all && !f.packages && !f.tarballs && !fileSays(name):
			return usageError{"--" + name + " limits what --packages and --tarballs remove: also pass one of them, or --all."}
		}
	}
	if err := f.checkQuarantine(fileSays); err != nil {
		return err
	}
	if len(f.targets()) == 0 && !f.sourceCache {
		return usageError{"At least one removal target must be given." + f.seeHelp}
	}
	return nil
}
