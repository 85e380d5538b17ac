package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/peruser"
	"gclean/cache/removal"
	"gclean/internal/asuser"
	"gclean/meta"
)

// serveUser is the first argument with which root starts gclean as another user. It is
// not a command: only root's gclean can use it.
const serveUser = "serve-user"

// Limits of a user's process: enough for caches with millions of files, but not all that
// a machine has.
const (
	userMemory   = 1 << 30
	userCPU      = 30 * time.Minute
	userFileSize = 64 << 20 // for the memory in a cache
)

// nogroup is the group of a user whose groups are unknown.
const nogroup = 65534

// users are the processes of users, if this is root's process. It is nil if there is
// nobody to ask, or no way to ask. Close ends the processes.
func (a *app) users(f *placeFlags) *peruser.Users {
	if f.root != "" || os.Geteuid() != 0 || asuser.Able() != nil {
		return nil
	}
	hasNumber := asuser.HasNumber()
	return peruser.New(peruser.Options{
		Start: startAs, Can: func(u *meta.User) bool { return hasNumber(u.UID) }, System: a.system,
	})
}

// checkAsUsers refuses to clean the caches of users in this process if their own process
// could do it. Root's rights are not for paths that a user's files name.
func checkAsUsers(f *placeFlags) error {
	if !f.allUsers || f.root != "" || os.Geteuid() != 0 || runtime.GOOS != "linux" {
		return nil
	}
	if err := asuser.Able(); err != nil {
		return usageError{fmt.Sprintf("--all-users starts a process as each user, and needs CAP_SETUID and CAP_SETGID: %v.", err)}
	}
	return nil
}

// usersToLook starts users for commands that only look. This process looks at the caches
// of all users.
func (a *app) usersToLook(f *placeFlags) *peruser.Users {
	if f.allUsers {
		return nil
	}
	return a.users(f)
}

// startAs starts the process of a user.
func startAs(ctx context.Context, u *meta.User) (*peruser.Process, error) {
	account, err := accountOf(ctx, u)
	if err != nil {
		return nil, err
	}
	p, err := asuser.Start(ctx, account, asuser.Limits{Memory: userMemory, CPU: userCPU, FileSize: userFileSize}, serveUser)
	if err != nil {
		return nil, unnamed(err)
	}
	return &peruser.Process{In: p.In, Out: p.Out, Wait: func() error { return unnamed(p.Wait()) }, Kill: p.Kill}, nil
}

// unnamed is err without the name of the user, which the message has already.
func unnamed(err error) error {
	if named := (*asuser.AccountError)(nil); errors.As(err, &named) {
		return named.Err
	}
	return err
}

// accountOf is a user with all groups, as the system lists them. A home shows neither the
// name nor the groups of its owner.
func accountOf(ctx context.Context, u *meta.User) (asuser.Account, error) {
	a, _, err := u.Account(ctx) // with fewer groups, the process reads less than the user could
	if err == nil || ctx.Err() != nil {
		return a, ctx.Err()
	}
	a = asuser.Account{Name: u.String(), UID: uint32(u.UID), GID: nogroup, Home: u.Home}
	found, err := asuser.Lookup(ctx, a.UID)
	if err != nil {
		return a, ctx.Err() // the process has only the rights that everybody has
	}
	a.GID = found.GID
	if a.Groups, err = asuser.Groups(ctx, found.Name); err != nil {
		a.Groups = nil // as above
	}
	return a, ctx.Err()
}

// withUsers adds to the plan what users' processes would clean, if that is asked for, and
// those who did not answer.
func withUsers(ctx context.Context, users *peruser.Users, own planned, o cache.Options, all bool) (planned, error) {
	if !all {
		own.Problems = append(own.Problems, users.Trouble(own.Problems)...)
		return own, nil
	}
	plan, err := users.Plan(ctx, own.Plan, o)
	return planned{Plan: plan, execute: func(ctx context.Context, r removal.Options) *removal.Result {
		return users.Execute(ctx, r, own.execute)
	}}, err
}

// serve runs gclean as the process of a user. Root reads its messages, and shows them.
func serve(ctx context.Context, system func() hold.System, in io.Reader, out, failed io.Writer) int {
	account, err := asuser.Confine()
	if err != nil {
		fmt.Fprintln(failed, printable(err.Error()))
		return exitUsage
	}
	host := meta.CurrentHost()
	host.Home = account.Home
	user := &meta.User{Name: account.Name, Home: account.Home, UID: int(account.UID)}
	user.GIDs = []int{int(account.GID)}
	for _, g := range account.Groups {
		user.GIDs = append(user.GIDs, int(g))
	}
	err = peruser.Serve(ctx, out, in, peruser.ServeOptions{Host: host, User: user, System: system, Message: told})
	if err != nil {
		fmt.Fprintln(failed, printable(err.Error()))
		return exitFailed
	}
	return exitDone
}

// startedAsUser says whether root has started this process as a user, and prepares it: it
// does not ask the user's terminal, and root ends it.
func startedAsUser() bool {
	if len(os.Args) != 2 || os.Args[1] != serveUser {
		return false
	}
	signal.Ignore(syscall.SIGPIPE, os.Interrupt)
	return true
}
