package meta

import (
	"slices"
	"strings"
)

// nsswitch has the services in nsswitch.conf, by the name of the database ("passwd").
type nsswitch map[string][]string

// ofThisMachine are the services whose users are in files of this machine
// (nsswitch.conf(5), nss-systemd(8), libnss-extrausers, altfiles of ostree, usrfiles of
// SUSE). All others are directory services, such as sss, ldap, winbind and nis.
var ofThisMachine = [...]string{"files", "compat", "systemd", "db", "altfiles", "usrfiles", "extrausers", "myhostname", "mymachines", "cache"}

// parseNSSwitch parses an nsswitch.conf: "passwd: files [NOTFOUND=return] sss".
func parseNSSwitch(data []byte) nsswitch {
	sources := nsswitch{}
	for line := range strings.Lines(string(data)) {
		line, _, _ = strings.Cut(line, "#")
		name, list, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		sources[strings.TrimSpace(name)] = strings.Fields(withoutActions(list))
	}
	return sources
}

// withoutActions removes everything in brackets.
func withoutActions(s string) string {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(s, "[")
		b.WriteString(before + " ")
		if !ok {
			return b.String()
		}
		if _, s, ok = strings.Cut(after, "]"); !ok {
			return b.String()
		}
	}
}

// services returns the directory services for a database.
func (n nsswitch) services(database string) []string {
	return slices.DeleteFunc(slices.Clone(n[database]), func(name string) bool {
		return slices.Contains(ofThisMachine[:], name)
	})
}

// ofUsers returns the directory services for users. more says that the passwd file has a
// "+" line. The service compat then also asks NIS, or the services of passwd_compat.
func (n nsswitch) ofUsers(more bool) []string {
	list := n.services("passwd")
	if more && slices.Contains(n["passwd"], "compat") {
		if compat := n.services("passwd_compat"); len(compat) > 0 {
			return append(list, compat...)
		}
		return append(list, "nis")
	}
	return list
}
