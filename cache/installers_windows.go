package cache

import (
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// process is what Windows tells of every process, to everybody.
type process struct {
	pid, parent int
	program     string // file name, in lower case
}

// installers are the running processes that install packages, but for those
// that gclean itself was started by. Only the names of programs are seen:
// conda.exe is there for as long as the Python that it starts.
func installers() []Process { return installersBeside(os.Getpid(), processes()) }

// installersBeside are the installers in list that are neither the process self
// nor above it.
func installersBeside(self int, list []process) []Process {
	parent := map[int]int{}
	for _, p := range list {
		parent[p.pid] = p.parent
	}
	own := map[int]bool{}
	for pid := self; pid > 0 && !own[pid]; pid = parent[pid] {
		own[pid] = true
	}
	var found []Process
	for _, p := range list {
		if name := installerOf([]string{p.program}); name != "" && !own[p.pid] {
			found = append(found, Process{p.pid, name})
		}
	}
	return found
}

// processes are those that run; none if the system does not tell.
func processes() []process {
	snapshot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil
	}
	defer windows.CloseHandle(snapshot)
	var list []process
	e := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(snapshot, &e); err == nil; err = windows.Process32Next(snapshot, &e) {
		list = append(list, process{int(e.ProcessID), int(e.ParentProcessID), strings.ToLower(windows.UTF16ToString(e.ExeFile[:]))})
	}
	return list
}
