package hold

import (
	"errors"
	"fmt"
	"time"

	"gclean/walk/mounts"
)

// AnyUser is the UID of a process that may read whatever it likes, or for which
// nobody can tell what it may read.
const AnyUser = -1

// Process is a running program, as one look at the system found it. UID and Started
// are looked up of installers only: there are many processes, and few of those.
type Process struct {
	PID  int
	Name string
	// Args are its first arguments, the name of the program among them. A kernel
	// thread has none.
	Args []string
	// UID is the user as whom it opens files, or AnyUser.
	UID int
	// Started is the earliest time at which it can have been started. It is the
	// zero time where that cannot be told.
	Started time.Time

	files processFiles
}

func (p Process) String() string { return fmt.Sprintf("%s (pid %d)", p.Name, p.PID) }

// processFiles reads what /proc has of one process, when it is asked for.
type processFiles interface {
	readlink(name string) (string, error)
	read(name string) ([]byte, error)
	// path leads to what the process has by that name, "root" or "cwd".
	path(name string) string
}

// Exe returns the path of the program that the process runs, in the mount namespace
// of the process. Of a file that was removed it ends in " (deleted)".
func (p Process) Exe() (string, error) { return p.readlink("exe") }

// Cwd returns the working folder of the process as Exe returns its program.
func (p Process) Cwd() (string, error) { return p.readlink("cwd") }

// MountNS returns the name of the mount namespace that the process is in.
func (p Process) MountNS() (string, error) { return p.readlink("ns/mnt") }

func (p Process) readlink(name string) (string, error) {
	if p.files == nil {
		return "", errors.ErrUnsupported
	}
	return p.files.readlink(name)
}

// mounts reads the mounts of the namespace that the process is in.
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

// System is what one look at this system found: who runs on it, and what is mounted.
// The zero System is one that was seen whole and on which nothing runs.
type System struct {
	Processes []Process
	// Own are this process and those that started it: "conda run gclean" is no
	// other installation.
	Own map[int]bool
	// Self is this process in Processes, which knows its own namespaces.
	Self Process
	Seen Seen
	// Mounts are those of the mount namespace of this process, and MountsErr is why
	// they are not known whole.
	Mounts    mounts.Table
	MountsErr error
}

// PIDNamespace is what /proc/self/ns/pid of Linux leads to in the PID namespace in
// which the machine was started (PROC_PID_INIT_INO in linux/proc_ns.h).
const PIDNamespace = "pid:[4026531836]" // 0xEFFFFFFC

// Why other processes may be at work that nobody can see from here.
var (
	ErrNoProcesses  = errors.New("this system does not show its processes")
	ErrHidden       = errors.New("/proc hides the processes of other users")
	ErrNamespace    = errors.New("the cache comes from outside this container")
	ErrNetworkShare = errors.New("the cache is on a file system that other machines share")
)

// Seen says what cannot be seen of the processes of this machine.
type Seen struct {
	// Hidden is why some of the processes are not in the list whatever they do, or
	// nil.
	Hidden error
	// Apart says that this process is in a PID namespace of its own: who uses the
	// same file systems from outside is not in the list.
	Apart bool
}
