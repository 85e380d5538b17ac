package hold

import (
	"os"
	"strings"
	"unsafe"

	"golang.org/x/sys/windows"
)

// ReadSystem reads the processes. Windows shows all of them to everybody, but only by the
// names of their programs: conda.exe runs as long as the Python that it starts. Their
// commands and users are unknown.
func ReadSystem() System {
	list, parents, err := snapshot()
	if err != nil {
		return System{Seen: Seen{Hidden: err}}
	}
	return System{Processes: list, Own: ancestors(os.Getpid(), func(pid int) (int, bool) {
		parent, ok := parents[pid]
		return parent, ok
	})}
}

// snapshot returns the processes, and the parent of each by PID.
func snapshot() ([]Process, map[int]int, error) {
	shot, err := windows.CreateToolhelp32Snapshot(windows.TH32CS_SNAPPROCESS, 0)
	if err != nil {
		return nil, nil, os.NewSyscallError("CreateToolhelp32Snapshot", err)
	}
	defer windows.CloseHandle(shot)
	var list []Process
	parents := map[int]int{}
	e := windows.ProcessEntry32{Size: uint32(unsafe.Sizeof(windows.ProcessEntry32{}))}
	for err = windows.Process32First(shot, &e); err == nil; err = windows.Process32Next(shot, &e) {
		program := strings.ToLower(windows.UTF16ToString(e.ExeFile[:]))
		list = append(list, Process{PID: int(e.ProcessID), Name: program, Args: []string{program}, UID: AnyUser})
		parents[int(e.ProcessID)] = int(e.ParentProcessID)
	}
	if err != windows.ERROR_NO_MORE_FILES {
		return list, parents, os.NewSyscallError("Process32Next", err)
	}
	return list, parents, nil
}
