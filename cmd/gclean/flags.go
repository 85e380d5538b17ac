package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"gclean/cache"
)

// placeFlags say where to look.
type placeFlags struct {
	configFlags
	pkgsDirs, prefixes, envsDirs, search dirList
	rootPrefix                           dir
	root                                 dir // everything is looked for in it; it has been entered by then
	allUsers                             bool
}

func (f *placeFlags) register(fs *pflag.FlagSet) {
	f.configFlags.register(fs)
	fs.Var(&f.pkgsDirs, "pkgs-dir", "")
	fs.Var(&f.prefixes, "prefix", "")
	fs.Var(&f.envsDirs, "envs-dir", "")
	fs.Var(&f.rootPrefix, "root-prefix", "")
	fs.Var(&f.root, "root", "")
	fs.Var(&f.search, "search", "")
	fs.BoolVar(&f.allUsers, "all-users", false, "")
}

// cleanFlags are the flags of gclean and of "gclean clean".
type cleanFlags struct {
	placeFlags
	policyFlags
	all, indexCache, packages, tarballs, forcePkgsDirs bool
	logfiles, locks, trash, keepNeeded                 bool
	tempfiles                                          tempPaths

	dryRun, yes, json, quiet, ignoreUnreadable bool
	verbosity, jobs                            int
	metrics                                    file
	logFormat                                  string
	lockTimeout                                time.Duration
	grace                                      graceFlag
}

// register adds the flags without their help, which is in help.go as a whole.
func (f *cleanFlags) register(fs *pflag.FlagSet) {
	f.placeFlags.register(fs)
	f.policyFlags.register(fs)
	fs.BoolVarP(&f.all, "all", "a", false, "")
	fs.BoolVarP(&f.indexCache, "index-cache", "i", false, "")
	fs.BoolVarP(&f.packages, "packages", "p", false, "")
	fs.BoolVarP(&f.tarballs, "tarballs", "t", false, "")
	fs.BoolVarP(&f.forcePkgsDirs, "force-pkgs-dirs", "f", false, "")
	fs.BoolVarP(&f.logfiles, "logfiles", "l", false, "")
	fs.BoolVar(&f.keepNeeded, "keep-needed", false, "")
	fs.BoolVar(&f.locks, "locks", false, "")
	fs.BoolVar(&f.trash, "trash", false, "")
	fs.VarPF(&f.tempfiles, "tempfiles", "c", "").NoOptDefVal = noPath

	fs.BoolVarP(&f.dryRun, "dry-run", "d", false, "")
	fs.BoolVarP(&f.yes, "yes", "y", false, "")
	fs.BoolVar(&f.json, "json", false, "")
	fs.BoolVarP(&f.quiet, "quiet", "q", false, "")
	fs.CountVarP(&f.verbosity, "verbose", "v", "")
	fs.BoolVar(&f.ignoreUnreadable, "ignore-unreadable", false, "")
	fs.IntVar(&f.jobs, "jobs", 0, "")
	fs.Var(&f.metrics, "metrics", "")
	fs.StringVar(&f.logFormat, "log-format", "", "")
	fs.DurationVar(&f.lockTimeout, "lock-timeout", 5*time.Minute, "")
	fs.Var(&f.grace, "grace", "")
}

// targets are the categories asked for. As with conda, --force-pkgs-dirs takes
// the place of all the others.
func (f *cleanFlags) targets() []cache.Category {
	if f.forcePkgsDirs {
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
	slices.Sort(list)
	return list
}

// graceFlag is the value of --grace: unset, gclean chooses.
type graceFlag struct{ span *time.Duration }

func (g *graceFlag) Type() string { return "DURATION" }
func (g *graceFlag) String() string {
	if g.span == nil {
		return ""
	}
	return g.span.String()
}

func (g *graceFlag) Set(s string) error {
	span, err := time.ParseDuration(s)
	if err != nil || span < 0 {
		return errors.New(`want a duration such as "10m" or "0s"`)
	}
	g.span = &span
	return nil
}

// errEmptyPath is for --pkgs-dir "$UNSET": an empty path would become the
// current directory.
var errEmptyPath = errors.New("the path is empty")

// dir is the value of a flag that names a folder.
type dir string

func (d *dir) String() string { return string(*d) }
func (d *dir) Type() string   { return "DIR" }
func (d *dir) Set(s string) error {
	if s == "" {
		return errEmptyPath
	}
	*d = dir(s)
	return nil
}

// file is the value of a flag that names a file.
type file string

func (f *file) String() string { return string(*f) }
func (f *file) Type() string   { return "FILE" }
func (f *file) Set(s string) error {
	if s == "" {
		return errEmptyPath
	}
	*f = file(s)
	return nil
}

// dirList is the value of a flag that names a folder each time it is given.
type dirList []string

func (l *dirList) String() string { return strings.Join(*l, " ") }
func (l *dirList) Type() string   { return "DIR" }
func (l *dirList) Set(s string) error {
	if s == "" {
		return errEmptyPath
	}
	*l = append(*l, s)
	return nil
}

// noPath is what pflag passes on for -c without a path. No path has a zero byte.
const noPath = "\x00"

// tempPaths is the value of -c.
type tempPaths struct {
	bare  bool // -c without a path: the root prefix
	paths dirList
}

func (t *tempPaths) String() string { return t.paths.String() }
func (t *tempPaths) Type() string   { return "PATH" }
func (t *tempPaths) Set(s string) error {
	if s == noPath {
		t.bare = true
		return nil
	}
	return t.paths.Set(s)
}
func (t *tempPaths) given() bool { return t.bare || len(t.paths) > 0 }

// spreadPaths rewrites "-c A B" as "-c=A --tempfiles=B". conda's -c takes all
// paths up to the next flag, and what follows it in a cluster: -ca is the path
// "a", never --all. pflag knows no such flags, and cobra would take a path
// that is called "info" for the command.
func spreadPaths(args []string, fs *pflag.FlagSet) []string {
	out := make([]string, 0, len(args)) // not nil: cobra would read os.Args
	bare := -1                          // index in out of a -c that has no path yet
	open := false                       // what is no flag is a path of -c
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

// asksJSON says whether --json is among args, for errors that come before the
// flags are read.
func asksJSON(args []string) bool {
	for _, arg := range args {
		switch arg {
		case "--":
			return false
		case "--json", "--json=true":
			return true
		}
	}
	return false
}

// checkJobs refuses a number that makes no sense.
func checkJobs(jobs int) error {
	if jobs < 0 || jobs > maxJobs {
		return usageError{fmt.Sprintf("--jobs %d: must be from 0 to %d.", jobs, maxJobs)}
	}
	return nil
}

// maxJobs bounds --jobs: each takes memory and may have files open.
const maxJobs = 512

// check refuses values that make no sense. fileSays says of a flag that a
// configuration file set it: then it may have nothing to say here.
func (f *cleanFlags) check(fileSays func(name string) bool) error {
	if err := checkJobs(f.jobs); err != nil {
		return err
	}
	if f.keepNeeded && !f.tarballs && !f.all && !fileSays("keep-needed") {
		return usageError{"--keep-needed is about archives: give --tarballs or --all with it."}
	}
	if name := f.policyFlags.given(); name != "" {
		switch {
		case f.forcePkgsDirs:
			return usageError{"--" + name + ": --force-pkgs-dirs knows no policies. Give --all in its place, or leave the policies out (--no-config)."}
		case !f.all && !f.packages && !f.tarballs && !fileSays(name):
			return usageError{"--" + name + " narrows what --packages and --tarballs take: give one of them, or --all."}
		}
	}
	if len(f.targets()) == 0 {
		return usageError{"At least one removal target must be given. See 'gclean --help'."}
	}
	return nil
}
