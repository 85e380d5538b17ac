package others

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gclean/meta"
	"gclean/walk/open"
)

// constructor returns where constructor keeps packages: DEFAULT_CACHE_DIR in
// constructor/main.py.
func constructor(h meta.Host) (path, source string) {
	if path := variable(h, "CONSTRUCTOR_CACHE"); path != "" {
		if rest, ok := strings.CutPrefix(path, "~/"); ok && h.Home != "" {
			path = filepath.Join(h.Home, rest)
		}
		return filepath.Clean(path), "CONSTRUCTOR_CACHE"
	}
	return inHome(h, ".conda", "constructor"), "default"
}

// subdirs returns the folders of platforms in dir.
func subdirs(d *meta.Discovery, dir string) []string {
	if !filepath.IsAbs(dir) || !mayLook(d, dir) || !isOpenTo(d, dir) {
		return nil
	}
	names, _ := open.Names(dir) // Find reports errors when it measures the folder
	return slices.DeleteFunc(names, func(name string) bool { return !meta.IsSubdir(name) })
}

// condaPyPI returns where conda-pypi keeps the packages that it makes from wheels:
// platformdirs.user_data_dir("conda-pypi") in conda_pypi/convert_tree.py.
func condaPyPI(h meta.Host) string {
	switch runtime.GOOS {
	case "windows":
		if dir := variable(h, "LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "conda-pypi", "conda-pypi")
		}
		return inHome(h, "AppData", "Local", "conda-pypi", "conda-pypi")
	case "darwin":
		return inHome(h, "Library", "Application Support", "conda-pypi")
	}
	if dir := variable(h, "XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "conda-pypi")
	}
	return inHome(h, ".local", "share", "conda-pypi")
}

// inHome returns a path in the home of the host's user, or "" without a home.
func inHome(h meta.Host, names ...string) string {
	if h.Home == "" {
		return ""
	}
	return filepath.Join(append([]string{h.Home}, names...)...)
}

func variable(h meta.Host, name string) string {
	if h.Getenv == nil {
		return ""
	}
	v, _ := h.Getenv(name)
	return v
}
