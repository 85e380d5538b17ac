package cache

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// installers are the running processes that install packages, but for those
// that gclean itself was started by. Where /proc is absent or hides
// processes, those that can be seen.
func installers() []Process {
	dirs, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	own := ancestors()
	var list []Process
	for _, d := range dirs {
		pid, err := strconv.Atoi(d.Name())
		if err != nil || own[pid] {
			continue
		}
		line, err := os.ReadFile(filepath.Join("/proc", d.Name(), "cmdline"))
		if err != nil || len(line) == 0 {
			continue // ended, or a kernel thread
		}
		args := strings.SplitN(strings.TrimRight(string(line), "\x00"), "\x00", 16)
		if name := installerOf(args); name != "" {
			list = append(list, Process{pid, name})
		}
	}
	return list
}

// ancestors are the processes that led to this one, and itself: "conda run
// gclean" is no other installation.
func ancestors() map[int]bool {
	own := map[int]bool{}
	for pid := os.Getpid(); pid > 0 && !own[pid]; {
		own[pid] = true
		stat, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "stat"))
		if err != nil {
			break
		}
		// pid (comm) state ppid: comm may have anything in it.
		_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')')+1:]), " ")
		fields := strings.Fields(rest)
		if len(fields) < 2 {
			break
		}
		pid, err = strconv.Atoi(fields[1])
		if err != nil {
			break
		}
	}
	return own
}
