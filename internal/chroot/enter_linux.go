package chroot

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"gclean/walk/mounts"
	"gclean/walk/open"

	"golang.org/x/sys/unix"
)

// inNamespace is set for a process that was started in its own user namespace, so that it
// does not start another.
const inNamespace = "GCLEAN_IN_NAMESPACE"

// Enter makes path the root and the working folder of this process. A process that may
// not do so can still do it in a user namespace. Enter then calls before, and runs this
// command again in the namespace. The error is an *Ended with its result. It is
// fs.ErrPermission if the system does not let users make namespaces.
func Enter(path string, before func()) error {
	err := chroot(path)
	if !errors.Is(err, unix.EPERM) || os.Getenv(inNamespace) != "" {
		return err
	}
	before()
	ended, err := runInNamespace()
	if err != nil {
		return fs.ErrPermission
	}
	return ended
}

// Outside returns the places in the folder at path where folders of the surrounding
// system are mounted, as paths in the folder. It returns none if the system does not list
// its mounts. Call it before Enter.
func Outside(path string) []string {
	real, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil
	}
	text, err := open.ReadProc("self/mountinfo", maxMountinfo)
	if err != nil {
		return nil
	}
	table, _ := mounts.Parse(text)
	places := table.Outside(real)
	for i, place := range places {
		places[i] = filepath.Clean("/" + strings.TrimPrefix(place, real))
	}
	return places
}

// maxMountinfo is how many bytes of a mountinfo are read; a mount takes about 100.
const maxMountinfo = 64 << 20

// runInNamespace runs this command as root of a namespace. The namespace has the users
// that this process may act for: all users that root knows, or only itself.
func runInNamespace() (*Ended, error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Geteuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getegid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	if os.Geteuid() == 0 {
		// With CAP_SETUID, in a container that lacks CAP_SYS_CHROOT, all users.
		all := *cmd.SysProcAttr
		all.UidMappings, all.GidMappings = idMap("/proc/self/uid_map"), idMap("/proc/self/gid_map")
		all.GidMappingsEnableSetgroups = true
		one := cmd.SysProcAttr
		cmd.SysProcAttr = &all
		if err := cmd.Start(); err == nil {
			return waitFor(cmd), nil
		}
		again := exec.Command(cmd.Path, os.Args[1:]...)
		again.Args[0], again.Env, again.SysProcAttr = cmd.Args[0], cmd.Env, one
		again.Stdin, again.Stdout, again.Stderr = cmd.Stdin, cmd.Stdout, cmd.Stderr
		cmd = again
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return waitFor(cmd), nil
}

// waitFor forwards signals until the other process ends.
func waitFor(cmd *exec.Cmd) *Ended {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			if s == syscall.SIGTERM || !inForeground() { // a terminal sends SIGINT to both processes
				cmd.Process.Signal(s)
			}
		case err := <-done:
			exit := (*exec.ExitError)(nil)
			if err != nil && !errors.As(err, &exit) {
				return &Ended{Code: 1}
			}
			code := cmd.ProcessState.ExitCode()
			return &Ended{Code: code, BySignal: code < 0}
		}
	}
}

// inForeground says whether Ctrl-C on the terminal reaches this process and its children.
func inForeground() bool {
	tty, err := os.Open("/dev/tty")
	if err != nil {
		return false
	}
	defer tty.Close()
	group, err := unix.IoctlGetInt(int(tty.Fd()), unix.TIOCGPGRP)
	return err == nil && group == unix.Getpgrp()
}

// idMap maps all IDs of this namespace to themselves.
func idMap(path string) []syscall.SysProcIDMap {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	var list []syscall.SysProcIDMap
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		first, err1 := strconv.Atoi(fields[0])
		size, err2 := strconv.Atoi(fields[2])
		if err1 == nil && err2 == nil {
			list = append(list, syscall.SysProcIDMap{ContainerID: first, HostID: first, Size: size})
		}
	}
	return list
}
