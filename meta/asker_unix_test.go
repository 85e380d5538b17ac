//go:build unix

package meta

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/walk"
)

// askedOf is an Asker that records what it is asked, and returns fixed answers.
type askedOf struct {
	users []string
	also  map[string][]string
	found map[string]Found
	cant  int
}

func (a *askedOf) Can(u *User) bool { return a.cant == 0 || u.UID != a.cant }

func (a *askedOf) Find(_ context.Context, users []*User, _ Finding, also [][]string) ([]Found, error) {
	a.also = map[string][]string{}
	list := make([]Found, len(users))
	for i, u := range users {
		a.users = append(a.users, u.Name)
		a.also[u.Name] = also[i]
		list[i] = a.found[u.Name]
	}
	slices.Sort(a.users)
	return list, nil
}

func (a *askedOf) Look(_ context.Context, u *User, prefixes []string) ([]Environment, error) {
	a.users = append(a.users, "look "+u.Name)
	return []Environment{{Prefix: prefixes[0], Elsewhere: &Elsewhere{Records: 3}}}, nil
}

// TestWhoIsAsked: users who may have something, judging by names alone, and nobody else.
func TestWhoIsAsked(t *testing.T) {
	for _, c := range []struct{ name, file, text, want string }{
		{"nothing", "home/ann/.bashrc", "", ""},
		{"a list", "home/ann/.conda/environments.txt", "", "ann"},
		{"a cache of rattler", "home/ann/.cache/rattler/cache/x", "", "ann"},
		{"other caches", "home/ann/.cache/pip/x", "", ""},
		{"an installation", "home/ann/miniconda3/x", "", "ann"},
		{"pixi", "home/ann/.pixi/x", "", "ann"},
		{"conda-build", "home/ann/conda-bld/x", "", "ann"},
		{"a symlink to nothing", "home/ann/.condarc@", "", "ann"},
		{"the system's configuration", "etc/conda/condarc", "pkgs_dirs: [TOP/scratch/$USER/pkgs]", "ann"},
		{"the system's croot", "etc/conda/condarc", "croot: TOP/scratch/$USER/pkgs", "ann"},
		{"a place that is everybody's", "etc/conda/condarc", "envs_dirs: [TOP/scratch]", ""},
		{"pixi's system configuration", "etc/pixi/config.toml", "detached-environments = '~/odd'", "ann"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"scratch/ann/pkgs/": "", "home/ann/odd/": ""}
			link, isLink := strings.CutSuffix(c.file, "@")
			if !isLink {
				files[c.file] = c.text
			}
			h, top := server(t, files)
			if isLink {
				symlink(t, "nothing", filepath.Join(top, link))
			}
			a := &askedOf{}
			h.Asker = a
			if _, err := h.Discover(t.Context(), Options{}); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(a.users, " "); got != c.want {
				t.Errorf("asked %q, want %q", got, c.want)
			}
		})
	}
}

// TestAnswersOfUsers: the answers of users are merged with what root has found.
func TestAnswersOfUsers(t *testing.T) {
	h, top := server(t, map[string]string{
		"home/ann/.conda/x": "", "home/bob/.conda/x": "", "home/bob/e/conda-meta/history": "",
		"root/.conda/environments.txt": "TOP/home/bob/e\nTOP/own\n",
		"own/conda-meta/history":       "",
	})
	broken := errors.New("died")
	own := filepath.Join(top, "own")
	id, err := walk.Identify(own)
	must(t, err)
	a := &askedOf{found: map[string]Found{
		"ann": {
			Caches: []Value{{Path: "/c", Owner: ann}}, SoftLinks: "/home/ann/.condarc",
			Environments: []Environment{
				{Prefix: own, ID: id, Err: errors.New("closed to ann"), Elsewhere: &Elsewhere{}},
				{Prefix: "/shared", Err: errors.New("closed to ann"), Elsewhere: &Elsewhere{}},
			},
			Problems: []Problem{{Path: "/home/ann/.condarc", Err: errors.New("bad"), Hides: true}},
		},
		"bob": {Err: broken},
	}}
	h.Asker = a
	d, err := h.Discover(t.Context(), Options{AllUsers: true})
	must(t, err)
	if got := strings.Join(a.also["bob"], " "); got != filepath.Join(top, "home/bob/e") {
		t.Errorf("bob was asked about %q", got)
	}
	if len(d.OfUsers) != 1 || d.OfUsers[0].User.Name != "ann" || slices.ContainsFunc(d.Caches, func(v Value) bool { return v.Path == "/c" }) || d.Config.SoftLinks == "" {
		t.Errorf("caches %+v and %+v", d.OfUsers, d.Caches)
	}
	if len(d.Unread) != 2 || d.Unread[0].User.Name != "ann" || d.Unread[1].User.Name != "bob" || !errors.Is(d.Unread[1].Err, broken) || d.Unread[1].Code != CodeUnaskedUser {
		t.Errorf("unread %+v", d.Unread)
	}
	for _, e := range d.Environments {
		switch {
		case e.Prefix == own: // root can read it
			if e.Err != nil || e.Elsewhere != nil || len(e.Users) > 0 {
				t.Errorf("%+v", e)
			}
		case e.Prefix == "/shared":
			if e.Err == nil || len(e.Users) != 1 || e.Users[0].Name != "ann" {
				t.Errorf("%+v", e)
			}
		case e.Prefix == filepath.Join(top, "home/bob/e"): // root named it, so the doubt is everybody's
			if e.Err == nil || e.Elsewhere == nil || len(e.Users) > 0 {
				t.Errorf("%+v", e)
			}
		}
	}
	if e, ok := d.Look(t.Context(), filepath.Join(top, "home/bob/seen")); !ok || e.Packages() != 3 || !slices.Contains(a.users, "look bob") {
		t.Errorf("%+v, %v, asked %v", e, ok, a.users)
	}
	if e, ok := d.Look(t.Context(), own); !ok || e.Elsewhere != nil {
		t.Errorf("%+v, %v", e, ok)
	}
	// This process reads the files of users who cannot have a process.
	a.cant, a.users = bob, nil
	d, err = h.Discover(t.Context(), Options{})
	must(t, err)
	if slices.Contains(a.users, "bob") || !slices.ContainsFunc(d.Environments, func(e Environment) bool { return e.Prefix == filepath.Join(top, "home/bob/e") && e.Elsewhere == nil }) {
		t.Errorf("asked %v, environments %+v", a.users, d.Environments)
	}
}

// TestAnswersThatEndNoDoubt: a user cannot deny what root sees on the disk, and a home that
// others can write to names no caches.
func TestAnswersThatEndNoDoubt(t *testing.T) {
	h, top := server(t, map[string]string{
		"home/ann/.conda/x": "", "root/.conda/environments.txt": "TOP/broken/e\n",
		"broken/": "",
	})
	gone := filepath.Join(top, "broken/e")
	symlink(t, "nowhere", gone)
	a := &askedOf{found: map[string]Found{"ann": {
		Caches: []Value{{Path: "/c", Owner: ann}}, Environments: []Environment{{Prefix: gone, Elsewhere: &Elsewhere{}}},
	}}}
	h.Asker = a
	d, err := h.Discover(t.Context(), Options{AllUsers: true})
	must(t, err)
	i := slices.IndexFunc(d.Environments, func(e Environment) bool { return e.Prefix == gone })
	if i < 0 || d.Environments[i].Err == nil {
		t.Errorf("the doubt has ended: %+v", d.Environments)
	}
	if len(d.OfUsers) != 1 {
		t.Errorf("caches %+v", d.OfUsers)
	}
	home := filepath.Join(top, "home/ann")
	for mode, want := range map[fs.FileMode]bool{0o755: false, 0o775: true, 0o757: true, 0o700: false} {
		must(t, os.Chmod(home, mode))
		st, err := walk.Describe(home)
		must(t, err)
		if st.GID == st.UID && mode == 0o775 {
			want = false // a group with only its owner
		}
		if got := othersWrite(home); got != want {
			t.Errorf("%o: %v, want %v", mode, got, want)
		}
	}
}

// TestServicesHaveNoHomes: /dev is not the home of sys, although the passwd file says so.
func TestServicesHaveNoHomes(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("makes folders of root")
	}
	dev := t.TempDir()
	for uid, want := range map[int]bool{3: true, maxServiceUID: true, maxServiceUID + 1: false, ann: false} {
		if got := isServices(&User{UID: uid, Home: dev}); got != want {
			t.Errorf("user %d with a folder of root: %v, want %v", uid, got, want)
		}
	}
	must(t, os.Chown(dev, 3, 3))
	if isServices(&User{UID: 3, Home: dev}) {
		t.Error("a service's own folder is none")
	}
}

// TestDiscoverAs: a user's process finds what belongs to the user, and says who owns each
// cache.
func TestDiscoverAs(t *testing.T) {
	h, top := server(t, map[string]string{
		"home/ann/.condarc":                "pkgs_dirs: [~/pkgs, TOP/group, TOP/none, TOP/home/ann/.condarc]\nenvs_dirs: [~/envs, TOP/common]\n",
		"home/ann/pkgs/urls.txt":           "",
		"home/ann/envs/e/conda-meta/x":     "",
		"home/ann/.conda/environments.txt": "TOP/listed\n",
		"listed/conda-meta/history":        "",
		"common/c/conda-meta/history":      "",
		"group/urls.txt":                   "",
	})
	own(t, top, "group", bob)
	own(t, top, "home/ann", ann)
	u := &User{Name: "ann", Home: filepath.Join(top, "home/ann"), UID: ann}
	h.UID, h.Home = ann, u.Home
	d, err := h.DiscoverAs(t.Context(), u, Finding{Known: []string{filepath.Join(top, "common")}, Also: []string{filepath.Join(top, "common/c")}})
	must(t, err)
	var caches []string
	for _, v := range d.Caches {
		if v.ID == (walk.ID{}) {
			t.Errorf("%+v", v)
		}
		caches = append(caches, strings.TrimPrefix(v.Path, top))
		if want := map[string]int{"/home/ann/pkgs": ann, "/group": bob}[strings.TrimPrefix(v.Path, top)]; v.Owner != want {
			t.Errorf("%s is %d's, want %d", v.Path, v.Owner, want)
		}
	}
	if got := strings.Join(caches, " "); got != "/home/ann/pkgs /group" {
		t.Errorf("caches %s", got)
	}
	if got := prefixes(d.Environments, top); got != "/common/c /home/ann/envs/e /listed" {
		t.Errorf("environments %s", got)
	}
	if changed, err := d.Changed(t.Context()); changed || err != nil {
		t.Error(changed, err)
	}
	must(t, os.WriteFile(filepath.Join(top, "listed/conda-meta/a-1-0.json"), nil, 0o644))
	if changed, err := d.Changed(t.Context()); !changed || err != nil {
		t.Error(changed, err)
	}
}
