package peruser

import (
	"cmp"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"gclean/cache"
	"gclean/internal/order"
	"gclean/meta"
	"gclean/walk"
)

// CodeNotNamed is the code of the problem that a user names a cache that only root could
// clean, and that root does not name it.
const CodeNotNamed = "not_named_by_root"

// ErrNotNamed means that a cache is skipped because nobody who names it may clean it.
var ErrNotNamed = errors.New("skipped: no user who names this cache may clean it")

// assign decides which user's process cleans each cache that users name. own are the caches
// that root cleans itself. The result is sorted by UID.
func assign(named []meta.Value, own []cache.Location) (list []assigned, problems []meta.Problem) {
	roots := map[walk.ID]bool{}
	for _, l := range own {
		roots[l.ID] = true
	}
	byID := map[walk.ID][]meta.Value{}
	var ids []walk.ID
	for _, v := range named {
		if roots[v.ID] {
			continue
		}
		if byID[v.ID] == nil {
			ids = append(ids, v.ID)
		}
		byID[v.ID] = append(byID[v.ID], v)
	}
	users := map[*meta.User]int{}
	for _, id := range ids {
		v, ok := cleaner(byID[id])
		if !ok {
			if p, told := notNamed(byID[id]); told {
				problems = append(problems, p)
			}
			continue
		}
		i, known := users[v.User]
		if !known {
			i = len(list)
			users[v.User] = i
			list = append(list, assigned{user: v.User})
		}
		list[i].caches = append(list[i].caches, v)
	}
	order.Stable(list, func(a, b assigned) int { return cmp.Compare(a.user.UID, b.user.UID) })
	return list, problems
}

// assigned are the caches that one user's process cleans.
type assigned struct {
	user   *meta.User
	caches []meta.Value
}

// cleaner returns the user who cleans a cache, out of those who name it.
func cleaner(named []meta.Value) (meta.Value, bool) {
	i := slices.IndexFunc(named, func(v meta.Value) bool { return v.User.UID == v.Owner })
	if i >= 0 {
		return named[i], true
	}
	if named[0].Owner == 0 {
		return meta.Value{}, false
	}
	var first *meta.Value
	for i := range named {
		if v := &named[i]; v.Writable && (first == nil || v.User.UID < first.User.UID) {
			first = v
		}
	}
	if first == nil {
		return meta.Value{}, false
	}
	return *first, true
}

// notNamed returns the problem that nobody cleans a cache. It reports only caches that are
// named in some user's file, and not those that are merely in a usual place.
func notNamed(named []meta.Value) (p meta.Problem, told bool) {
	for _, v := range named {
		if filepath.IsAbs(v.Source) && !strings.HasPrefix(v.Source, "/etc/") {
			return meta.Problem{
				Code: CodeNotNamed, Path: v.Path, Err: fmt.Errorf("%s: %w (named in %s)", v.Path, ErrNotNamed, v.Source), User: v.User,
			}, true
		}
	}
	return p, false
}
