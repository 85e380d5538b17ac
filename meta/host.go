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

// Host is the machine as configuration sees it. Tests make their own.
type Host struct {
	Getenv   func(string) (string, bool)
	Home     string // the user's home, "" when unknown
	UID      int    // -1 on Windows
	Passwd   string // path of the passwd file, "" for none
	Group    string // path of the group file, "" for none
	NSSwitch string // path of nsswitch.conf, "" for none
	// Getent lists the users of directory services, as lines of a passwd file;
	// nil where nobody can.
	Getent       func(context.Context) ([]byte, error)
	HomeParents  []string // folders of homes; with "/*" at the end, folders of such folders
	SystemConfig []string // folders of the system's condarc files
	SystemPixi   string   // pixi's configuration file of the system, "" for none
	UsualRoots   []string // where installers put a root prefix; "~" is Home
	// Asker asks other users, for root; where it is nil, this process reads their
	// files itself.
	Asker Asker

	// Outside are places, without symlinks, where folders are mounted of a system
	// around this one, as in a chroot that has the /home of its host. Environments there
	// hold packages; caches there are not cleaned, since others use them too.
	Outside []string

	user   *User                                          // whose files are read; nil for the user of the process
	byName func(name string) (home string, complete bool) // see homesByName
}

// CurrentHost is the machine and the user that the process runs as.
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
		// As os.path.expanduser does: cron and some containers have no HOME,
		// and the user has environments all the same.
		h.Home = h.passwdHome()
	}
	return h
}

// ImageHost is the machine whose file system is at /, of which nothing runs: an
// image, as its root user sees it who has set no variables.
func ImageHost() Host {
	h := CurrentHost()
	h.Getenv = func(string) (string, bool) { return "", false }
	h.UID, h.Passwd = 0, "/etc/passwd"
	h.Getent = nil // it would run what is in the image
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

// budget bounds what is read of the files of one user, together.
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
	maxConfiguration = 16 << 20 // bytes of configuration that are read of one user
	costOfFile       = 1 << 10  // bytes that a file counts for, even an empty one
)

// isDir says whether path leads to a folder.
func isDir(path string) bool {
	is, err := dirAt(path)
	return is && err == nil
}

// mayBeDir says whether path leads to a folder, or may do so.
func mayBeDir(path string) bool {
	is, err := dirAt(path)
	return is || err != nil
}

// dirAt says whether path leads to a folder. The error says that something may
// be there and cannot be looked at.
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

// expand is conda.common.path.expand: variables, home, absolute.
func (h Host) expand(path string) string {
	path = h.expandUser(h.expandVars(path, nil))
	if abs, err := filepath.Abs(path); err == nil {
		return abs
	}
	return path
}
