package meta

import (
	"context"
	"slices"
)

// Discovery is what one look at a host found: which caches and environments
// there may be, and what could not be read. It decides nothing about them.
type Discovery struct {
	Host   Host
	Config *Config
	// Caches are folders that may be caches, in order; they may not exist.
	Caches []Value
	// Environments are all that are known, each once, sorted by prefix.
	Environments []Environment
	// Unread are lists of environments that exist and cannot be read: there may
	// be environments in them that nothing else tells of.
	Unread Problems
	// Problems are everything else that was wrong.
	Problems Problems
	// Homes are home folders: they are never cleaned themselves.
	Homes []string

	options Options
}

// Discover reads the configuration of the host and finds caches and
// environments. The error is of wrong usage (ErrUsage) or that of ctx.
func (h Host) Discover(ctx context.Context, o Options) (*Discovery, error) {
	config, err := h.Configure(ctx, o)
	if err != nil {
		return nil, err
	}
	d := &Discovery{Host: h, Config: config, Caches: config.PkgsDirs, Homes: h.Homes(), options: o}
	for _, file := range config.Files {
		if file.Err != nil {
			d.note(Problem{Path: file.Path, Err: file.Err, Hides: file.Hides})
		}
	}
	envs, problems, err := h.Environments(ctx, config, o)
	if err != nil {
		return nil, err
	}
	d.Environments = envs
	for _, p := range slices.Concat(config.Problems, problems) {
		d.note(p)
	}
	return d, nil
}

func (d *Discovery) note(p Problem) {
	p = p.coded()
	if p.Hides {
		d.Unread = append(d.Unread, p)
	} else {
		d.Problems = append(d.Problems, p)
	}
}

// Again looks at the host once more. A Discovery that Discover did not make
// stays as it is.
func (d *Discovery) Again(ctx context.Context) (*Discovery, error) {
	if d.Config == nil {
		return d, nil
	}
	return d.Host.Discover(ctx, d.options)
}
