package asuser

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

const (
	groupsTimeout = 2 * time.Second
	maxGroupsText = 1 << 20
)

// ErrGroupsUnknown says that no program of this system lists the groups of a user.
var ErrGroupsUnknown = errors.New("neither getent nor id lists the groups")

// Groups asks the system for the groups of a user, including those from directory
// services. It runs getent(1) or, if that is missing, id(1). The primary group may be
// among them.
func Groups(ctx context.Context, name string) ([]uint32, error) {
	return groups(ctx, name, []query{
		{[]string{"/usr/bin/getent", "initgroups", "--"}, true}, {[]string{"/bin/getent", "initgroups", "--"}, true},
		{[]string{"/usr/bin/id", "-G", "--"}, false}, {[]string{"/bin/id", "-G", "--"}, false},
	})
}

// query is a command that prints the groups of a user.
type query struct {
	command []string
	named   bool // the output begins with the user's name
}

func groups(ctx context.Context, name string, queries []query) ([]uint32, error) {
	ctx, cancel := context.WithTimeout(ctx, groupsTimeout)
	defer cancel()
	err := ErrGroupsUnknown
	for _, q := range queries {
		if _, missing := exec.LookPath(q.command[0]); missing != nil {
			continue
		}
		list, failed := q.ask(ctx, name)
		if failed == nil {
			return list, nil
		}
		err = errors.Join(ErrGroupsUnknown, failed)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, &AccountError{name, err}
}

// ask runs the command.
func (q query) ask(ctx context.Context, name string) ([]uint32, error) {
	cmd := exec.CommandContext(ctx, q.command[0], append(q.command[1:len(q.command):len(q.command)], name)...)
	out := &bounded{most: maxGroupsText}
	cmd.Env, cmd.Dir, cmd.WaitDelay = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, "/", time.Second
	cmd.Stdout = out
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", q.command[0], err)
	}
	text := out.data.String()
	if q.named {
		// A user's name may contain spaces.
		rest, ok := strings.CutPrefix(text, name)
		if !ok {
			return nil, fmt.Errorf("%s: does not list this user", q.command[0])
		}
		text = rest
	}
	var list []uint32
	for field := range strings.FieldsSeq(text) {
		n, err := strconv.ParseUint(field, 10, 32)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.command[0], err)
		}
		list = append(list, uint32(n))
	}
	return list, nil
}

// bounded keeps a limited number of bytes.
type bounded struct {
	data bytes.Buffer
	most int
}

// Write implements io.Writer.
func (b *bounded) Write(p []byte) (int, error) {
	if b.data.Len()+len(p) > b.most {
		return 0, errors.New("prints too much")
	}
	return b.data.Write(p)
}

// Lookup asks the system for the account with a uid, by getent(1). It finds users that a
// directory service knows but does not list.
func Lookup(ctx context.Context, uid uint32) (Account, error) {
	ctx, cancel := context.WithTimeout(ctx, groupsTimeout)
	defer cancel()
	a := Account{Name: strconv.FormatUint(uint64(uid), 10), UID: uid}
	for _, program := range []string{"/usr/bin/getent", "/bin/getent"} {
		if _, missing := exec.LookPath(program); missing != nil {
			continue
		}
		cmd := exec.CommandContext(ctx, program, "passwd", a.Name)
		out := &bounded{most: maxGroupsText}
		cmd.Env, cmd.Dir, cmd.WaitDelay, cmd.Stdout = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, "/", time.Second, out
		if err := cmd.Run(); err != nil {
			return a, &AccountError{a.Name, fmt.Errorf("%s: %w", program, err)}
		}
		fields := strings.Split(out.data.String(), ":")
		if len(fields) < 6 || fields[2] != a.Name {
			break
		}
		gid, err := strconv.ParseUint(fields[3], 10, 32)
		if err != nil {
			return a, &AccountError{a.Name, err}
		}
		a.Name, a.GID, a.Home = fields[0], uint32(gid), fields[5]
		return a, nil
	}
	return a, &AccountError{a.Name, ErrGroupsUnknown}
}
