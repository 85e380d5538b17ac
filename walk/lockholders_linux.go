package walk

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"

	"gclean/walk/mounts"

	"golang.org/x/sys/unix"
)

// heldLock is a line of /proc/locks: a lock on a file, and its holder.
type heldLock struct {
	class string // FLOCK, POSIX or OFDLCK
	pid   int    // -1 for OFDLCK, which belongs to no process
}

// errUnlisted means that some locks may be missing from /proc/locks.
var errUnlisted = errors.New("not all locks are listed")

// initPIDNamespace is the initial PID namespace: PROC_PID_INIT_INO in
// include/linux/proc_ns.h. In any other, /proc/locks leaves out locks of processes outside
// the namespace (locks_show in fs/locks.c).
const initPIDNamespace = "pid:[4026531836]"

// locksOf returns the locks of all kinds on the file id in s. An error means that there may
// be more.
func (s sysdir) locksOf(id ID) ([]heldLock, error) {
	kind, err := s.fsKind()
	if err != nil {
		return nil, err
	}
	if kind != mounts.Local {
		return nil, errUnlisted // other hosts may have locks
	}
	if ns, err := os.Readlink("/proc/self/ns/pid"); err != nil || ns != initPIDNamespace {
		return nil, errUnlisted
	}
	text, err := os.ReadFile("/proc/locks")
	if err != nil {
		return nil, err
	}
	return parseLocks(text, id.Ino), nil
}

// parseLocks returns the locks in /proc/locks on files with this inode number. It ignores
// the device, which differs from that of stat(2) on btrfs and overlayfs, for example. So
// the result may include locks on another file with the same number.
func parseLocks(text []byte, ino uint64) []heldLock {
	var list []heldLock
	for line := range bytes.Lines(text) {
		// "1: FLOCK ADVISORY WRITE 1234 00:2a:567 0 EOF"; a process that waits has "1: ->
		// FLOCK ..."
		fields := strings.Fields(string(line))
		if len(fields) < 6 || fields[1] == "->" {
			continue
		}
		at := strings.LastIndexByte(fields[5], ':') + 1
		n, err := strconv.ParseUint(fields[5][at:], 10, 64)
		if err != nil || n != ino {
			continue
		}
		pid, err := strconv.Atoi(fields[4])
		if err != nil {
			pid = -1
		}
		list = append(list, heldLock{class: fields[1], pid: pid})
	}
	return list
}

// onlyReadersLock reports whether all processes that hold f, a file in s, by flock can
// write neither to f nor to s. It returns false if that cannot be told.
func (s sysdir) onlyReadersLock(f *os.File) bool {
	var dir, file unix.Stat_t
	if unix.Fstat(int(s), &dir) != nil || unix.Fstat(int(f.Fd()), &file) != nil {
		return false
	}
	if hasACL(int(s)) || hasACL(int(f.Fd())) {
		return false // modes do not tell who may write
	}
	list, err := s.locksOf(idOf(&file))
	if err != nil {
		return false
	}
	found := false
	for _, l := range list {
		if l.class != "FLOCK" {
			continue
		}
		c, err := credentialsOf(l.pid)
		if err != nil || c.mayWrite(&dir) || c.mayWrite(&file) {
			return false
		}
		found = true
	}
	return found
}

// hasACL reports whether an open file may have an ACL, so that its mode alone does not
// decide who may write.
func hasACL(fd int) bool {
	n, err := unix.Fgetxattr(fd, "system.posix_acl_access", nil)
	return err == nil && n > 0 || err != nil && err != unix.ENODATA && err != unix.EOPNOTSUPP
}

// credentials decide which files a process may write to.
type credentials struct {
	uids, gids []uint64
	caps       bool
}

// credentialsOf reads the credentials of a process from /proc/PID/status.
func credentialsOf(pid int) (c credentials, err error) {
	if pid <= 0 {
		return c, errUnlisted
	}
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return c, err
	}
	return parseCredentials(text)
}

func parseCredentials(text []byte) (c credentials, err error) {
	seen := map[string]bool{}
	for line := range bytes.Lines(text) {
		name, value, _ := strings.Cut(string(line), ":")
		switch name {
		case "Uid", "Gid", "Groups":
			seen[name] = true
			for _, field := range strings.Fields(value) {
				n, err := strconv.ParseUint(field, 10, 32)
				if err != nil {
					return c, err
				}
				if name == "Uid" {
					c.uids = append(c.uids, n)
				} else {
					c.gids = append(c.gids, n)
				}
			}
		case "CapEff", "CapPrm":
			seen[name] = true
			n, err := strconv.ParseUint(strings.TrimSpace(value), 16, 64)
			if err != nil {
				return c, err
			}
			c.caps = c.caps || n != 0
		}
	}
	if len(seen) < 5 || len(c.uids) == 0 || len(c.gids) == 0 {
		return c, errUnlisted
	}
	return c, nil
}

// mayWrite checks the mode against all UIDs and GIDs of the process. It may return true
// where the kernel would refuse, but never the reverse.
func (c credentials) mayWrite(st *unix.Stat_t) bool {
	if c.caps || st.Mode&0o002 != 0 {
		return true
	}
	for _, uid := range c.uids {
		if uid == 0 || uid == uint64(st.Uid) {
			return true // an owner can change the mode
		}
	}
	for _, gid := range c.gids {
		if gid == uint64(st.Gid) && st.Mode&0o020 != 0 {
			return true
		}
	}
	return false
}
