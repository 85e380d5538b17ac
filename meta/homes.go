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
	parents := map[string]bool{}
	for _, u := range users {
		named[u.Home] = true
		if parent := filepath.Dir(u.Home); !slices.Contains(ofServices[:], parent) {
			parents[parent] = true
		}
	}
	if h.Asker != nil { // what is in a home is its user's to tell
		for parent := range parents {
			if inside(parent, named) {
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
			if h.Asker != nil && !ofRoot(path) {
				continue // a home of its owner
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
	if ofRoot(path) {
		return maxBeside
	}
	return maxNested
}

// ofRoot says whether a folder belongs to root.
func ofRoot(path string) bool {
	st, err := walk.Describe(path)
	return err == nil && st.UID == 0
}

// inside says whether path is one of homes, or in one. The root of the file system is
// no home.
func inside(path string, homes map[string]bool) bool {
	for dir := path; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if homes[dir] {
			return true
		}
	}
	return false
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
		err = fmt.Errorf("there are more than %d names in it", limit)
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
