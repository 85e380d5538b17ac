package main

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"gclean/internal/atomicfile"
	"gclean/internal/chroot"
	"gclean/walk"
)

// enterRoot makes the folder of --root the root of this process, if the flag was given.
// From then on, the system itself resolves all paths inside it: no symlink, "..", or
// record leads out.
func (a *app) enterRoot(cmd *cobra.Command) error {
	flag := cmd.Flags().Lookup("root")
	if flag == nil || flag.Value.String() == "" {
		return nil
	}
	image := flag.Value.String()
	if err := a.relative(cmd.Flags()); err != nil {
		return err
	}
	// Files that the user names are outside.
	a.outside = map[string]*atomicfile.File{}
	for _, name := range []string{"metrics", "html"} {
		f := cmd.Flags().Lookup(name)
		if f == nil || f.Value.String() == "" || f.Value.String() == "-" {
			continue
		}
		file, err := a.create(name, f.Value.String())
		if err != nil {
			return err
		}
		a.outside[f.Value.String()] = file
	}
	_, _ = time.Now().Zone() // loads the time zone of this system, not of the image
	abs, err := filepath.Abs(image)
	if err == nil {
		a.mounted = chroot.Outside(abs)
		err = chroot.Enter(image, a.dropOutside) // the other gclean makes its own buffers
	}
	ended := (*chroot.Ended)(nil)
	switch {
	case errors.As(err, &ended) && ended.BySignal:
		return status(exitInterrupted)
	case errors.As(err, &ended):
		return status(ended.Code)
	case errors.Is(err, fs.ErrPermission):
		err = fmt.Errorf("--root %s: %w: entering it needs root (CAP_SYS_CHROOT), or a system that lets users make namespaces", image, walk.Cause(err))
	case err != nil:
		err = fmt.Errorf("--root %s: %w", image, walk.Cause(err))
	}
	if err != nil {
		return usageError{err.Error()}
	}
	a.image = abs
	return nil
}

// relative refuses relative paths, which mean nothing inside the root.
func (a *app) relative(flags *pflag.FlagSet) error {
	var err error
	refuse := func(name, path string) {
		if err == nil && !filepath.IsAbs(path) {
			err = usageError{fmt.Sprintf("--%s %s: with --root, it must be an absolute path inside that root.", name, printable(path))}
		}
	}
	flags.Visit(func(f *pflag.Flag) {
		switch v := f.Value.(type) {
		case *dirList:
			for _, path := range *v {
				refuse(f.Name, path)
			}
		case *dir:
			if f.Name != "root" {
				refuse(f.Name, string(*v))
			}
		case *tempPaths:
			for _, path := range v.paths {
				refuse(f.Name, path)
			}
		}
	})
	return err
}

// create is atomicfile.Create for a file of the user that a flag names, outside of the
// root too. The error is an outputError.
func (a *app) create(flag, path string) (*atomicfile.File, error) {
	if f := a.outside[path]; f != nil {
		return f, nil
	}
	f, err := atomicfile.Create(path)
	if err != nil {
		return nil, outputError{err, a.soFar, path, flag}
	}
	return f, nil
}

// dropOutside drops the files of the user that are not kept.
func (a *app) dropOutside() {
	for _, f := range a.outside {
		f.Drop()
	}
}
