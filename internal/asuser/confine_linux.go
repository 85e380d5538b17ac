package asuser

import (
	"errors"
	"fmt"
	"math"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"gclean/walk/open"
)

// asked is the variable that tells a child which user it becomes and what limits it has.
const asked = "GCLEAN_AS_USER"

// environ is the environment of a child. It does not depend on that of this process.
func environ(a Account, l Limits) []string {
	numbers := []int64{int64(a.UID), int64(a.GID), l.Memory, int64(l.Files), int64(l.CPU), l.FileSize}
	for _, g := range a.Groups {
		numbers = append(numbers, int64(g))
	}
	fields := make([]string, len(numbers))
	for i, n := range numbers {
		fields[i] = strconv.FormatInt(n, 10)
	}
	return []string{
		"HOME=" + a.Home, "USER=" + a.Name, "LOGNAME=" + a.Name,
		"PATH=/usr/local/bin:/usr/bin:/bin", "LANG=C.UTF-8",
		asked + "=" + strings.Join(fields, " "),
	}
}

// parseAsked reads the variable that environ has written.
func parseAsked(text string) (Account, Limits, error) {
	var numbers []int64
	for field := range strings.FieldsSeq(text) {
		n, err := strconv.ParseInt(field, 10, 64)
		if err != nil || n < 0 || len(numbers) != 2 && (len(numbers) < 2 || len(numbers) > 5) && n > math.MaxUint32 {
			return Account{}, Limits{}, ErrNotStarted
		}
		numbers = append(numbers, n)
	}
	if len(numbers) < 6 {
		return Account{}, Limits{}, ErrNotStarted
	}
	a := Account{UID: uint32(numbers[0]), GID: uint32(numbers[1])}
	for _, g := range numbers[6:] {
		a.Groups = append(a.Groups, uint32(g))
	}
	return a, Limits{Memory: numbers[2], Files: int(numbers[3]), CPU: time.Duration(numbers[4]), FileSize: numbers[5]}, nil
}

// Confine is the first thing that a child does, before it reads its input. The child
// becomes the user that was asked for, checks that it has no other user and no further
// rights, and sets its limits. After an error, the child must end at once. The error is
// ErrNotStarted if a person runs the command.
func Confine() (Account, error) {
	a, l, err := parseAsked(os.Getenv(asked))
	if err != nil {
		return a, err
	}
	a.Name, a.Home = os.Getenv("USER"), os.Getenv("HOME")
	if err := errors.Join(a.check(), become(&a), os.Unsetenv(asked), limit(l)); err != nil {
		return a, &AccountError{a.Name, err}
	}
	syscall.Umask(0o022)
	signal.Ignore(syscall.SIGXFSZ) // then writing fails; otherwise it would end the process
	return a, nil
}

// become changes the user of this process, in all its threads, to an account. From then
// on, that user cannot trace it: a tracer could take its pipes and lie to root. The
// system itself prevents this after a change of the uid, unless fs.suid_dumpable is 1.
func become(a *Account) error {
	groups := make([]int, len(a.Groups))
	for i, g := range a.Groups {
		groups[i] = int(g)
	}
	uid, gid := int(a.UID), int(a.GID)
	if os.Geteuid() == 0 {
		if err := syscall.Setgroups(groups); err != nil {
			return os.NewSyscallError("setgroups", err)
		}
		if err := syscall.Setresgid(gid, gid, gid); err != nil {
			return os.NewSyscallError("setresgid", err)
		}
		if err := syscall.Setresuid(uid, uid, uid); err != nil {
			return os.NewSyscallError("setresuid", err)
		}
	}
	if err := isOnly(a); err != nil {
		return err
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return os.NewSyscallError("prctl", err)
	}
	// A change of the uid undoes what Start has asked for.
	return os.NewSyscallError("prctl", unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGKILL), 0, 0, 0))
}

// isOnly says in what respect this process has more rights than an account, or is another
// user.
func isOnly(a *Account) error {
	var ids [6]int
	uid, euid, suid := unix.Getresuid()
	gid, egid, sgid := unix.Getresgid()
	ids = [6]int{uid, euid, suid, gid, egid, sgid}
	if want := [6]int{int(a.UID), int(a.UID), int(a.UID), int(a.GID), int(a.GID), int(a.GID)}; ids != want {
		return fmt.Errorf("uids and gids are %v, not %v", ids, want)
	}
	groups, err := unix.Getgroups()
	if err != nil {
		return os.NewSyscallError("getgroups", err)
	}
	want := make([]int, len(a.Groups))
	for i, g := range a.Groups {
		want[i] = int(g)
	}
	if !slices.Equal(sorted(groups), sorted(want)) {
		return fmt.Errorf("groups are %v, not %v", groups, want)
	}
	sets, err := capabilities()
	if err != nil {
		return err
	}
	if sets != [2]unix.CapUserData{} {
		return fmt.Errorf("has capabilities: %x", sets)
	}
	if locked, err := unix.PrctlRetInt(unix.PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0); err != nil || locked != 1 {
		return errors.Join(errors.New("no_new_privs is not set"), err)
	}
	return nil
}

func sorted(list []int) []int {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// limit sets limits on what this process uses.
func limit(l Limits) error {
	if l.Memory > 0 {
		if err := limitMemory(l.Memory); err != nil {
			return err
		}
	}
	failed := setLimit(unix.RLIMIT_CORE, 0, 0)
	if l.Files > 0 {
		failed = errors.Join(failed, setLimit(unix.RLIMIT_NOFILE, uint64(l.Files), uint64(l.Files)))
	}
	if l.FileSize > 0 {
		failed = errors.Join(failed, setLimit(unix.RLIMIT_FSIZE, uint64(l.FileSize), uint64(l.FileSize)))
	}
	if l.CPU > 0 {
		seconds := uint64((l.CPU + time.Second - 1) / time.Second)
		failed = errors.Join(failed, setLimit(unix.RLIMIT_CPU, seconds, seconds+1)) // the second is SIGKILL
	}
	return failed
}

// limitMemory limits the memory that the kernel gives: the data of this process, which
// kernels before 4.7 do not count, and its addresses. The runtime reserves more addresses
// than it uses. The collector works harder from half of the limit on, because the runtime
// asks for memory in steps of 64 MiB.
func limitMemory(most int64) error {
	size, data, err := memory()
	if err != nil {
		return err
	}
	debug.SetMemoryLimit(most / 2)
	return errors.Join(
		setLimit(unix.RLIMIT_DATA, uint64(data+most), uint64(data+most)),
		setLimit(unix.RLIMIT_AS, uint64(size+2*most+1<<30), uint64(size+2*most+1<<30)),
	)
}

// memory is the number of bytes of addresses and of data that this process has
// (proc_pid_statm(5)).
func memory() (size, data int64, err error) {
	text, err := open.ReadProc("self/statm", 4096)
	if err != nil {
		return 0, 0, err
	}
	fields := strings.Fields(string(text))
	if len(fields) < 6 {
		return 0, 0, fmt.Errorf("/proc/self/statm: %q", text)
	}
	size, err1 := strconv.ParseInt(fields[0], 10, 64)
	data, err2 := strconv.ParseInt(fields[5], 10, 64)
	page := int64(os.Getpagesize())
	return size * page, data * page, errors.Join(err1, err2)
}

// setLimit sets a limit, and keeps one that is lower already.
func setLimit(which int, soft, hard uint64) error {
	var now unix.Rlimit
	if err := unix.Getrlimit(which, &now); err != nil {
		return os.NewSyscallError("getrlimit", err)
	}
	now.Max = min(now.Max, hard)
	now.Cur = min(now.Max, soft)
	return os.NewSyscallError("setrlimit", unix.Setrlimit(which, &now))
}
