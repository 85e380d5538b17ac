package meta

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"gclean/walk"
)

// Host describes the machine for finding configuration. Tests make their own.
type Host struct {
	Getenv   func(string) (string, bool)
	Home     string // the user's home; "" if unknown
	UID      int    // -1 on Windows
	Passwd   string // path of the passwd file, or ""
	Group    string // path of the group file, or ""
	NSSwitch string // path of nsswitch.conf, or ""
	// Getent lists the users of directory services as lines of a passwd file; nil if that
	// is impossible.
	Getent       func(context.Context) ([]byte, error)
	HomeParents  []string // folders of homes; with "/*" at the end, folders of such folders
	SystemConfig []string // folders of the system's condarc files
	SystemPixi   string   // pixi's configuration file of the system, or ""
	UsualRoots   []string // where installers put a root prefix; "~" means Home
	// Asker asks other users, for root. If it is nil, this process reads their files
	// itself.
	Asker Asker

	// Outside are mount points, without symlinks, of folders from a system around this one.
	// An example is a chroot with the /home of its host. Environments there hold packages.
	// Caches there are not cleaned, since others use them too.
	Outside []string

	user   *User                                          // whose files are read; nil for the user of the process
	byName func(name string) (home string, complete bool) // see homesByName
}

// CurrentHost returns the machine, and the user that the process runs as.
func CurrentHost() Host {
	h := Host{
		Getenv: os.LookupEnv,
		UID:    os.Geteuid(),
		Passwd: "/etc/passwd", Group: "/etc/group", NSSwitch: "/etc/nsswitch.conf",
		Getent:      newGetent(),
		HomeParents: []string{"/home", "/home/*", "/users"},
		// conda/base/constants.py: SEARCH_PATH
		SystemConfig: []string{"/etc/conda", "/var/lib/conda"},
		SystemPixi:   "/etc/pixi/config.toml", // config_path_system in pixi_config/src/lib.rs
		UsualRoots: []string{
			"/opt/conda", "/opt/miniforge3", "/opt/miniconda3", "/opt/mambaforge", "/opt/anaconda3", "/opt/miniconda", "/opt/micromamba",
			"~/miniforge3", "~/miniconda3", "~/mambaforge", "~/anaconda3", "~/micromamba", "~/.local/share/mamba", "~/miniconda", "~/anaconda",
			"~/opt/miniconda3", "~/opt/anaconda3", "~/conda",
			"/usr/local/miniconda3", "/usr/local/miniconda", "/usr/local/anaconda3", "/opt/homebrew/Caskroom/miniforge/base", "/opt/homebrew/Caskroom/miniconda/base",
		},
	}
	h.Home, _ = os.UserHomeDir()
	switch runtime.GOOS {
	case "darwin":
		h.HomeParents = append(h.HomeParents, "/Users")
	case "windows":
		h.Passwd, h.Group, h.NSSwitch, h.Getent, h.HomeParents = "", "", "", nil, nil
		h.SystemConfig = []string{"C:/ProgramData/conda"}
		h.SystemPixi = "C:/ProgramData/pixi/config.toml"
		// default_prefix, _domain_user and _all_users of conda's constructor.
		h.UsualRoots = []string{
			"~/miniforge3", "~/miniconda3", "~/anaconda3", "~/micromamba",
			"~/AppData/Local/miniforge3", "~/AppData/Local/miniconda3", "~/AppData/Local/anaconda3",
			"C:/ProgramData/miniforge3", "C:/ProgramData/miniconda3", "C:/ProgramData/anaconda3",
		}
	}
	if h.Home == "" {
		// Use the passwd file, as os.path.expanduser does: under cron and in some
		// containers HOME is not set, but the user still has environments.
		h.Home = h.passwdHome()
	}
	return h
}

// conduct is os.LookupEnv for the variables that only say how a run behaves. All others
// may have paths. CONDA_YES is not among them: whoever cleans their own caches without a
// question has not agreed to do so with every image.
func conduct(name string) (string, bool) {
	switch name {
	case "CONDA_DRY_RUN", "CONDA_JSON", "CONDA_QUIET", "CONDA_VERBOSE", "CONDA_VERBOSITY":
		return os.LookupEnv(name)
	}
	return "", false
}

// ImageHost returns the machine for an image whose file system is at /, and of which
// nothing runs. The user is root. Of the variables of this process, it has only those
// that say how a run behaves, such as CONDA_DRY_RUN. Paths in others are not paths of the
// image.
func ImageHost() Host {
	h := CurrentHost()
	h.Getenv = conduct
	h.UID, h.Passwd = 0, "/etc/passwd"
	h.Getent = nil // it would run a program of the image
	if h.Home = h.passwdHome(); h.Home == "" {
		h.Home = "/root"
	}
	return h
}

func (h Host) env(name string) string {
	if h.Getenv == nil {
		return ""
	}
	v, _ := h.Getenv(name)
	return v
}

// budget limits how much is read of one user's files, together.
type budget struct{ left int64 }

func (b *budget) readFile(path string, limit int64) ([]byte, error) {
	data, err := readFile(path, min(limit, max(b.left, 0)))
	if b.left < limit && err != nil && !isGone(err) {
		return nil, &fs.PathError{Op: "read", Path: path, Err: errors.New("there is too much configuration; gclean does not read this file")}
	}
	b.left -= int64(len(data)) + costOfFile
	return data, err
}

const (
	maxConfiguration = 16 << 20 // bytes of configuration read of one user
	costOfFile       = 1 << 10  // bytes that every file counts in addition, even an empty one
)

// isDir reports whether path leads to a folder.
func isDir(path string) bool {
	is, err := dirAt(path)
	return is && err == nil
}

// mayBeDir reports whether path leads to a folder, or may do so.
func mayBeDir(path string) bool {
	is, err := dirAt(path)
	return is || err != nil
}

// dirAt reports whether path leads to a folder. An error means that something may exist
// there, but cannot be examined.
func dirAt(path string) (bool, error) {
	fi, err := os.Stat(path)
	if err == nil {
		return fi.IsDir(), nil
	}
	if err = walk.Reached(path, err); isGone(err) {
		return false, nil
	}
	return false, err
}

// expand is conda.common.path.expand: it expands variables and the home, and makes the path
// absolute.
func (h Host) expand(path string) string {
	path = h.expandUser(h.expandVars(path, nil))
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
