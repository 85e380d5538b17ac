package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gclean/walk"
	"gclean/walk/open"
)

const (
	maxBeside = 100_000 // folders looked at beside a home
	maxNested = 1_000   // in a folder beside homes that is not root's
)

// ofServices are folders that homes of services are in, as in /etc/passwd of
// Debian and Fedora: what is beside those is no home. Looking for configuration
// in all of /var/lib took half the time of a run that has nothing to do.
var ofServices = [...]string{
	"/", "/dev", "/proc", "/run", "/sys", "/usr", "/usr/lib", "/usr/local", "/usr/share",
	"/var", "/var/cache", "/var/lib", "/var/log", "/var/spool",
}

// seesAll says whether the homes of all users are looked at: by root.
func (h Host) seesAll() bool { return h.UID == 0 && h.Passwd != "" }

// allUsers are the users whom the system names and the folders beside their
// homes, because not everybody in a directory service is listed. Sorted by
// home, each home once. A problem tells of users who are not among them.
func (h Host) allUsers(ctx context.Context) ([]*User, []Problem) {
	users, problems := h.accounts(ctx)
	named := map[string]bool{}
	owners := map[int]bool{} // of homes that are named
	parents := map[string]bool{}
	for _, u := range users {
		named[u.Home], owners[u.UID] = true, true
		if parent := filepath.Dir(u.Home); !slices.Contains(ofServices[:], parent) {
			parents[parent] = true
		}
	}
	if h.Asker != nil { // what is in a home is its user's to tell
		for parent := range parents {
			if home := homeAbove(parent, named); home != "" && ownerOf(home) > 0 {
				delete(parents, parent)
			}
		}
	}
	add := func(names []string, parent string, bad *Problem) {
		for _, name := range names {
			users = append(users, &User{Name: name, Home: filepath.Join(parent, name), UID: -1})
		}
		if bad != nil {
			problems = append(problems, *bad)
		}
	}
	for _, parent := range h.HomeParents {
		parent, nested := strings.CutSuffix(parent, "/*")
		if !nested {
			parents[parent] = true
			continue
		}
		names, bad := namesIn(parent, maxBeside)
		add(nil, parent, bad)
		for _, name := range names {
			path := filepath.Join(parent, name)
			if ctx.Err() != nil || named[path] || parents[path] || name[0] == '.' || looksLikeHome(path) {
				continue
			}
			if owner := ownerOf(path); h.Asker != nil && owner > 0 && owners[owner] {
				continue // a home of its owner, whatever its name
			}
			// What is not a home may hold homes: /home/CORP/ann.
			names, bad := namesIn(path, maxNestedIn(path))
			add(names, path, bad)
		}
	}
	for parent := range parents {
		names, bad := namesIn(parent, maxBeside)
		add(names, parent, bad)
	}
	return oneOfEachHome(users), problems
}

// oneOfEachHome sorts users by home and keeps one for each.
func oneOfEachHome(users []*User) []*User {
	// Who is named comes before the folder.
	slices.SortStableFunc(users, func(a, b *User) int { return cmp.Compare(a.Home, b.Home) })
	var list []*User
	for _, u := range users {
		if len(list) == 0 || list[len(list)-1].Home != u.Home {
			list = append(list, u)
			continue
		}
		first := list[len(list)-1]
		first.shared = first.shared || u.UID >= 0 && u.UID != first.UID
	}
	return list
}

// maxNestedIn is how many homes are looked for in a folder beside homes. Only
// root can make many people homes in one, and anybody can fill a folder.
func maxNestedIn(path string) int {
	if ownerOf(path) == 0 {
		return maxBeside
	}
	return maxNested
}

// homeAbove is the one of homes that path is, or is in; "" for none. The root of the
// file system is no home.
func homeAbove(path string, homes map[string]bool) string {
	for dir := path; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if homes[dir] {
			return dir
		}
	}
	return ""
}

// namesIn are the names in a folder of homes, limit of them at most. The
// problem says that there may be more.
func namesIn(parent string, limit int) ([]string, *Problem) {
	names, err := readNames(parent, limit)
	if err = walk.Reached(parent, err); err == nil || isGone(err) {
		return names, nil
	}
	return names, &Problem{Path: parent, Err: &UnseenError{Path: parent, Err: err}, Unseen: true}
}

// readNames are the names in a folder, limit of them at most, sorted.
func readNames(path string, limit int) ([]string, error) {
	names, more, err := open.SomeNames(path, limit)
	if errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	if more {
		err = fmt.Errorf("it has more than %d names", limit)
	}
	slices.Sort(names)
	return names, err
}

// Homes are the home folders that are known on this machine: those of users,
// and of the folders beside them those that look like one.
func (h Host) Homes() []string {
	users, _, _ := h.passwd() // what is wrong is told by Configure
	if h.seesAll() {
		users, _ = h.allUsers(context.Background())
	}
	return h.homesOf(users)
}

// homesOf is Homes, of the users that were found.
func (h Host) homesOf(users []*User) []string {
	homes := []string{}
	if h.Home != "" {
		homes = append(homes, h.Home)
	}
	for _, u := range users {
		if u.UID >= 0 || looksLikeHome(u.Home) {
			homes = append(homes, u.Home)
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

// placesOfUser are what the tools leave in a home; a user who has none of it needs not
// be asked. With a slash at the end, what is inside the folder before counts.
func placesOfUser() []string {
	return []string{
		".conda", ".condarc", ".mambarc", ".mamba", ".pixi", "micromamba", "conda-bld",
		".config/conda", ".config/mamba", ".config/pixi", ".config/rattler",
		".cache/conda", ".cache/pixi", ".cache/.pixi", ".cache/rattler",
		".local/share/mamba", "Library/Caches/rattler", "Library/Caches/pixi", "Library/Caches/conda",
	}
}

// mayHave says whether a user may have caches or environments: by names alone, so
// that a home is never opened. raw are the paths of the system's configuration that
// differ by user. A folder that cannot be looked into, as on a network file system
// that trusts no root, may have anything in it.
func (h Host) mayHave(u *User, raw []string) bool {
	if err := there(u.Home); err != nil {
		return !isGone(err)
	}
	places := placesOfUser()
	for _, root := range h.UsualRoots {
		if rest, ok := strings.CutPrefix(root, "~/"); ok {
			places = append(places, rest)
		}
	}
	above := map[string]error{} // ".config" and others, looked at once
	for _, place := range places {
		if top, _, nested := strings.Cut(place, "/"); nested {
			err, asked := above[top]
			if !asked {
				err = there(filepath.Join(u.Home, top))
				above[top] = err
			}
			if err != nil && isGone(err) {
				continue
			}
		}
		if err := there(filepath.Join(u.Home, filepath.FromSlash(place))); err == nil || !isGone(err) {
			return true
		}
	}
	of := h.as(u)
	for _, path := range raw {
		if err := there(of.expand(path)); err == nil || !isGone(err) {
			return true
		}
	}
	return false
}

// there is nil if there is something at path; a symlink is.
func there(path string) error {
	_, err := os.Lstat(path)
	return walk.Reached(path, err)
}

// byUser are the paths in the system's configuration that are another one for each
// user, as they are written, and the places where pixi puts a cache for each.
func (h Host) byUser(roots []Value) []string {
	system := h
	system.Home, system.UsualRoots = "", nil
	system.Getenv = func(string) (string, bool) { return "", false }
	var raw []string
	for _, root := range append([]Value{{}}, roots...) {
		_, settings := system.readFiles(root.Path)
		_, more := readSettings(system.mambarcFiles(nil, &Config{RootPrefix: root}))
		var named []Value
		for _, name := range []string{"pkgs_dirs", "envs_dirs"} {
			named = slices.Concat(named, merge(settings[name]), merge(more[name]))
		}
		for _, name := range []string{"croot", "bld_path", "conda_build_root"} {
			for _, s := range settings[name] {
				named = append(named, Value{Path: s.scalar})
			}
		}
		for _, v := range named {
			if strings.HasPrefix(v.Path, "~") || strings.Contains(v.Path, "$") {
				raw = append(raw, v.Path)
			}
		}
	}
	if h.SystemPixi != "" {
		const home = "/~" // of nobody
		system.Home = home
		f, _ := system.readPixiFile(&budget{maxConfiguration}, h.SystemPixi) // what is wrong in it is told for each user
		for _, path := range slices.Concat(f.detached, f.cached, []string{f.root, f.packages}) {
			if rest, ok := strings.CutPrefix(path, home); ok {
				raw = append(raw, "~"+rest)
			}
		}
	}
	raw = append(raw, "/tmp/pixi-cache-$USER")
	slices.Sort(raw)
	return slices.Compact(raw)
}

// toAsk are the users among all who are asked by processes of their own, and those
// whose homes are root's: there is nobody else to look into those.
func (h Host) toAsk(ctx context.Context, users []*User, c *Config) (ask, own []*User) {
	raw := h.byUser(c.roots)
	c.others = map[string]*User{}
	for _, u := range users {
		if ctx.Err() != nil {
			return nil, nil
		}
		if u.UID < 0 {
			u.UID = ownerOf(u.Home)
			u.shared = u.shared || othersWrite(u.Home)
		}
		switch {
		case u.Home == "/": // of services; what is there is the system's
		case u.UID <= 0 || !h.Asker.Can(u) || isServices(u):
			own = append(own, u)
		default:
			if c.others[u.Home] = u; h.mayHave(u, raw) {
				ask = append(ask, u)
			}
		}
	}
	return ask, own
}

// maxServiceUID is the last UID of a service: SYS_UID_MAX in login.defs(5).
const maxServiceUID = 999

// isServices says whether a home is a folder of the system that a service has for one,
// as sys has /dev in Debian: root's, and so is what is below it.
func isServices(u *User) bool {
	st, err := walk.Describe(u.Home)
	return u.UID <= maxServiceUID && err == nil && st.UID == 0
}

// ownerOf is the UID of the owner of a home of which nothing else is known. Its group
// says nothing of the owner's groups.
func ownerOf(home string) int {
	st, err := walk.Describe(home)
	if err != nil {
		return ownerOfFolder(home)
	}
	return int(st.UID)
}

// othersWrite says whether others can write to a home: everybody, or a group that is not
// its owner's own, which has the number of its user.
func othersWrite(home string) bool {
	st, err := walk.Describe(home)
	mode := st.Mode.Perm()
	return err == nil && (mode&0o002 != 0 || mode&0o020 != 0 && st.GID != st.UID)
}
