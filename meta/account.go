package meta

import (
	"context"
	"errors"

	"gclean/internal/asuser"
)

// errNoAccount means that the IDs of a user are unknown.
var errNoAccount = errors.New("its uid and primary group are unknown")

// Account returns the account for which a process can be started, with all groups of the
// user as a directory service knows them. incomplete is why groups may be missing besides
// those in the group file; without them the process can read less.
func (u *User) Account(ctx context.Context) (a asuser.Account, incomplete, err error) {
	return u.account(ctx, asuser.Groups)
}

func (u *User) account(ctx context.Context, ask func(ctx context.Context, name string) ([]uint32, error)) (a asuser.Account, incomplete, err error) {
	if u.UID < 0 || len(u.gids) == 0 {
		return a, nil, &asuser.AccountError{Name: u.Name, Err: errNoAccount}
	}
	a = asuser.Account{Name: u.Name, UID: uint32(u.UID), GID: uint32(u.gids[0]), Home: u.Home}
	seen := map[uint32]bool{a.GID: true}
	add := func(gid uint32) {
		if !seen[gid] {
			seen[gid] = true
			a.Groups = append(a.Groups, gid)
		}
	}
	for _, gid := range u.gids[1:] {
		add(uint32(gid))
	}
	if u.GIDs == nil {
		var more []uint32
		more, incomplete = ask(ctx, u.Name)
		for _, gid := range more {
			add(gid)
		}
	}
	return a, incomplete, nil
}
