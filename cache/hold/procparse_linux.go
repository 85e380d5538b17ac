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

// The functions in this file parse files of /proc (proc(5)); they read nothing.

// mostArgs limits how many arguments of a process are kept: enough to tell what an
// installer does.
const mostArgs = 16

// parseCmdline returns the first arguments of a command line. If a process has overwritten
// its command line to show a title in ps, that is one argument.
func parseCmdline(data []byte) []string {
	text := strings.TrimRight(string(data), "\x00")
	if text == "" {
		return nil
	}
	args := strings.SplitN(text, "\x00", mostArgs+1)
	return args[:min(len(args), mostArgs)]
}

// programName returns the name by which people know the program with these arguments.
func programName(args []string) string {
	if len(args) == 0 || args[0] == "" {
		return "a process"
	}
	return strings.TrimPrefix(path.Base(args[0]), "-") // login shells have the hyphen
}

// ticks is how many units of a start time make a second: USER_HZ is 100 on every
// architecture for which Go supports Linux.
const ticks = 100

// stat is what gclean needs of /proc/PID/stat.
type stat struct {
	parent  int
	started time.Duration // time from the start of the machine
}

// parseStat parses "PID (NAME) STATE PARENT ..." (proc_pid_stat(5)). The name may contain
// anything, including spaces, parentheses and line breaks.
func parseStat(data []byte) (stat, error) {
	end := bytes.LastIndexByte(data, ')')
	fields := strings.Fields(string(data[end+1:]))
	const first, parent, starttime = 3, 4, 22 // field numbers in proc(5)
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

// parseBoot returns when the machine was started, from /proc/stat. It is in whole seconds,
// rounded down, so that start times computed from it are never too late.
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

// status is what gclean needs of /proc/PID/status.
type status struct {
	uid          int // the user as whom it opens files
	groups       []int
	capabilities uint64 // the effective set
}

// Numbers of capabilities (linux/capability.h), as bits.
const (
	capDACOverride   = 1 << 1
	capDACReadSearch = 1 << 2
	capSysPtrace     = 1 << 19
)

// parseStatus parses the lines "Uid: REAL EFFECTIVE SAVED FILES", Gid, Groups and CapEff.
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

// overflowUID stands for users without a number in the user namespace
// (/proc/sys/kernel/overflowuid; nobody changes it).
const overflowUID = 65534

// reader returns the user whose permissions decide what the process may read, or AnyUser.
// allUsers says whether gclean's own user namespace has all users.
func (s status) reader(allUsers bool) int {
	switch {
	case s.uid != 0 && s.capabilities&(capDACOverride|capDACReadSearch) != 0:
		return AnyUser
	case s.uid == overflowUID && !allUsers:
		return AnyUser
	}
	return s.uid
}

// hasAllUsers reports whether a uid_map is that of the initial user namespace.
func hasAllUsers(data []byte) bool {
	return slices.Equal(strings.Fields(string(data)), []string{"0", "0", "4294967295"})
}

// hides reports whether a /proc mounted with the options super hides processes from a
// process with the status self. By has_pid_permissions in fs/proc/base.c of Linux, two
// kinds of process see all others. They are members of the group given by gid=, and those
// allowed to trace every process.
func hides(super string, self status, allUsers bool) bool {
	mode, group := "", 0 // without gid=, the kernel uses root's group
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
