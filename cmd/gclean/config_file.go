package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"gclean/internal/shellquote"
	"gclean/internal/trust"
	"gclean/meta"
	"gclean/walk/open"
)

// configName is the name of gclean's own configuration file, in /etc and in the
// user's folder of configuration.
const configName = "gclean.yaml"

// maxConfig is how large a configuration file may be, in bytes.
const maxConfig = 1 << 20

// configFlags say which configuration files are read.
type configFlags struct {
	file file // instead of the usual ones
	none bool
}

func (f *configFlags) register(fs *pflag.FlagSet) {
	fs.Var(&f.file, "config", "read FILE instead of gclean.yaml in /etc and $XDG_CONFIG_HOME; its keys are the names of flags")
	fs.BoolVar(&f.none, "no-config", false, "do not read gclean.yaml")
}

// notKeys are the flags that cannot be set in a configuration file.
var notKeys = []string{"help", "version", "config", "no-config", "html", "merge", "root", "source-cache", "name", "round", "host", "without", "cache", "by", "owner"}

// targetFlags choose what is removed. If the command line has one of them, all others in
// a file are ignored: "all" in a file does not add to it.
var targetFlags = []string{
	"all", "index-cache", "packages", "tarballs", "force-pkgs-dirs", "tempfiles", "logfiles", "locks", "trash",
}

// setting is a key of a configuration file.
type setting struct {
	name   string
	values []string
	file   string
	line   int
}

// configure sets the flags of cmd that were not given to the values in the configuration
// files. The user's file overrides the system's.
func (a *app) configure(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if flags.Lookup("config") == nil {
		return nil // completion, man
	}
	explicit := flags.Lookup("config").Value.String()
	none, _ := flags.GetBool("no-config")
	if flags.Changed("config") && none {
		return usageError{"--config and --no-config: choose one."}
	}
	if none {
		return nil
	}
	files := usualConfigs(a.etc)
	if flags.Changed("root") {
		files = nil // they describe this machine, not an image
	}
	if flags.Changed("config") {
		files = []string{explicit}
	}
	given := map[string]bool{}
	flags.Visit(func(f *pflag.Flag) { given[f.Name] = true })
	if slices.ContainsFunc(targetFlags, func(name string) bool { return given[name] }) {
		for _, name := range targetFlags {
			given[name] = true
		}
	}
	if given["pkgs-dir"] {
		given["all-users"] = true // the command line names the cache
	}
	known := knownKeys(cmd.Root())
	settings := map[string]setting{}
	for _, path := range files {
		list, err := readConfig(path, known)
		if errors.Is(err, fs.ErrNotExist) && path != explicit {
			continue
		}
		if err != nil {
			return usageError{err.Error()}
		}
		a.configs = append(a.configs, path)
		for _, s := range list {
			settings[s.name] = s
		}
	}
	if len(settings) == 0 {
		return nil
	}
	others := allCommands(newRoot(newApp("gclean", nil, io.Discard, io.Discard), nil))
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		s, flag := settings[name], flags.Lookup(name)
		if err := s.check(others); err != nil {
			return err
		}
		if flag == nil || given[name] || name == "metrics" && cmd.Name() != cleanName && cmd != cmd.Root() {
			continue // the metrics of a report are not those of a run, which that file is for
		}
		if slices.ContainsFunc(s.values, func(value string) bool { return flags.Set(name, spelled(flag, value)) != nil }) {
			flag.Changed = false
			continue // the value is of another command's flag, such as a format of report
		}
		a.fromFile = append(a.fromFile, name)
	}
	return nil
}

// check refuses values that none of the commands accepts. It sets their flags.
func (s setting) check(commands []*cobra.Command) error {
	var refused error
	for _, cmd := range commands {
		flag := cmd.Flags().Lookup(s.name)
		if flag == nil {
			continue
		}
		var err error
		for _, value := range s.values {
			err = cmp.Or(err, cmd.Flags().Set(s.name, spelled(flag, value)))
		}
		if err == nil {
			return nil
		}
		refused = cmp.Or(refused, err)
	}
	return usageError{fmt.Sprintf("%s:%d: %s: %v", s.file, s.line, s.name, badValue(refused))}
}

// usualConfigs are the files that gclean reads if no file is named. etc is the folder of
// the system's configuration.
func usualConfigs(etc string) []string {
	var list []string
	if runtime.GOOS == "windows" {
		list = append(list, filepath.Join(os.Getenv("ProgramData"), "gclean", configName))
	} else {
		list = append(list, filepath.Join(etc, configName))
	}
	dir := os.Getenv("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) { // the XDG specification requires to ignore relative paths
		home := meta.CurrentHost().Home
		if home == "" {
			return list
		}
		dir = filepath.Join(home, ".config")
	}
	return append(list, filepath.Join(dir, configName))
}

// knownKeys are the flags of all commands.
func knownKeys(root *cobra.Command) map[string]bool {
	known := map[string]bool{}
	never := append(slimKeys(), notKeys...)
	for _, cmd := range allCommands(root) {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !slices.Contains(never, f.Name) {
				known[f.Name] = true
			}
		})
	}
	return known
}

// readConfig reads a configuration file. Its errors name the file and what to do.
func readConfig(path string, known map[string]bool) ([]setting, error) {
	data, fi, err := open.ReadRegular(path, maxConfig)
	if err != nil {
		return nil, err
	}
	switch err := trust.Written(fi); err {
	case nil:
	case trust.ErrOpen:
		return nil, fmt.Errorf("%s: %w; run 'chmod go-w %s', or pass --no-config", path, err, shellquote.Quote(path))
	default:
		return nil, fmt.Errorf("%s: %w; pass --no-config or --config", path, err)
	}
	var doc yaml.Node
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	if err := decoder.Decode(&doc); err != nil {
		if errors.Is(err, io.EOF) {
			return nil, nil // nothing but comments
		}
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := decoder.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("%s: it has more than one YAML document: put all keys into one, without \"---\"", path)
	}
	if len(doc.Content) == 0 {
		return nil, nil
	}
	top := doc.Content[0]
	if top.Kind == yaml.ScalarNode && top.Tag == "!!null" {
		return nil, nil
	}
	if top.Kind != yaml.MappingNode {
		return nil, fmt.Errorf("%s:%d: expected lines such as \"older-than: 30d\"", path, top.Line)
	}
	var list []setting
	for i := 0; i+1 < len(top.Content); i += 2 {
		key, value := top.Content[i], top.Content[i+1]
		s := setting{name: key.Value, file: path, line: key.Line}
		if slices.Contains(append(slimKeys(), notKeys...), s.name) {
			return nil, fmt.Errorf("%s:%d: %s cannot be set in a file: pass --%s", path, s.line, s.name, s.name)
		}
		if !known[s.name] {
			return nil, fmt.Errorf("%s:%d: unknown key %q%s", path, s.line, s.name,
				cmp.Or(didYouMean("", s.name, slices.Sorted(maps.Keys(known))), ": keys are the names of flags, without leading hyphens"))
		}
		if slices.ContainsFunc(list, func(o setting) bool { return o.name == s.name }) {
			return nil, fmt.Errorf("%s:%d: %s is set twice", path, s.line, s.name)
		}
		if s.values, err = valuesOf(value); err != nil {
			return nil, fmt.Errorf("%s:%d: %s: %w", path, s.line, s.name, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// valuesOf are the values of a key: one, or a list.
func valuesOf(n *yaml.Node) ([]string, error) {
	nodes := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		nodes = n.Content
	}
	var list []string
	for _, n := range nodes {
		if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
			return nil, errors.New("expected a value or a list of values")
		}
		value := n.Value
		if value == "~" || strings.HasPrefix(value, "~/") {
			value = filepath.Join(meta.CurrentHost().Home, value[1:])
		}
		list = append(list, value)
	}
	return list, nil
}

// spelled is a value as the flag reads it: yes and no, as in conda's files, become true
// and false.
func spelled(flag *pflag.Flag, value string) string {
	word := strings.ToLower(value)
	isTrue := slices.Contains([]string{"true", "yes", "on"}, word)
	isFalse := slices.Contains([]string{"false", "no", "off"}, word)
	switch {
	case flag.Value.Type() == "bool" && isTrue:
		return "true"
	case flag.Value.Type() == "bool" && isFalse:
		return "false"
	case flag.Value.Type() == "count" && isTrue:
		return "1"
	case flag.Value.Type() == "count" && isFalse:
		return "0"
	case flag.NoOptDefVal == noPath && isTrue:
		return noPath
	}
	return value
}

// fileSays says whether a flag got its value from a configuration file.
func (a *app) fileSays(name string) bool { return slices.Contains(a.fromFile, name) }
