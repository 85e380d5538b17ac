package meta

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"time"
)

const (
	maxGetent     = 8 << 20 // in bytes: enough for 80,000 users
	getentTimeout = 2 * time.Second
)

// errNoGetent means that no program can list the users.
var errNoGetent = errors.New("there is no getent")

// newGetent returns a function that lists all users with getent(1). It runs getent once;
// later calls return the same. The data may be incomplete if there is an error.
func newGetent() func(ctx context.Context) ([]byte, error) {
	var once sync.Once
	var data []byte
	var err error
	return func(ctx context.Context) ([]byte, error) {
		once.Do(func() { data, err = getent(ctx, []string{"/usr/bin/getent", "/bin/getent"}, getentTimeout) })
		return data, err
	}
}

// getent runs the first of programs that exists, with a fixed environment, for at most
// timeout.
func getent(ctx context.Context, programs []string, timeout time.Duration) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	for _, path := range programs {
		if path, err := exec.LookPath(path); err == nil {
			return list(ctx, exec.CommandContext(ctx, path, "passwd"), maxGetent)
		}
	}
	return nil, errNoGetent
}

// list returns what a command prints, at most limit bytes.
func list(ctx context.Context, cmd *exec.Cmd, limit int) ([]byte, error) {
	out := &limited{limit: limit}
	cmd.Env, cmd.Dir = []string{"PATH=/usr/bin:/bin", "LC_ALL=C"}, "/"
	cmd.Stdout, cmd.WaitDelay = out, time.Second
	err := cmd.Run()
	switch {
	case out.full:
		err = fmt.Errorf("%s lists more than %d KiB", cmd.Path, limit>>10)
	case ctx.Err() != nil:
		err = fmt.Errorf("%s took too long: %w", cmd.Path, ctx.Err())
	case err != nil:
		err = fmt.Errorf("%s: %w", cmd.Path, err)
	}
	return out.data.Bytes(), err
}

// limited is a buffer for at most limit bytes.
type limited struct {
	data  bytes.Buffer
	limit int
	full  bool
}

// Write implements io.Writer. Its error ends the copying, and so the command.
func (l *limited) Write(p []byte) (int, error) {
	if l.data.Len()+len(p) > l.limit {
		l.full = true
		return 0, errors.New("too much")
	}
	return l.data.Write(p)
}
