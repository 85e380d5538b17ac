package main

// Stands in for the configuration half of package meta until that is there.

import (
	"context"
	"os"
	"path/filepath"
	"slices"

	"gclean/meta"
)

type (
	Host struct {
		Getenv func(string) (string, bool)
		Home   string
		UID    int
	}
	Value   struct{ Path, Source string }
	Options struct {
		RootPrefix                   string
		PkgsDirs, EnvsDirs, Prefixes []string
	}
	ConfigFile struct {
		Path string
		Err  error
	}
	Config struct {
		RootPrefix                     Value
		PkgsDirs, EnvsDirs             []Value
		AlwaysYes, JSON, Quiet, DryRun bool
		Verbosity                      int
		Files                          []ConfigFile
	}
	Problem struct {
		Path string
		Err  error
	}
)

func CurrentHost() Host {
	home, _ := os.UserHomeDir()
	return Host{Getenv: os.LookupEnv, Home: home, UID: os.Getuid()}
}

func (h Host) Configure(_ context.Context, o Options) (*Config, error) {
	c := &Config{RootPrefix: Value{o.RootPrefix, "--root-prefix"}}
	if o.RootPrefix == "" {
		root, _ := h.Getenv("CONDA_ROOT")
		c.RootPrefix = Value{root, "CONDA_ROOT"}
	}
	for _, p := range o.PkgsDirs {
		c.PkgsDirs = append(c.PkgsDirs, Value{p, "--pkgs-dir"})
	}
	if v, ok := h.Getenv("CONDA_PKGS_DIRS"); ok && len(o.PkgsDirs) == 0 {
		c.PkgsDirs = []Value{{v, "CONDA_PKGS_DIRS"}}
	}
	if len(c.PkgsDirs) == 0 && c.RootPrefix.Path != "" {
		c.PkgsDirs = []Value{{filepath.Join(c.RootPrefix.Path, "pkgs"), "default"}}
	}
	for _, p := range o.EnvsDirs {
		c.EnvsDirs = append(c.EnvsDirs, Value{p, "--envs-dir"})
	}
	for name, to := range map[string]*bool{
		"CONDA_ALWAYS_YES": &c.AlwaysYes, "CONDA_JSON": &c.JSON, "CONDA_QUIET": &c.Quiet, "CONDA_DRY_RUN": &c.DryRun,
	} {
		v, _ := h.Getenv(name)
		*to = slices.Contains([]string{"1", "true", "yes", "on"}, v)
	}
	return c, nil
}

func (h Host) Environments(_ context.Context, _ *Config, o Options) (envs []meta.Environment, problems []Problem, err error) {
	for _, p := range o.Prefixes {
		envs = append(envs, meta.Environment{Prefix: p, Sources: []string{"--prefix"}})
	}
	return envs, nil, nil
}
