package meta

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoName means that no environment has the given name. It is wrong usage.
var ErrNoName = errors.New("no environment has this name")

// Named returns the path of the environment called name, as conda's -n finds it. base is
// the root prefix. Any other is the first folder of that name in the folders of
// environments. The error is ErrNoName, with the name.
func (c *Config) Named(name string) (string, error) {
	if name == "base" || name == "root" {
		if c.RootPrefix.Path != "" {
			return c.RootPrefix.Path, nil
		}
		return "", fmt.Errorf("%s: %w: no root prefix was found", name, ErrNoName)
	}
	if name == "" || name == "." || name == ".." || strings.ContainsAny(name, `/\`) {
		return "", fmt.Errorf("%q: %w: a name has no slashes", name, ErrNoName)
	}
	for _, dir := range c.EnvsDirs {
		prefix := filepath.Join(dir.Path, name)
		if fi, err := os.Stat(filepath.Join(prefix, "conda-meta")); err == nil && fi.IsDir() {
			return prefix, nil
		}
	}
	return "", fmt.Errorf("%s: %w", name, ErrNoName)
}
