package meta

import (
	"context"
	"errors"
)

// errOnlyLocal means that a directory service does not list its users. That is the default
// of SSSD (enumerate = false in sssd.conf).
var errOnlyLocal = errors.New("getent lists only users that are in /etc/passwd")

// accounts returns the users with a home that the system names: those in the passwd file,
// then those that a directory service lists. The problems say which users may be missing.
func (h Host) accounts(ctx context.Context) ([]*User, []Problem) {
	var problems []Problem
	users, more, err := h.passwd()
	if err != nil {
		problems = append(problems, Problem{Path: h.Passwd, Err: &UnseenError{Path: h.Passwd, Err: err}, Unseen: true})
	}
	data, err := h.table(h.NSSwitch)
	if err != nil {
		problems = append(problems, Problem{Path: h.NSSwitch, Err: &UnseenError{Path: h.NSSwitch, Err: err}, Unseen: true})
	}
	sources := parseNSSwitch(data)
	if services := sources.ofUsers(more); len(services) > 0 {
		more, err := h.enumerated(ctx, users)
		users = append(users, more...)
		if err != nil {
			problems = append(problems, Problem{Path: h.NSSwitch, Err: &UnseenError{Path: h.NSSwitch, Services: services, Err: err}, Unseen: true})
		}
	}
	h.setGroups(users, sources)
	return users, problems
}

// enumerated returns the users that a directory service lists in addition to those known.
func (h Host) enumerated(ctx context.Context, known []*User) ([]*User, error) {
	if h.Getent == nil {
		return nil, errNoGetent
	}
	data, err := h.Getent(ctx)
	local := map[string]bool{}
	for _, u := range known {
		local[u.Name] = true
	}
	listed, _ := parsePasswd(data)
	var users []*User
	foreign := false
	for _, u := range listed {
		if local[u.Name] {
			continue
		}
		users = append(users, u)
		foreign = foreign || isPerson(u.UID)
	}
	if err == nil && !foreign {
		err = errOnlyLocal
	}
	return users, err
}

// isPerson reports whether a UID can belong to a person in a directory service. It excludes
// users that systemd makes up on this machine: uid0 and nobody, homed, containers and
// dynamic users (https://systemd.io/UIDS-GIDS).
func isPerson(uid int) bool {
	return uid >= 1000 && (uid < 60001 || uid > 65534)
}
