package meta

import (
	"path/filepath"
	"strconv"
	"strings"

	"gclean/walk"
)

// parsePasswd are the users in a passwd file, or in what getent prints, that
// have a home; and whether a line asks a directory service for more ("+" of
// the service compat).
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

// number is a UID or GID, -1 where the text is none.
func number(s string) int {
	n, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return -1
	}
	return int(n)
}

// parseGroup are the groups of each user in a group file, besides the primary.
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

// passwd are the users in the passwd file. One that is not there has none, as
// in a scratch image.
func (h Host) passwd() (users []*User, more bool, err error) {
	data, err := h.table(h.Passwd)
	users, more = parsePasswd(data)
	return users, more, err
}

// table reads a file of the system; nothing where there is no such file.
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

// setGroups gives users their groups; unknown where a directory service may
// have more, or the group file cannot be read.
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

// passwdHome is the user's home in the passwd file, "" when it is not there.
func (h Host) passwdHome() string {
	users, _, _ := h.passwd() // that it cannot be read is told by accounts
	for _, u := range users {
		if u.UID == h.UID && h.UID >= 0 {
			return u.Home
		}
	}
	return ""
}
