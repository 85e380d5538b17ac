package removal_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"gclean/cache"
	"gclean/cache/removal"
	"gclean/internal/fixture/memory"
)

// Users that own nothing on the machine.
const (
	owner    = 21001
	member   = 21002
	stranger = 21003
	group    = 21100
)

// asHelper is the variable that makes this test binary act as a helper, usually as another
// user.
const asHelper = "GCLEAN_REMOVAL_HELPER"

func TestMain(m *testing.M) {
	what, args, _ := strings.Cut(os.Getenv(asHelper), "\n")
	switch what {
	case "":
		os.Exit(memory.Run(m))
	case "clean":
		helpClean(strings.Split(args, "\n"))
	case "fill":
		helpFill(strings.Split(args, "\n"))
	case "lock":
		helpLock(strings.Split(args, "\n"))
	}
}

// cleaned is the output of a run as another user.
type cleaned struct {
	Removed, Kept, Failures, Problems []string
}

// helpClean cleans a cache with all targets, and prints the result to stdout. args are the
// path and a fault: "", "full", or "kill N".
func helpClean(args []string) {
	o := at(args[0], append(cache.All(), cache.Locks)...)
	p, err := cache.Prepare(context.Background(), o)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop, n := 0, 0
	_, _ = fmt.Sscanf(args[1], "kill %d", &stop)
	r := removal.Execute(context.Background(), p, removal.Options{Jobs: 1, LockTimeout: 300 * time.Millisecond, Before: func(op, path string) error {
		if n++; n == stop {
			os.Exit(0)
		}
		if args[1] == "full" {
			return fullDisk(op, path)
		}
		return nil
	}})
	var c cleaned
	for _, e := range r.Removed {
		c.Removed = append(c.Removed, e.Name)
	}
	for _, f := range r.Failures {
		c.Failures = append(c.Failures, f.Err.Error())
	}
	for _, k := range p.Kept {
		c.Kept = append(c.Kept, fmt.Sprintf("%s:%s", k.Entry.Name, k.Holds[0].Reason))
	}
	for _, x := range p.Problems {
		c.Problems = append(c.Problems, x.Err.Error())
	}
	_ = json.NewEncoder(os.Stdout).Encode(c)
}

// helpLock holds a lock of the kind args[1] on args[0] until stdin ends.
func helpLock(args []string) {
	f, err := os.Open(args[0])
	switch {
	case err != nil:
	case args[1] == "flock":
		err = unix.Flock(int(f.Fd()), unix.LOCK_EX)
	default:
		err = unix.FcntlFlock(f.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_RDLCK})
	}
	fmt.Println(err)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// as returns a command that runs this binary as a user, in the group group.
func as(t *testing.T, uid int, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command("/proc/self/exe")
	cmd.Env = []string{asHelper + "=" + strings.Join(args, "\n")}
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid), Groups: []uint32{}}}
	if uid == owner || uid == member {
		cmd.SysProcAttr.Credential.Groups = []uint32{group}
	}
	return cmd
}

// cleanAs cleans a cache as a user.
func cleanAs(t *testing.T, uid int, dir, fault string) cleaned {
	t.Helper()
	out, err := as(t, uid, "clean", dir, fault).Output()
	must(t, err)
	var c cleaned
	if len(out) > 0 {
		must(t, json.Unmarshal(out, &c))
	}
	return c
}

// lockAs holds a lock as a user until the test ends.
func lockAs(t *testing.T, uid int, path, kind string) {
	t.Helper()
	cmd := as(t, uid, "lock", path, kind)
	in, err := cmd.StdinPipe()
	must(t, err)
	out, err := cmd.StdoutPipe()
	must(t, err, cmd.Start())
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || line != "<nil>\n" {
		t.Fatalf("cannot lock %s: %q, %v", path, line, err)
	}
}

// needUsers skips a test that needs root to become other users. It returns a folder that
// all of them can reach.
func needUsers(t *testing.T) string {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can become other users")
	}
	dir, err := os.MkdirTemp("", "gclean-users")
	must(t, err, os.Chmod(dir, 0o755))
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// give gives a tree to a user and group.
func give(t *testing.T, top string, uid, gid int) {
	t.Helper()
	must(t, filepath.WalkDir(top, func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, gid)
	}))
}
