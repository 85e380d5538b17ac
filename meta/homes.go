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
	maxBeside = 100_000 // folders read beside a home
	maxNested = 1_000   // in a folder beside homes that is not root's
)

// ofServices are the folders that contain homes of services, as in /etc/passwd of Debian
// and Fedora. Other folders in them are not homes. Looking for configuration in all of
// /var/lib took half the time of a run that had nothing to do.
var ofServices = [...]string{
	"/", "/dev", "/proc", "/run", "/sys", "/usr", "/usr/lib", "/usr/local", "/usr/share",
	"/var", "/var/cache", "/var/lib", "/var/log", "/var/spool",
}

// seesAll reports whether the homes of all users are read, which root does.
func (h Host) seesAll() bool { return h.UID == 0 && h.Passwd != "" }

// allUsers returns the users that the system names, and the folders beside their homes,
// because a directory service may not list everybody. They are sorted by home, each home
// once. The problems say which users may be missing.
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
	if h.Asker != nil { // only the home's user may look into it
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
				continue // a home of its owner, whatever its name is
			}
			// A folder that is not a home may contain homes, such as /home/CORP/ann.
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

// oneOfEachHome sorts users by home and keeps one for each home.
func oneOfEachHome(users []*User) []*User {
	// A stable sort keeps named users before folders.
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

// maxNestedIn returns how many homes to look for in a folder beside homes. Only root can
// make many people's homes in one folder, but anybody can fill a folder.
func maxNestedIn(path string) int {
	if ownerOf(path) == 0 {
		return maxBeside
	}
	return maxNested
}

// homeAbove returns the one of homes that path is or is in, or "". The root of the file
// system is never a home.
func homeAbove(path string, homes map[string]bool) string {
	for dir := path; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if homes[dir] {
			return dir
		}
	}
	return ""
}

// namesIn returns the names in a folder of homes, at most limit. The problem says that
// there may be more.
func namesIn(parent string, limit int) ([]string, *Problem) {
	names, err := readNames(parent, limit)
	if err = walk.Reached(parent, err); err == nil || isGone(err) {
		return names, nil
	}
	return names, &Problem{Path: parent, Err: &UnseenError{Path: parent, Err: err}, Unseen: true}
}

// readNames returns the names in a folder, at most limit, sorted.
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

// Homes returns the known home folders on this machine: those of users, and those folders
// beside them that look like homes.
func (h Host) Homes() []string {
	users, _, _ := h.passwd() // Configure reports what is wrong
	if h.seesAll() {
		users, _ = h.allUsers(context.Background())
	}
	return h.homesOf(users)
}

// homesOf is Homes for given users.
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

// looksLikeHome reports whether a folder has files that programs usually put into homes.
func looksLikeHome(path string) bool {
	for _, name := range []string{".bashrc", ".profile", ".ssh", ".config", ".cache", ".local", ".conda"} {
		if _, err := os.Lstat(filepath.Join(path, name)); err == nil {
			return true
		}
	}
	return false
}

// placesOfUser returns paths that the tools make in a home. A user who has none of them
// need not be asked.
func placesOfUser() []string {
	return []string{
		".conda", ".condarc", ".mambarc", ".mamba", ".pixi", "micromamba", "conda-bld",
		".config/conda", ".config/mamba", ".config/pixi", ".config/rattler",
		".cache/conda", ".cache/pixi", ".cache/.pixi", ".cache/rattler",
		".local/share/mamba", "Library/Caches/rattler", "Library/Caches/pixi", "Library/Caches/conda",
	}
}

// mayHave reports whether a user may have caches or environments. It only looks up names,
// and opens nothing in a home. raw are the paths in the system's configuration that differ
// for each user. A folder that cannot be examined, as on a network file system that does
// not trust root, may contain anything.
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
	above := map[string]error{} // .config and others, each looked up once
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

// there returns nil if path exists; a symlink need not lead anywhere.
func there(path string) error {
	_, err := os.Lstat(path)
	return walk.Reached(path, err)
}

// byUser returns the paths in the system's configuration that differ for each user,
// unexpanded, and the places where pixi puts a cache for each user.
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
		const home = "/~" // stands for any user's home
		system.Home = home
		f, _ := system.readPixiFile(&budget{maxConfiguration}, h.SystemPixi) // errors are reported for each user
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

// toAsk splits users into those who are asked through their own processes, and those whose
// homes root reads itself.
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
		case u.Home == "/": // of services; the files there belong to the system
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

// maxServiceUID is the largest UID of a service: SYS_UID_MAX in login.defs(5).
const maxServiceUID = 999

// isServices reports whether a home is a system folder that is some service's home, as /dev
// is for sys in Debian. It belongs to root, and so does everything below.
func isServices(u *User) bool {
	st, err := walk.Describe(u.Home)
	return u.UID <= maxServiceUID && err == nil && st.UID == 0
}

// ownerOf returns the UID of the owner of a home about which nothing else is known. The
// group of the folder does not tell the owner's groups.
func ownerOf(home string) int {
	st, err := walk.Describe(home)
	if err != nil {
		return ownerOfFolder(home)
	}
	return int(st.UID)
}

// othersWrite reports whether others can write to a home: everybody, or a group. It ignores
// the owner's own group, which has the same number as the owner.
func othersWrite(home string) bool {
	st, err := walk.Describe(home)
	mode := st.Mode.Perm()
	return err == nil && (mode&0o002 != 0 || mode&0o020 != 0 && st.GID != st.UID)
}
