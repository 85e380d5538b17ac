//go:build unix

package meta

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHomesOfDirectoryService has homes of users whom nothing names, like
// ../../shared/cases/58_ldap_homes.py.
func TestHomesOfDirectoryService(t *testing.T) {
	for _, home := range []string{"homes/ldap", "homes/CORP/ldap", "users/ldap"} {
		t.Run(home, func(t *testing.T) {
			h, top := server(t, map[string]string{
				home + "/.conda/environments.txt": "TOP/e\n",
				home + "/.conda/pkgs/urls.txt":    "",
				"homes/eve/.bashrc":               "",
				"homes/eve/src/.condarc":          "pkgs_dirs: [~/no]", // in a home, so not a home
				"homes/eve/src/no/":               "",
				"homes/.snapshot/x/":              "",
				"e/conda-meta/history":            "",
			})
			h.HomeParents = []string{filepath.Join(top, "homes"), filepath.Join(top, "homes/*"), filepath.Join(top, "users"), filepath.Join(top, "missing")}
			own(t, top, home, 70001)
			own(t, top, "homes/eve", eve)
			c := configure(t, h, Options{AllUsers: true})
			if got, want := ofUsers(c, top), fmt.Sprintf("70001 /%s/.conda/pkgs", home); got != want || len(c.Problems) > 0 {
				t.Errorf("caches %q, want %q; problems %v", got, want, c.Problems)
			}
			envs, _ := environments(t, h, Options{})
			if len(envs) != 1 || len(envs[0].Users) != 1 || envs[0].Users[0].UID != 70001 || envs[0].Users[0].Name != "ldap" {
				t.Errorf("environments %+v", envs)
			}
		})
	}
}

func TestUnlistableHomes(t *testing.T) {
	h, top := server(t, map[string]string{"homes/": ""})
	symlink(t, "loop", filepath.Join(top, "loop"))
	symlink(t, "loop", filepath.Join(top, "homes/loop"))
	symlink(t, "nothing", filepath.Join(top, "homes/dangling"))
	h.HomeParents = []string{filepath.Join(top, "loop"), filepath.Join(top, "homes/*"), filepath.Join(top, "missing")}
	_, problems := h.allUsers(t.Context())
	if len(problems) != 2 {
		t.Fatalf("problems %+v", problems)
	}
	for i, path := range []string{"homes/loop", "loop"} {
		var e *UnseenError
		if p := problems[i]; !p.Unseen || p.Hides || p.Path != filepath.Join(top, path) || !errors.As(p.Err, &e) {
			t.Errorf("problem %+v", p)
		}
	}
}

func TestTooManyHomes(t *testing.T) {
	top := t.TempDir()
	for i := range 5 {
		must(t, os.Mkdir(filepath.Join(top, fmt.Sprint(i)), 0o755))
	}
	names, p := namesIn(top, 3)
	if len(names) != 3 || p == nil || !p.Unseen || !strings.Contains(p.Err.Error(), "more than 3") {
		t.Errorf("names %v, problem %+v", names, p)
	}
	if names, p := namesIn(top, 5); len(names) != 5 || p != nil {
		t.Errorf("names %v, problem %+v", names, p)
	}
	if os.Geteuid() == 0 {
		if got := maxNestedIn(top); got != maxBeside {
			t.Errorf("root's folder: %d", got)
		}
		must(t, os.Chown(top, eve, eve))
		if got := maxNestedIn(top); got != maxNested {
			t.Errorf("eve's folder: %d", got)
		}
	}
}

// TestScopes: a doubt concerns the user whose files are in doubt; an environment that
// everybody may use concerns everybody.
func TestScopes(t *testing.T) {
	h, top := server(t, map[string]string{
		"etc/conda/condarc":                 "envs_dirs: [TOP/all, ~/mine]\nregister_envs: false\n",
		"root/.condarc":                     "register_envs: true\n",
		"home/ann/.conda/environments.txt":  "TOP/e/both\nTOP/e/ann\nTOP/all/known\n",
		"home/bob/.conda/environments.txt":  "TOP/e/both\nTOP/e/bob\n",
		"home/ann/mine/x/conda-meta/":       "",
		"home/ann/.condarc":                 "envs_dirs: [",
		"home/bob/.config/pixi/config.toml": "detached-environments = '",
		"e/both/conda-meta/history":         "",
		"e/ann/conda-meta/history":          "",
		"e/bob/conda-meta/history":          "",
		"all/known/conda-meta/history":      "",
	})
	own(t, top, "home/ann", ann)
	own(t, top, "home/bob", bob)
	fifo(t, filepath.Join(top, "home/eve/.conda"))
	symlink(t, "closed", filepath.Join(top, "home/closed"))
	symlink(t, "../e/ann", filepath.Join(top, "all/alias"))
	c := configure(t, h, Options{})
	envs, more, err := h.Environments(t.Context(), c, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for prefix, want := range map[string]string{
		"e/both": "ann bob", "e/bob": "bob", "all/known": "", "home/ann/mine/x": "ann",
		"all/alias": "", // concerns everybody by this name, whatever its other names are
	} {
		found := false
		for _, e := range envs {
			if e.Prefix == filepath.Join(top, prefix) || prefix == "all/alias" && e.Prefix == filepath.Join(top, "e/ann") {
				found = true
				var users []string
				for _, u := range e.Users {
					users = append(users, u.Name)
				}
				if got := strings.Join(users, " "); got != want {
					t.Errorf("%s: users %q, want %q", prefix, got, want)
				}
			}
		}
		if !found {
			t.Errorf("%s is not known", prefix)
		}
	}
	var got []string
	for _, p := range append(c.Problems, more...) {
		scope := "all"
		if p.User != nil {
			scope = p.User.Name
		}
		got = append(got, fmt.Sprintf("%s %s hides:%v unseen:%v", strings.TrimPrefix(p.Path, top), scope, p.Hides, p.Unseen))
	}
	want := []string{
		"/etc/conda/condarc all hides:false unseen:true", // once, not for each user
		"/home/ann/.condarc ann hides:true unseen:false",
		"/home/bob/.config/pixi/config.toml bob hides:true unseen:false",
		"/home/closed closed hides:true unseen:false",
	}
	slices.Sort(got)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("problems\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestUnseenByOrdinaryUser: an ordinary user gets one problem about all other users.
func TestUnseenByOrdinaryUser(t *testing.T) {
	const uid = 1000
	for _, c := range []struct {
		name  string
		files map[string]string
		close string // a home that nobody may enter
		want  string // path of the problem; "" for none
		says  string
	}{
		{"others have no list", map[string]string{"home/ann/.bashrc": ""}, "", "", ""},
		{"one other user has a list", map[string]string{"home/ann/.conda/environments.txt": ""}, "", "home/ann", "/home/ann: environments of other users"},
		{"two other users have lists", map[string]string{"home/ann/.conda/environments.txt": "", "home/bob/.conda/environments.txt": ""}, "", "home/ann", "/home/ann and 1 more home: "},
		{"a service has a list", map[string]string{"srv/.conda/environments.txt": ""}, "", "", ""},
		{"a home that cannot be entered", map[string]string{"home/ann/": ""}, "home/ann", "home/ann", "permission denied"},
		{"a directory service", map[string]string{"nsswitch.conf": "passwd: files sss"}, "", "nsswitch.conf", "users of sss"},
		{"both", map[string]string{"nsswitch.conf": "passwd: sss", "home/bob/.conda/environments.txt": ""}, "", "home/bob", "; users of sss are not known"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.close != "" && os.Geteuid() == 0 {
				t.Skip("root enters every folder: this runs as another user")
			}
			c.files["passwd"] = fmt.Sprintf("u:x:%d:1::TOP/home/u:/bin/sh\nann:x:2000:1::TOP/home/ann:/bin/sh\nbob:x:2001:1::TOP/home/bob:/bin/sh\nsvc:x:9:9::TOP/srv:/bin/sh\n", uid)
			c.files["home/u/.conda/environments.txt"] = ""
			h, top := host(t, c.files, nil)
			h.UID, h.Passwd, h.NSSwitch = uid, filepath.Join(top, "passwd"), filepath.Join(top, "nsswitch.conf")
			if c.close != "" {
				path := filepath.Join(top, c.close)
				must(t, os.Chmod(path, 0))
				t.Cleanup(func() { os.Chmod(path, 0o755) })
			}
			problems := configure(t, h, Options{}).Problems
			if c.want == "" {
				if len(problems) > 0 {
					t.Errorf("problems %v", problems)
				}
				return
			}
			if len(problems) != 1 || !problems[0].Unseen || problems[0].Hides || problems[0].Path != filepath.Join(top, c.want) || !strings.Contains(problems[0].Err.Error(), c.says) {
				t.Errorf("problems %+v, want %q", problems, c.says)
			}
		})
	}
}
