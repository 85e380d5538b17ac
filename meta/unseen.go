package meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gclean/walk"
)

// UnseenError says that there are, or may be, users whose lists of environments nobody can
// find.
type UnseenError struct {
	Path     string   // what shows this or cannot be read: a file, a folder of homes, or the first of the homes
	Services []string // directory services that do not name all their users
	Homes    int      // number of homes whose users were not asked
	Err      error    // the reason
}

func (e *UnseenError) Error() string {
	services := "users of " + strings.Join(e.Services, ", ") + " are unknown"
	switch {
	case e.Homes > 0 && len(e.Services) > 0:
		return fmt.Sprintf("%s; %s", e.homes(), services)
	case e.Homes > 0:
		return e.homes()
	case len(e.Services) > 0:
		return fmt.Sprintf("%s: %s: %v", e.Path, services, e.Err)
	}
	return fmt.Sprintf("%s: users and homes in it are unknown: %v", e.Path, walk.Cause(e.Err))
}

func (e *UnseenError) homes() string {
	path := e.Path
	switch e.Homes {
	case 1:
	case 2:
		path += " and 1 more home"
	default:
		path += fmt.Sprintf(" and %d more homes", e.Homes-1)
	}
	return fmt.Sprintf("%s: environments of other users are unknown: %v", path, walk.Cause(e.Err))
}

// Unwrap returns the reason.
func (e *UnseenError) Unwrap() error { return e.Err }

// errOthers is why an ordinary user does not look further.
var errOthers = errors.New("only root looks at the lists of other users")

// unseen returns the problem, for an ordinary user, that other users may have environments.
// It is one problem for all of them, because the user cannot do anything about it.
func (h Host) unseen(ctx context.Context) []Problem {
	if h.Passwd == "" || h.UID <= 0 {
		return nil
	}
	users, more, err := h.passwd()
	data, bad := h.table(h.NSSwitch)
	if err = errors.Join(err, bad); err != nil {
		return []Problem{{Path: h.Passwd, Err: &UnseenError{Path: h.Passwd, Err: err}, Unseen: true}}
	}
	e := &UnseenError{Services: parseNSSwitch(data).ofUsers(more)}
	for _, u := range users {
		if ctx.Err() != nil {
			break
		}
		if err := h.closed(u); err != nil {
			if e.Homes++; e.Homes == 1 {
				e.Path, e.Err = u.Home, err
			}
		}
	}
	switch {
	case e.Homes == 0 && len(e.Services) == 0:
		return nil
	case e.Homes == 0:
		e.Path, e.Err = h.NSSwitch, errOthers
	}
	return []Problem{{Path: e.Path, Err: e, Unseen: true}}
}

// closed returns why the environments of another user are unknown. It returns nil for users
// who visibly have none, and for accounts of services.
func (h Host) closed(u *User) error {
	if u.UID == h.UID || u.Home == filepath.Clean(h.Home) {
		return nil
	}
	if u.UID < 1000 && !slices.Contains(h.HomeParents, filepath.Dir(u.Home)) {
		return nil
	}
	path := filepath.Join(u.Home, ".conda", "environments.txt")
	_, err := os.Lstat(path)
	switch err = walk.Reached(path, err); {
	case err == nil:
		return errOthers
	case isGone(err):
		return nil
	}
	return err
}
