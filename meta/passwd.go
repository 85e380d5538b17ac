package meta

import (
	"path/filepath"
	"strconv"
	"strings"

	"gclean/walk"
)

// parsePasswd returns the users with a home in a passwd file or in the output of getent.
// more reports whether a line asks a directory service for more users ("+", of the service
// compat).
func parsePasswd(data []byte) (users []*User, more bool) {
	for line := range strings.Lines(string(data)) {
		line = strings.TrimRight(line, "\r\n")
		if strings.HasPrefix(line, "+") {
			more = true
			continue
		}
		fields := strings.Split(line, ":")
		if len(fields) < 6 || !filepath.IsAbs(fields[5]) {
			continue
		}
		u := &User{Name: fields[0], Home: filepath.Clean(fields[5]), UID: number(fields[2])}
		if gid := number(fields[3]); gid >= 0 {
			u.gids = []int{gid}
		}
		users = append(users, u)
	}
	return users, more
}

// number returns a UID or GID, or -1 if the text is not a number.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

// parseGroup returns the groups of each user in a group file, without the primary group.
func parseGroup(data []byte) map[string][]int {
	groups := map[string][]int{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if len(fields) < 4 || number(fields[2]) < 0 {
			continue
		}
		for name := range strings.SplitSeq(fields[3], ",") {
			if name != "" {
				groups[name] = append(groups[name], number(fields[2]))
			}
		}
	}
	return groups
}

// passwd returns the users in the passwd file. A missing file has no users, as in a scratch
// image.
func (h Host) passwd() (users []*User, more bool, err error) {
	data, err := h.table(h.Passwd)
	users, more = parsePasswd(data)
	return users, more, err
}

// table reads a file of the system. It returns nothing if the file does not exist.
func (h Host) table(path string) ([]byte, error) {
	if path == "" {
		return nil, nil
	}
	data, err := readFile(path, maxEnvironmentsTxt)
	if err = walk.Reached(path, err); err != nil && isGone(err) {
		return nil, nil
	}
	return data, err
}

// setGroups sets the groups of users. They remain unknown if a directory service may have
// more, or if the group file cannot be read.
func (h Host) setGroups(users []*User, sources nsswitch) {
	data, err := h.table(h.Group)
	known := h.Group != "" && err == nil && data != nil &&
		len(sources.services("group")) == 0 && len(sources.services("initgroups")) == 0
	groups := parseGroup(data)
	for _, u := range users {
		if u.gids == nil {
			continue
		}
		u.gids = append(u.gids, groups[u.Name]...)
		if known {
			u.GIDs = u.gids
		}
	}
}

// passwdHome returns the user's home from the passwd file, or "".
func (h Host) passwdHome() string {
	users, _, _ := h.passwd() // accounts reports errors
	for _, u := range users {
		if u.UID == h.UID && h.UID >= 0 {
			return u.Home
		}
	}
	return ""
}
