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

// UnseenError says that there are, or may be, users whose lists of
// environments nobody can find.
type UnseenError struct {
	Path     string   // what says so, or cannot be looked into: a file, a folder of homes, or the first of Homes
	Services []string // directory services that do not name all their users
	Homes    int      // homes of users who were not asked
	Err      error    // why
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

// Unwrap returns why.
func (e *UnseenError) Unwrap() error { return e.Err }

// errOthers says why an ordinary user does not look further.
var errOthers = errors.New("only root looks at the lists of other users")

// unseen tells an ordinary user of the others who may have environments: in
// one problem, because nothing can be done about any of them.
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

// closed says why the environments of another user are not known; nil for
// someone who has none, as far as can be seen, and for accounts of services.
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
