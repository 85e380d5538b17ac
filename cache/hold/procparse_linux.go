package hold

import (
	"bytes"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// What the files of /proc say (proc(5)). Nothing here reads them.

// mostArgs bounds how many arguments of a process are kept: more are not needed to
// tell what an installer does.
const mostArgs = 16

// parseCmdline returns the first arguments of a command line. What a process has
// written over its own, for ps to show, is one argument.
func parseCmdline(data []byte) []string {
	text := strings.TrimRight(string(data), "\x00")
	if text == "" {
		return nil
	}
	args := strings.SplitN(text, "\x00", mostArgs+1)
	return args[:min(len(args), mostArgs)]
}

// programName is the name by which people know the program with these arguments.
func programName(args []string) string {
	if len(args) == 0 || args[0] == "" {
		return "a process"
	}
	return strings.TrimPrefix(path.Base(args[0]), "-") // of a login shell
}

// ticks is how many units of start times make a second: USER_HZ is 100 on every
// architecture that Go has Linux on.
const ticks = 100

// stat is what is wanted of /proc/PID/stat.
type stat struct {
	parent  int
	started time.Duration // since the machine was started
}

// parseStat reads "PID (NAME) STATE PARENT ..." (proc_pid_stat(5)). The name may have
// anything in it, spaces, parentheses and line breaks too.
func parseStat(data []byte) (stat, error) {
	end := bytes.LastIndexByte(data, ')')
	fields := strings.Fields(string(data[end+1:]))
	const first, parent, starttime = 3, 4, 22 // as proc(5) numbers them
	if end < 0 || len(fields) <= starttime-first {
		return stat{}, fmt.Errorf("not the stat of a process: %q", data)
	}
	ppid, err := strconv.Atoi(fields[parent-first])
	start, err2 := strconv.ParseInt(fields[starttime-first], 10, 64)
	if err := errors.Join(err, err2); err != nil {
		return stat{}, fmt.Errorf("not the stat of a process: %w", err)
	}
	return stat{ppid, time.Duration(start) * (time.Second / ticks)}, nil
}

// parseBoot returns when the machine was started, from /proc/stat. It is given in
// whole seconds, rounded down: what is added to it gives the earliest that a time
// can be.
func parseBoot(data []byte) (time.Time, error) {
	for line := range strings.Lines(string(data)) {
		if value, ok := strings.CutPrefix(line, "btime "); ok {
			seconds, err := strconv.ParseInt(strings.TrimSpace(value), 10, 64)
			if err != nil {
				return time.Time{}, fmt.Errorf("/proc/stat: %w", err)
			}
			return time.Unix(seconds, 0), nil
		}
	}
	return time.Time{}, errors.New("/proc/stat: it has no btime")
}

// status is what is wanted of /proc/PID/status.
type status struct {
	uid          int // as whom files are opened
	groups       []int
	capabilities uint64 // in effect
}

// Capabilities (linux/capability.h).
const (
	capDACOverride   = 1 << 1
	capDACReadSearch = 1 << 2
	capSysPtrace     = 1 << 19
)

// parseStatus reads the lines "Uid: REAL EFFECTIVE SAVED FILES", Gid, Groups and
// CapEff.
func parseStatus(data []byte) (status, error) {
	s := status{uid: AnyUser}
	var errs []error
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		errs = append(errs, err)
		return n
	}
	for line := range strings.Lines(string(data)) {
		key, value, _ := strings.Cut(line, ":")
		fields := strings.Fields(value)
		switch {
		case key == "Uid" && len(fields) == 4:
			s.uid = number(fields[3])
		case key == "Gid" && len(fields) == 4:
			s.groups = append(s.groups, number(fields[3]))
		case key == "Groups":
			for _, f := range fields {
				s.groups = append(s.groups, number(f))
			}
		case key == "CapEff" && len(fields) == 1:
			var err error
			s.capabilities, err = strconv.ParseUint(fields[0], 16, 64)
			errs = append(errs, err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return s, fmt.Errorf("not the status of a process: %w", err)
	}
	return s, nil
}

// overflowUID stands for users that a namespace of users has no number for
// (/proc/sys/kernel/overflowuid; nobody changes it).
const overflowUID = 65534

// reader returns the user whose permissions decide what a process may read, as a
// process sees it for which allUsers says whether its namespace has all users.
func (s status) reader(allUsers bool) int {
	switch {
	case s.uid != 0 && s.capabilities&(capDACOverride|capDACReadSearch) != 0:
		return AnyUser
	case s.uid == overflowUID && !allUsers:
		return AnyUser
	}
	return s.uid
}

// hasAllUsers says whether a uid_map is that of the first namespace of users.
func hasAllUsers(data []byte) bool {
	return slices.Equal(strings.Fields(string(data)), []string{"0", "0", "4294967295"})
}

// hides says whether a /proc that is mounted with these options hides processes
// from one with this status: has_pid_permissions in fs/proc/base.c of Linux shows all
// to a group that gid= names, and to who may trace every process.
func hides(super string, self status, allUsers bool) bool {
	mode, group := "", 0 // pid_gid is root's group where it is not given
	for option := range strings.SplitSeq(super, ",") {
		key, value, _ := strings.Cut(option, "=")
		switch key {
		case "hidepid":
			mode = value
		case "gid":
			if n, err := strconv.Atoi(value); err == nil {
				group = n
			}
		}
	}
	switch mode {
	case "", "0", "off":
		return false
	}
	if allUsers && self.capabilities&capSysPtrace != 0 {
		return false
	}
	return mode == "4" || mode == "ptraceable" || !slices.Contains(self.groups, group)
}
