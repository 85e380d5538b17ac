package meta

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"gclean/walk"
)

// as returns the machine as u sees it without variables.
func (h Host) as(u *User) Host {
	variables := map[string]string{"HOME": u.Home, "USER": u.Name, "LOGNAME": u.Name}
	h.Getenv = func(name string) (string, bool) {
		v, ok := variables[name]
		return v, ok
	}
	h.Home, h.UID, h.Passwd, h.user = u.Home, u.UID, "", u
	return h
}

// withPresent returns the machine without those files of the system's configuration that do
// not exist. The others are read for each user, because of "~" and "$USER" in them.
func (h Host) withPresent() Host {
	h.SystemConfig = slices.DeleteFunc(slices.Clone(h.SystemConfig), absent)
	if h.SystemPixi != "" && absent(h.SystemPixi) {
		h.SystemPixi = ""
	}
	return h
}

// absent reports whether path does not exist.
func absent(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// addUsers reads the configuration of other users. For root, their environments hold
// packages, and their caches are added if requested. For others, it adds a problem that
// there are other users.
func (h Host) addUsers(ctx context.Context, c *Config, o Options) error {
	if err := h.checkAllUsers(o); err != nil {
		return err
	}
	if !h.seesAll() {
		c.Problems = append(c.Problems, h.unseen(ctx)...)
		return ctx.Err()
	}
	h = h.withPresent()
	users, problems := h.allUsers(ctx)
	c.all = h.homesOf(users)
	c.Problems = append(c.Problems, problems...)
	users = slices.DeleteFunc(users, func(u *User) bool { return u.Home == filepath.Clean(h.Home) })
	c.roots = h.systemRoots(c.RootPrefix)
	if h.Asker != nil {
		c.asked, users = h.toAsk(ctx, users, c)
	}
	found := make([]survey, len(users))
	err := inParallel(ctx, len(users), func(i int) { found[i] = h.survey(users[i], c, o.AllUsers) })
	if err != nil {
		return err
	}
	common := h.commonFiles(c)
	for i := range found {
		c.addSurvey(&found[i], common)
	}
	c.PkgsDirs = unique(c.PkgsDirs)
	return nil
}

// checkAllUsers returns why the caches of all users cannot be cleaned, or nil.
func (h Host) checkAllUsers(o Options) error {
	switch {
	case !o.AllUsers:
		return nil
	case h.UID != 0:
		return ErrOnlyRoot
	case len(o.PkgsDirs) > 0:
		return ErrCachesNamed
	case !h.seesAll() || h.Home == "":
		return nil
	}
	// sudo may leave HOME unchanged. Then another user's files would count as root's.
	if dir, err := walk.Open(h.Home); err == nil {
		defer dir.Close()
		if dir.Stat().UID != 0 {
			return &HomeError{h.Home}
		}
	}
	return nil
}

// survey is what was found in one home.
type survey struct {
	user     *User
	owner    int  // whose caches the files may name; 0 means nobody's
	closed   bool // the home cannot be entered
	config   userConfig
	caches   []Value
	problems []Problem
}

// survey reads the files in the home of a user; c is what root found before.
func (h Host) survey(u *User, c *Config, caches bool) survey {
	s := survey{user: u}
	owner, err := ownerOfHome(u)
	s.owner = owner
	switch err = walk.Reached(u.Home, err); {
	case err == nil, errors.Is(err, errHome):
	case isGone(err):
		return s
	case isClosed(u.Home):
		s.closed = true
		if u.UID < 0 {
			u.UID = ownerOfFolder(u.Home)
		}
		s.problems = append(s.problems, Problem{Path: u.Home, Err: fmt.Errorf("%w: environments and caches of this user are unknown", err), Hides: true, User: u})
		return s
	}
	if err != nil && caches {
		s.problems = append(s.problems, Problem{Path: u.Home, Err: fmt.Errorf("%w: skips the caches of this user", err), User: u})
	}
	if u.Home == "/" {
		return s // of services; the files there belong to the system
	}
	s.config = h.as(u).userConfig(c.roots)
	for _, f := range s.config.files {
		if f.Err != nil {
			s.problems = append(s.problems, Problem{Path: f.Path, Err: f.Err, Hides: f.Hides, User: u})
		}
	}
	s.problems = append(s.problems, s.config.problems...)
	if caches {
		var bad []Problem
		s.caches, bad = h.owned(s.config.caches, owner)
		s.problems = append(s.problems, bad...)
	}
	return s
}

// isClosed reports whether a home that cannot be read cannot be entered either.
func isClosed(home string) bool {
	_, err := os.Lstat(filepath.Join(home, ".conda"))
	return err != nil && !isGone(err)
}

// commonFiles are files that are read for each user and belong to none, and the problems
// reported about them.
type commonFiles struct {
	paths map[string]bool
	told  map[string]bool // path and text of each problem
}

func (h Host) commonFiles(c *Config) commonFiles {
	common := commonFiles{map[string]bool{}, map[string]bool{}}
	for _, root := range c.roots {
		mamba := h.mambarcFiles(nil, &Config{RootPrefix: root})
		for _, f := range append(h.condarcFiles(root.Path), mamba...) {
			common.paths[f.path] = true
		}
	}
	for _, f := range c.Files {
		common.paths[f.Path] = true
		if f.Err != nil {
			common.told[f.Path+f.Err.Error()] = true
		}
	}
	for _, p := range c.Problems {
		common.told[p.Path+p.Err.Error()] = true
	}
	return common
}

// keep reports whether to report a problem. A problem of a common file is reported once,
// and concerns everybody.
func (f commonFiles) keep(p *Problem) bool {
	if !f.paths[p.Path] {
		return true
	}
	text := p.Path + p.Err.Error()
	again := f.told[text]
	p.User, f.told[text] = nil, true
	return !again
}

// ownerOfFolder returns the UID of the owner of a folder that cannot be opened, or -1 if
// unknown.
func ownerOfFolder(path string) int {
	parent, err := walk.Open(filepath.Dir(path))
	if err != nil {
		return -1
	}
	defer parent.Close()
	if st, err := parent.Lstat(filepath.Base(path)); err == nil && st.Mode.IsDir() {
		return int(st.UID)
	}
	return -1
}

// addSurvey adds what was found in a home.
func (c *Config) addSurvey(s *survey, common commonFiles) {
	if !s.closed {
		c.homes = append(c.homes, s.user)
	}
	if s.config.host.user != nil {
		c.users = append(c.users, s.config)
	}
	c.PkgsDirs = append(c.PkgsDirs, s.caches...)
	c.SoftLinks = cmp.Or(c.SoftLinks, s.config.softLinks)
	for _, p := range s.problems {
		if common.keep(&p) {
			c.Problems = append(c.Problems, p)
		}
	}
}

// errHome means that the files in a home may not be its user's.
var errHome = errors.New("the home")

// ownerOfHome returns the UID whose caches the files in a home may name. It is 0 if they
// may name none; the error, if any, is then worth reporting. It sets the UID of a user of
// whom only the home is known.
func ownerOfHome(u *User) (int, error) {
	dir, err := walk.Open(u.Home)
	if err != nil {
		return 0, err
	}
	defer dir.Close()
	st := dir.Stat()
	owner, named := int(st.UID), u.UID
	switch {
	case named < 0:
		u.UID = owner
	case owner != 0 && owner != named:
		u.shared = true
	}
	switch {
	case owner == 0 && (named <= 0 || st.Mode.Perm()&0o002 != 0):
		return 0, nil // the system's, such as /tmp, which is the home of some services
	case st.Mode.Perm()&0o002 != 0:
		return 0, fmt.Errorf("%w %s is writable by everybody", errHome, u.Home)
	case named >= 0 && owner != 0 && owner != named:
		return 0, fmt.Errorf("%w %s belongs to another user", errHome, u.Home)
	}
	return cmp.Or(max(named, 0), owner), nil
}

// errNotOwned means that a folder is another user's.
var errNotOwned = errors.New("skipped, because it does not belong to the user who names it as a cache")

// maxUserCaches is how many caches one user may name.
const maxUserCaches = 1000

// owned returns those of the caches that a user names that exist and belong to that user,
// with symlinks resolved. It reports and leaves out folders of others, about which a user
// may not decide.
func (h Host) owned(named []Value, owner int) (caches []Value, problems []Problem) {
	if owner == 0 {
		return nil, nil // root's own caches are in root's configuration
	}
	named, problems = someCaches(named)
	for _, v := range named {
		path, err := ownedFolder(v.Path, owner)
		switch {
		case err == nil:
			v.Path, v.Owner = path, owner
			caches = append(caches, v)
		case isGone(err), h.ofSystem(v.Source), v.IsDefault():
		default:
			problems = append(problems, Problem{Path: v.Path, Err: fmt.Errorf("%s names a cache: %w", v.Source, err), User: v.User})
		}
	}
	return caches, problems
}

// present returns those of the caches that a user names that exist, with symlinks resolved
// and the owner of each. The process runs as the user, so the kernel decides what the user
// may do.
func (h Host) present(named []Value, owner int) (caches []Value, problems []Problem) {
	if owner == 0 {
		return nil, nil // these are not the user's files: see ownerOfHome
	}
	named, problems = someCaches(named)
	for _, v := range named {
		path, err := filepath.EvalSymlinks(v.Path)
		if err == nil {
			err = v.look(path)
		}
		switch {
		case err == nil:
			caches = append(caches, v)
		case isGone(err), errors.Is(err, syscall.ENOTDIR), h.ofSystem(v.Source), v.IsDefault():
		default:
			problems = append(problems, Problem{Path: v.Path, Err: fmt.Errorf("%s names a cache: %w", v.Source, err), User: v.User})
		}
	}
	return caches, problems
}

// look sets v to the folder at path, which v leads to.
func (v *Value) look(path string) error {
	dir, err := walk.Open(path)
	if err != nil {
		return err
	}
	defer dir.Close()
	v.Path, v.Owner, v.ID, v.Writable = path, int(dir.Stat().UID), dir.ID(), dir.Writable() == nil
	return nil
}

// someCaches returns the first maxUserCaches of the caches that a user names.
func someCaches(named []Value) ([]Value, []Problem) {
	if len(named) <= maxUserCaches {
		return named, nil
	}
	first := named[maxUserCaches]
	return named[:maxUserCaches], []Problem{{
		Path: first.Source, Err: fmt.Errorf("%s: more than %d caches are named; gclean skips the rest", first.Source, maxUserCaches), User: first.User,
	}}
}

// ownedFolder returns path with symlinks resolved, if it leads to a folder of the user
// owner.
func ownedFolder(path string, owner int) (string, error) {
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return "", err
	}
	dir, err := walk.Open(resolved)
	if err != nil {
		return "", err
	}
	defer dir.Close()
	if int(dir.Stat().UID) != owner {
		return "", &fs.PathError{Op: "open", Path: path, Err: errNotOwned}
	}
	return resolved, nil
}
