package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"gclean/walk"
)

const maxBeside = 100_000 // folders looked at beside a home

// ofServices are folders that homes of services are in, as in /etc/passwd of
// Debian and Fedora: what is beside those is no home. Looking for configuration
// in all of /var/lib took half the time of a run that has nothing to do.
var ofServices = [...]string{
	"/", "/dev", "/proc", "/run", "/sys", "/usr", "/usr/lib", "/usr/local", "/usr/share",
	"/var", "/var/cache", "/var/lib", "/var/log", "/var/spool",
}

// user is somebody who may have caches.
type user struct {
	name string
	home string
	uid  int // -1 where only the home is known: then it is its owner
}

// passwdUsers are the users in the passwd file that have a home.
func (h Host) passwdUsers() []user {
	if h.Passwd == "" {
		return nil
	}
	data, _ := readFile(h.Passwd, maxEnvironmentsTxt) // absent in a scratch image
	var list []user
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(fields) < 6 || !filepath.IsAbs(fields[5]) {
			continue
		}
		uid, err := strconv.Atoi(fields[2])
		if err != nil || uid < 0 {
			uid = -1
		}
		list = append(list, user{fields[0], filepath.Clean(fields[5]), uid})
	}
	return list
}

// UserName is the login name of a UID in the passwd file, "" where it has none.
func (h Host) UserName(uid int) string {
	for _, u := range h.passwdUsers() {
		if u.uid == uid {
			return u.name
		}
	}
	return ""
}

// allUsers are the users in the passwd file and the folders beside their
// homes, because accounts of a directory service are not in the file. Sorted
// by home, each home once.
func (h Host) allUsers() []user {
	users := h.passwdUsers()
	parents := map[string]bool{}
	for _, u := range users {
		parents[filepath.Dir(u.home)] = true
	}
	for parent := range parents {
		if slices.Contains(ofServices[:], parent) {
			continue
		}
		entries, err := os.ReadDir(parent)
		if err != nil || len(entries) > maxBeside {
			continue
		}
		for _, e := range entries {
			users = append(users, user{e.Name(), filepath.Join(parent, e.Name()), -1})
		}
	}
	// Who is in the file comes before the folder.
	slices.SortStableFunc(users, func(a, b user) int { return cmp.Compare(a.home, b.home) })
	return slices.CompactFunc(users, func(a, b user) bool { return a.home == b.home })
}

// seesAll says whether the homes of all users are looked at: by root.
func (h Host) seesAll() bool { return h.UID == 0 && h.Passwd != "" }

// homes are the homes of all users, for root, or the user's own.
func (h Host) homes() []string {
	homes := []string{}
	if h.Home != "" {
		homes = append(homes, h.Home)
	}
	if h.seesAll() {
		for _, u := range h.allUsers() {
			homes = append(homes, u.home)
		}
	}
	slices.Sort(homes)
	return slices.Compact(homes)
}

// Homes are the home folders that are known on this machine: those of users,
// and of the folders beside them those that look like one.
func (h Host) Homes() []string {
	homes := []string{}
	if h.Home != "" {
		homes = append(homes, h.Home)
	}
	users := h.passwdUsers()
	if h.seesAll() {
		users = h.allUsers()
	}
	for _, u := range users {
		if u.uid >= 0 || looksLikeHome(u.home) {
			homes = append(homes, u.home)
		}
	}
	slices.Sort(homes)
	return slices.Compact(homes)
}

// looksLikeHome says whether a folder has what programs put into homes.
func looksLikeHome(path string) bool {
	for _, name := range []string{".bashrc", ".profile", ".ssh", ".config", ".cache", ".local", ".conda"} {
		if _, err := os.Lstat(filepath.Join(path, name)); err == nil {
			return true
		}
	}
	return false
}

// as is the machine as a user sees it who has set no variables.
func (h Host) as(u user) Host {
	variables := map[string]string{"HOME": u.home, "USER": u.name, "LOGNAME": u.name}
	h.Getenv = func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	}
	h.Home, h.UID, h.Passwd = u.home, u.uid, ""
	return h
}

// withPresent is the machine without the places of the system's configuration
// that are not there: they are looked at for each user, because of the "~" and
// "$USER" in them.
func (h Host) withPresent() Host {
	h.SystemConfig = slices.DeleteFunc(slices.Clone(h.SystemConfig), absent)
	if h.SystemPixi != "" && absent(h.SystemPixi) {
		h.SystemPixi = ""
	}
	return h
}

// absent says whether there is nothing at path.
func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// userConfig is what the files of one user say.
type userConfig struct {
	host   Host
	caches []Value
	envs   []Value // folders of environments
	places []Value // environments
	pixi   pixiConfig
	files  []ConfigFile
}

// maxUserCaches is how many caches one user may name.
const maxUserCaches = 1000

// userConfig reads the files in a home, and those of the system for what they
// say with "~" and "$USER" in them.
func (h Host) userConfig() userConfig {
	u := userConfig{host: h}
	// Which of the installations in a home is the one that is used depends on
	// variables: all of them count.
	roots := []Value{}
	for _, root := range h.UsualRoots {
		if path := h.expandUser(root); root[0] == '~' && path[0] != '~' && isRoot(path) {
			roots = append(roots, Value{Path: filepath.Clean(path), Source: "usual place"})
		}
	}
	u.places = append(u.places, roots...)
	if len(roots) == 0 {
		roots = append(roots, Value{})
	}
	for _, root := range roots {
		files, settings := h.readFiles(root.Path)
		c := &Config{RootPrefix: root, Files: files}
		h.setDirs(c, Options{}, settings)
		h.addMamba(c, Options{}, settings)
		u.caches, u.envs, u.places = append(u.caches, c.PkgsDirs...), append(u.envs, c.EnvsDirs...), append(u.places, c.places...)
		u.files = append(u.files, c.Files...)
	}
	var files []ConfigFile
	u.pixi, files = h.pixi(&budget{maxConfiguration})
	u.files = append(u.files, files...)
	u.caches = unique(append(u.caches, u.pixi.caches...))
	u.envs, u.places = unique(u.envs), unique(u.places)
	u.files = slices.DeleteFunc(u.files, func(f ConfigFile) bool { return h.ofSystem(f.Path) })
	slices.SortStableFunc(u.files, func(a, b ConfigFile) int { return cmp.Compare(a.Path, b.Path) })
	u.files = slices.CompactFunc(u.files, func(a, b ConfigFile) bool { return a.Path == b.Path })
	return u
}

// ofSystem says whether a configuration file is the system's.
func (h Host) ofSystem(path string) bool {
	return path == h.SystemPixi || slices.ContainsFunc(h.SystemConfig, func(dir string) bool {
		return strings.HasPrefix(filepath.ToSlash(path), filepath.ToSlash(dir)+"/")
	})
}

// addUsers reads what the other users have configured: root counts their
// environments as holders and, if asked to, adds their caches.
func (h Host) addUsers(ctx context.Context, c *Config, o Options) error {
	switch {
	case o.AllUsers && h.UID != 0:
		return usagef("--all-users: only root can look after the caches of all users")
	case o.AllUsers && len(o.PkgsDirs) > 0:
		return usagef("--all-users and --pkgs-dir exclude each other: one looks for caches, the other names them")
	case !h.seesAll():
		return nil
	}
	if o.AllUsers && h.Home != "" {
		// sudo can leave HOME as it was: the files there would be taken for
		// root's own.
		if dir, err := walk.Open(h.Home); err == nil {
			owner := dir.Stat().UID
			dir.Close()
			if owner != 0 {
				return usagef("--all-users: the home %s is not root's; with sudo, use sudo -H", h.Home)
			}
		}
	}
	h = h.withPresent()
	users := slices.DeleteFunc(h.allUsers(), func(u user) bool { return u.home == filepath.Clean(h.Home) || u.home == "/" })
	configs := make([]userConfig, len(users))
	caches := make([][]Value, len(users))
	problems := make([][]Problem, len(users))
	err := parallel(ctx, len(users), func(i int) {
		u := users[i]
		owner, err := ownerOfHome(u)
		if err != nil && o.AllUsers && !isGone(err) {
			problems[i] = append(problems[i], Problem{Path: u.home, Err: fmt.Errorf("%w: caches of this user are left alone", err)})
		}
		if err != nil && !errors.Is(err, errHome) {
			return
		}
		configs[i] = h.as(u).userConfig()
		for _, f := range configs[i].files {
			if f.Err != nil {
				// Environments of conda and mamba are in environments.txt too.
				problems[i] = append(problems[i], Problem{Path: f.Path, Err: f.Err, Hides: f.Hides && filepath.Ext(f.Path) == ".toml"})
			}
		}
		if o.AllUsers {
			var bad []Problem
			caches[i], bad = h.owned(configs[i].caches, owner)
			problems[i] = append(problems[i], bad...)
		}
	})
	if err != nil {
		return err
	}
	c.users = configs
	for i := range users {
		c.PkgsDirs = append(c.PkgsDirs, caches[i]...)
		c.Problems = append(c.Problems, problems[i]...)
	}
	c.PkgsDirs = unique(c.PkgsDirs)
	return nil
}

// errHome says that the files in a home cannot be taken for its user's.
var errHome = errors.New("the home")

// ownerOfHome is the UID whose caches the files in a home may name; 0 where
// they may name none, with an error if that is worth telling.
func ownerOfHome(u user) (int, error) {
	dir, err := walk.Open(u.home)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	st := dir.Stat()
	owner := int(st.UID)
	switch {
	case owner == 0 && (u.uid <= 0 || st.Mode.Perm()&0o002 != 0):
		return 0, nil // the system's, such as /tmp, which is the home of some services
	case st.Mode.Perm()&0o002 != 0:
		return 0, fmt.Errorf("%w %s can be written to by everybody", errHome, u.home)
	case u.uid >= 0 && owner != 0 && owner != u.uid:
		return 0, fmt.Errorf("%w %s belongs to another user", errHome, u.home)
	}
	return cmp.Or(max(u.uid, 0), owner), nil
}

// errNotOwned says that a folder is another user's.
var errNotOwned = errors.New("does not belong to the user who names it as a cache, and is left alone")

// owned are the caches among those that a user names that exist and belong to
// that user, with symlinks resolved. What a user names decides nothing about
// the folders of others: those are left out, and told of.
func (h Host) owned(named []Value, owner int) (caches []Value, problems []Problem) {
	if owner == 0 {
		return nil, nil // root's own is in root's configuration
	}
	if len(named) > maxUserCaches {
		problems = append(problems, Problem{Path: named[maxUserCaches].Source, Err: fmt.Errorf("%s: more than %d caches are named, the others are left alone", named[maxUserCaches].Source, maxUserCaches)})
		named = named[:maxUserCaches]
	}
	for _, v := range named {
		path, err := ownedFolder(v.Path, owner)
		switch {
		case err == nil:
			v.Path, v.Owner = path, owner
			caches = append(caches, v)
		case isGone(err), h.ofSystem(v.Source), strings.HasPrefix(v.Source, "default"):
		default:
			problems = append(problems, Problem{Path: v.Path, Err: fmt.Errorf("%s names a cache: %w", v.Source, err)})
		}
	}
	return caches, problems
}

// ownedFolder is path with symlinks resolved, if it leads to a folder of the
// user owner.
func ownedFolder(path string, owner int) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	dir, err := walk.Open(resolved)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	if int(dir.Stat().UID) != owner {
		return "", &fs.PathError{Op: "open", Path: path, Err: errNotOwned}
	}
	return resolved, nil
}

// find is where the environments of a user may be.
func (u *userConfig) find() (known []Value, problems []Problem) {
	known = append(known, u.places...)
	for _, dir := range u.envs[:min(len(u.envs), maxNamed)] {
		found, bad := below(dir.Path, dir.Source)
		for i := range bad {
			bad[i].Hides = false // they are in environments.txt too
		}
		known, problems = append(known, found...), append(problems, bad...)
	}
	found, bad := u.host.pixiPlaces(u.pixi, &budget{maxConfiguration})
	return append(known, found...), append(problems, bad...)
}
