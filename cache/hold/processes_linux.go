package hold

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"gclean/walk/mounts"

	"golang.org/x/sys/unix"
)

// ReadSystem reads, once, all processes that /proc shows, and all mounts. What it cannot
// read is in Seen and MountsErr.
func ReadSystem() System {
	var st unix.Statfs_t
	if err := unix.Statfs("/proc", &st); err != nil || st.Type != unix.PROC_SUPER_MAGIC {
		return System{Seen: Seen{Hidden: ErrNoProcesses}, MountsErr: ErrNoProcesses}
	}
	r := &procReader{self: procFiles{"self"}}
	sys := System{Self: Process{PID: r.selfPID(), Name: "gclean", files: r.self}}
	sys.Mounts, sys.MountsErr = sys.Self.mounts()
	uids, err := r.self.read("uid_map")
	r.allUsers = errors.Is(err, fs.ErrNotExist) || err == nil && hasAllUsers(uids) // the file does not exist in kernels without user namespaces
	sys.Processes, sys.Seen.Hidden = r.processes()
	if sys.Seen.Hidden == nil && r.hidden(sys.Mounts) {
		sys.Seen.Hidden = ErrHidden
	}
	ns, err := r.self.readlink("ns/pid")
	sys.Seen.Apart = ns != PIDNamespace && !errors.Is(err, fs.ErrNotExist) // without PID namespaces, all processes are here
	sys.Own = ancestors(sys.Self.PID, parentOf)
	return sys
}

// procReader reads the processes in /proc.
type procReader struct {
	self     procFiles
	allUsers bool // this is the initial user namespace
	boot     time.Time
	bootErr  error
	line     []byte // buffer for command lines
}

// selfPID returns the PID of this process as /proc numbers it. /proc may belong to another
// PID namespace.
func (r *procReader) selfPID() int {
	if link, err := unixReadlink("/proc/self"); err == nil {
		if pid, err := strconv.Atoi(link); err == nil {
			return pid
		}
	}
	return os.Getpid()
}

// processes lists the processes. The error says that some are not shown.
func (r *procReader) processes() ([]Process, error) {
	names, err := listProc()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNoProcesses, err)
	}
	boot, err := readProc("/proc/stat", nil, maxProcFile)
	if err == nil {
		r.boot, err = parseBoot(boot)
	}
	r.bootErr = err
	var list []Process
	var refused error
	first := false // every PID namespace has a process 1; if it is missing, others are too
	for _, name := range names {
		pid, err := strconv.Atoi(name)
		if err != nil {
			continue
		}
		p, err := r.process(pid)
		switch {
		case err == nil:
			list = append(list, p)
		case !processEnded(err) && refused == nil:
			refused = fmt.Errorf("%w: %w", ErrHidden, err)
		}
		first = first || pid == 1
	}
	if !first && refused == nil {
		refused = ErrHidden
	}
	return list, refused
}

// process reads one process.
func (r *procReader) process(pid int) (Process, error) {
	p := Process{PID: pid, UID: AnyUser, files: procFiles{strconv.Itoa(pid)}}
	line, err := readProc(p.files.path("cmdline"), r.line, maxCmdline)
	r.line = line
	if err != nil {
		return p, err
	}
	p.Args = parseCmdline(line)
	p.Name = programName(p.Args)
	if _, _, ok := installerOf(p.Args); !ok {
		return p, nil
	}
	data, err := p.files.read("status")
	if err != nil {
		return p, err
	}
	if s, err := parseStatus(data); err == nil {
		p.UID = s.reader(r.allUsers)
	}
	if data, err = p.files.read("stat"); err != nil {
		return p, err
	}
	if s, err := parseStat(data); err == nil && r.bootErr == nil {
		p.Started = r.boot.Add(s.started)
	}
	return p, nil
}

// hidden reports whether /proc hides processes from this one.
func (r *procReader) hidden(table mounts.Table) bool {
	at, ok := table.At("/proc")
	if !ok || at.Type != "proc" {
		return false // its options are unknown, but process 1 is shown
	}
	data, err := r.self.read("status")
	var s status
	if err == nil {
		s, err = parseStatus(data)
	}
	if err != nil {
		s = status{uid: AnyUser}
	}
	return hides(at.Super, s, r.allUsers)
}

func parentOf(pid int) (int, bool) {
	data, err := procFiles{strconv.Itoa(pid)}.read("stat")
	if err != nil {
		return 0, false
	}
	s, err := parseStat(data)
	return s.parent, err == nil
}

// Limits on how much of one file is read. A command line may be megabytes long.
const (
	maxCmdline  = 8 << 10
	maxProcFile = 64 << 20
)

// procFiles reads the files of one process.
type procFiles struct{ dir string }

func (f procFiles) path(name string) string { return "/proc/" + f.dir + "/" + name }

func (f procFiles) readlink(name string) (string, error) { return unixReadlink(f.path(name)) }

func (f procFiles) read(name string) ([]byte, error) { return readProc(f.path(name), nil, maxProcFile) }

// processEnded reports whether err means that the process no longer exists.
func processEnded(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH)
}

// listProc lists the names in /proc.
func listProc() ([]string, error) {
	fd, err := unix.Open("/proc", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: "/proc", Err: err}
	}
	f := os.NewFile(uintptr(fd), "/proc")
	defer f.Close()
	return f.Readdirnames(-1)
}

// readProc reads at most most bytes of a file of /proc, and reuses the capacity of data. It
// bypasses Go's poller, since files of /proc never block and there are several per process.
func readProc(path string, data []byte, most int) ([]byte, error) {
	data = data[:0]
	fd, err := retry(func() (int, error) {
		return unix.Open(path, unix.O_RDONLY|unix.O_NONBLOCK|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	})
	if err != nil {
		return data, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	defer unix.Close(fd)
	for len(data) < most {
		data = slices.Grow(data, procPage)
		n, err := retry(func() (int, error) { return unix.Read(fd, data[len(data):min(cap(data), most)]) })
		if err != nil {
			return data, &fs.PathError{Op: "read", Path: path, Err: err}
		}
		if n == 0 {
			break
		}
		data = data[:len(data)+n]
	}
	return data, nil
}

// procPage is about how much /proc returns per read.
const procPage = 4 << 10

// unixReadlink is os.Readlink without its lstat, with a buffer that fits most links at
// once.
func unixReadlink(path string) (string, error) {
	for size := 256; ; size = unix.PathMax {
		b := make([]byte, size)
		n, err := retry(func() (int, error) { return unix.Readlink(path, b) })
		switch {
		case err != nil:
			return "", &fs.PathError{Op: "readlink", Path: path, Err: err}
		case n < size || size == unix.PathMax:
			return string(b[:n]), nil
		}
	}
}

// retry calls f again as long as a signal interrupts it.
func retry(f func() (int, error)) (int, error) {
	for {
		if n, err := f(); !errors.Is(err, unix.EINTR) {
			return n, err
		}
	}
}
