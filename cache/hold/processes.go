package hold

import (
	"errors"
	"fmt"
	"time"

	"gclean/walk/mounts"
)

// AnyUser is the UID of a process that may read everything, or for which nobody can tell
// what it may read.
const AnyUser = -1

// Process is a running program, as found when the system was read. UID and Started are set
// for installers only: there are many processes, but few installers.
type Process struct {
	PID  int
	Name string
	// Args are its first arguments, starting with the program's name. A kernel thread has
	// none.
	Args []string
	// UID is the user as whom it opens files, or AnyUser.
	UID int
	// Started is the earliest time at which it can have started; the zero time if unknown.
	Started time.Time

	files processFiles
}

func (p Process) String() string { return fmt.Sprintf("%s (pid %d)", p.Name, p.PID) }

// processFiles reads the files of one process in /proc, on demand.
type processFiles interface {
	readlink(name string) (string, error)
	read(name string) ([]byte, error)
	// path returns the path that leads to the root ("root") or the working folder ("cwd")
	// of the process.
	path(name string) string
}

// Exe returns the path of the program that the process runs, as seen in its own mount
// namespace. It ends in " (deleted)" if the file was removed.
func (p Process) Exe() (string, error) { return p.readlink("exe") }

// Cwd returns the working folder of the process, as seen in its own mount namespace.
func (p Process) Cwd() (string, error) { return p.readlink("cwd") }

// MountNS returns the name of the process's mount namespace.
func (p Process) MountNS() (string, error) { return p.readlink("ns/mnt") }

func (p Process) readlink(name string) (string, error) {
	if p.files == nil {
		return "", errors.ErrUnsupported
	}
	return p.files.readlink(name)
}

// mounts reads the mounts of the process's mount namespace.
func (p Process) mounts() (mounts.Table, error) {
	if p.files == nil {
		return nil, errors.ErrUnsupported
	}
	data, err := p.files.read("mountinfo")
	if err != nil {
		return nil, err
	}
	return mounts.Parse(data)
}

// System describes the processes and mounts of this machine, read once. The zero System is
// one that was read completely and runs nothing.
type System struct {
	Processes []Process
	// Own are the PIDs of this process and those that started it. So "conda run gclean"
	// does not count as another installer.
	Own map[int]bool
	// Self is this process, through which its own namespaces are read.
	Self Process
	Seen Seen
	// Mounts are those of this process's mount namespace. MountsErr is why they are not
	// known completely, or nil.
	Mounts    mounts.Table
	MountsErr error
}

// PIDNamespace is the target of /proc/self/ns/pid in the initial PID namespace of Linux
// (PROC_PID_INIT_INO in linux/proc_ns.h).
const PIDNamespace = "pid:[4026531836]" // 0xEFFFFFFC

// Reasons why processes may be running that gclean cannot see.
var (
	ErrNoProcesses  = errors.New("this system does not show its processes")
	ErrHidden       = errors.New("/proc hides the processes of other users")
	ErrNamespace    = errors.New("the cache comes from outside this container")
	ErrNetworkShare = errors.New("the cache is on a file system that other machines share")
)

// Seen says which processes of this machine cannot be seen.
type Seen struct {
	// Hidden is why the list lacks some processes of this PID namespace, or nil.
	Hidden error
	// Apart says that this process is in a PID namespace of its own. The list then lacks
	// processes outside it that use the same file systems.
	Apart bool
}
