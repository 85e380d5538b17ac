//go:build unix

package meta

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

const (
	ann = 50001
	bob = 50002
	eve = 50003
)

// server makes a machine as root sees it, with the homes of ann, bob and eve, who own the
// files in them. Other folders are root's.
func server(t *testing.T, files map[string]string) (Host, string) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("only root can make files of others")
	}
	files["root/"], files["home/ann/"], files["home/bob/"], files["home/eve/"] = "", "", "", ""
	files["passwd"] = fmt.Sprintf("root:x:0:0::TOP/root:/bin/sh\nann:x:%d:1::TOP/home/ann:/bin/sh\nbob:x:%d:1::TOP/home/bob:/bin/sh\nsvc:x:9:9::/nonexistent:/bin/false\nnull:x:8:8::/dev/null:/bin/false\nall:x:7:7::/:/bin/false\n", ann, bob)
	h, top := host(t, files, map[string]string{"PIXI_HOME": "TOP/roots/pixi", "CONDA_PKGS_DIRS": "TOP/roots/pkgs", "XDG_CACHE_HOME": "TOP/roots/cache"})
	h.UID, h.Home, h.Passwd = 0, filepath.Join(top, "root"), filepath.Join(top, "passwd")
	h.UsualRoots = []string{filepath.Join(top, "opt/conda"), "~/miniconda3"}
	h.SystemPixi = filepath.Join(top, "etc/pixi/config.toml")
	own(t, top, "home/ann", ann)
	own(t, top, "home/bob", bob)
	own(t, top, "home/eve", eve)
	return h, top
}

// own gives a tree to a user.
func own(t *testing.T, top, name string, uid int) {
	t.Helper()
	err := filepath.WalkDir(filepath.Join(top, name), func(path string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, uid, uid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ofUsers returns the caches of other users, as "uid path".
func ofUsers(c *Config, top string) string {
	var list []string
	for _, v := range c.PkgsDirs {
		if v.Owner != 0 {
			list = append(list, fmt.Sprintf("%d %s", v.Owner, strings.TrimPrefix(v.Path, top)))
		}
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

func TestAllUsers(t *testing.T) {
	h, top := server(t, map[string]string{
		"home/ann/.condarc":                 "pkgs_dirs: [~/caches/one, TOP/scratch/$USER/pkgs, $CONDA_PKGS_DIRS/x]\n",
		"home/ann/caches/one/":              "",
		"home/ann/.cache/rattler/cache/":    "",
		"home/bob/miniconda3/pkgs/urls.txt": "",
		"home/bob/.conda/pkgs/":             "",
		"home/bob/.mamba/pkgs/":             "",
		"home/bob/.pixi/config.toml":        "cache.root = '~/pc'",
		"home/bob/pc/":                      "",
		"home/eve/.mambarc":                 "pkgs_dirs: [~/m]\n",
		"home/eve/m/":                       "",
		"home/eve/.conda/pkgs/":             "",
		"scratch/ann/pkgs/":                 "",
		"opt/conda/pkgs/urls.txt":           "",
		"opt/conda/envs/":                   "",
		"roots/pixi/":                       "",
	})
	own(t, top, "scratch/ann", ann)
	c := configure(t, h, Options{AllUsers: true})
	want := fmt.Sprintf("%d /home/ann/.cache/rattler/cache\n%[1]d /home/ann/caches/one\n%[1]d /scratch/ann/pkgs\n%d /home/bob/.conda/pkgs\n%[2]d /home/bob/.mamba/pkgs\n%[2]d /home/bob/miniconda3/pkgs\n%[2]d /home/bob/pc\n%d /home/eve/.conda/pkgs\n%[3]d /home/eve/m", ann, bob, eve)
	if got := ofUsers(c, top); got != want {
		t.Errorf("caches\n%s\nwant\n%s", got, want)
	}
	if c.PkgsDirs[0].Path != filepath.Join(top, "roots/pkgs") || c.PkgsDirs[0].Owner != 0 {
		t.Errorf("root's own: %+v", c.PkgsDirs[0])
	}
	if len(c.Problems) > 0 {
		t.Errorf("problems %v", c.Problems)
	}
	for _, v := range c.PkgsDirs {
		if v.Path == filepath.Join(top, "home/ann/caches/one") && v.Source != filepath.Join(top, "home/ann/.condarc") {
			t.Errorf("source %s", v.Source)
		}
		if v.Path == filepath.Join(top, "home/bob/pc") && v.Layout != RattlerRoot {
			t.Errorf("layout %d", v.Layout)
		}
	}
	if c := configure(t, h, Options{}); ofUsers(c, top) != "" {
		t.Errorf("without the flag: %v", c.PkgsDirs)
	}
}

// TestSystemCondarcOfUsers has files as cluster admins write them.
func TestSystemCondarcOfUsers(t *testing.T) {
	h, top := server(t, map[string]string{
		"etc/conda/condarc":  "pkgs_dirs: [TOP/scratch/$USER/pkgs, TOP/shared]\n",
		"scratch/ann/pkgs/":  "",
		"scratch/root/pkgs/": "",
		"shared/":            "",
	})
	own(t, top, "scratch/ann", ann)
	h.Getenv = func(string) (string, bool) { return "", false }
	c := configure(t, h, Options{AllUsers: true})
	if got, want := ofUsers(c, top), fmt.Sprintf("%d /scratch/ann/pkgs", ann); got != want || len(c.Problems) > 0 {
		t.Errorf("caches %s, want %s; problems %v", got, want, c.Problems)
	}
}

// TestHostileUsers has files that eve writes to make root clean folders of others.
func TestHostileUsers(t *testing.T) {
	for _, c := range []struct {
		name string
		rc   string
		make func(t *testing.T, home string)
		says string // of a problem; "" for none
	}{
		{"the root of the file system", "pkgs_dirs: [/]", nil, "does not belong"},
		{"another's home", "pkgs_dirs: [TOP/home/ann]", nil, "does not belong"},
		{"another's cache", "pkgs_dirs: [TOP/home/ann/pkgs]", nil, "does not belong"},
		{"a path with ..", "pkgs_dirs: [~/../ann/pkgs, ~/x/../../ann/pkgs]", nil, "does not belong"},
		{"root's folder", "pkgs_dirs: [TOP/shared]", nil, "does not belong"},
		{"a symlink to another's cache", "pkgs_dirs: [~/link]", func(t *testing.T, home string) {
			symlink(t, filepath.Join(home, "../ann/pkgs"), filepath.Join(home, "link"))
		}, "does not belong"},
		{"a default that is a symlink", "", func(t *testing.T, home string) {
			symlink(t, filepath.Join(home, "../ann"), filepath.Join(home, ".conda"))
			symlink(t, "/", filepath.Join(home, "miniconda3"))
			symlink(t, filepath.Join(home, "../ann"), filepath.Join(home, ".cache"))
		}, ""},
		{"a loop", "pkgs_dirs: [~/loop]", func(t *testing.T, home string) { symlink(t, "loop", filepath.Join(home, "loop")) }, "too many links"},
		{"a FIFO as a cache", "pkgs_dirs: [~/fifo]", func(t *testing.T, home string) { fifo(t, filepath.Join(home, "fifo")) }, ""},
		{"a FIFO as a condarc", "", func(t *testing.T, home string) { fifo(t, filepath.Join(home, ".condarc")) }, "not a regular file"},
		{"a FIFO as pixi's configuration", "", func(t *testing.T, home string) {
			os.Mkdir(filepath.Join(home, ".pixi"), 0o755)
			fifo(t, filepath.Join(home, ".pixi/config.toml"))
		}, "not a regular file"},
		{"a device as a condarc", "", func(t *testing.T, home string) { symlink(t, "/dev/zero", filepath.Join(home, ".condarc")) }, "not a regular file"},
		{"a kernel's file", "", func(t *testing.T, home string) { symlink(t, "/proc/kmsg", filepath.Join(home, ".condarc")) }, ""},
		{"a folder as a condarc", "", func(t *testing.T, home string) { os.Mkdir(filepath.Join(home, ".condarc"), 0o755) }, ""},
		{"no YAML", "pkgs_dirs: [", nil, "invalid YAML"},
		{"1 GB of YAML", "x: 1", func(t *testing.T, home string) {
			if err := os.Truncate(filepath.Join(home, ".condarc"), 1<<30); err != nil {
				t.Fatal(err)
			}
		}, "larger than"},
		{"many caches", "pkgs_dirs: [" + strings.Repeat("/,", 10) + manyPaths() + "]", nil, "more than 1000 items"},
		{"many files", "", func(t *testing.T, home string) {
			dir := filepath.Join(home, ".conda/condarc.d")
			os.MkdirAll(dir, 0o755)
			for i := range maxRCFiles + 1 {
				os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.yml", i)), nil, 0o644)
			}
		}, "more than 100 files"},
		{"root's variables", "pkgs_dirs: [$SECRET]", nil, ""},
		{"a home that anybody writes to", "pkgs_dirs: [~/own]", func(t *testing.T, home string) {
			os.Mkdir(filepath.Join(home, "own"), 0o755)
			os.Chmod(home, 0o777)
		}, "written to by everybody"},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"home/ann/pkgs/urls.txt": "", "home/ann/rattler/cache/": "", "home/bob/.condarc": "pkgs_dirs: [~/mine]", "home/bob/mine/": "", "shared/": ""}
			if c.rc != "" {
				files["home/eve/.condarc"] = c.rc
			}
			h, top := server(t, files)
			if c.make != nil {
				c.make(t, filepath.Join(top, "home/eve"))
				own(t, top, "home/eve", eve)
			}
			cfg := configure(t, h, Options{AllUsers: true})
			if got, want := ofUsers(cfg, top), fmt.Sprintf("%d /home/bob/mine", bob); got != want {
				t.Errorf("caches %q, want %q", got, want)
			}
			for _, v := range cfg.PkgsDirs {
				if v.Owner == eve || v.Owner == ann {
					t.Errorf("%+v", v)
				}
			}
			text := fmt.Sprint(cfg.Problems)
			if c.says == "" && len(cfg.Problems) > 0 || !strings.Contains(text, c.says) {
				t.Errorf("problems %.300s, want %q", text, c.says)
			}
			if _, _, err := h.Environments(context.Background(), cfg, Options{}); err != nil {
				t.Error(err)
			}
		})
	}
}

func manyPaths() string {
	var b strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&b, "/none%d,", i)
	}
	return b.String()
}

func symlink(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func fifo(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenHomes has homes that are not folders; the others still count.
func TestBrokenHomes(t *testing.T) {
	h, top := server(t, map[string]string{"home/bob/.condarc": "pkgs_dirs: [~/mine]", "home/bob/mine/": "", "home/file": "", "home/stranger/": "", "home/stranger/pkgs/": ""})
	symlink(t, "loop", filepath.Join(top, "home/loop"))
	fifo(t, filepath.Join(top, "home/fifo"))
	data, err := os.ReadFile(h.Passwd)
	if err != nil {
		t.Fatal(err)
	}
	data = fmt.Appendf(data, "loop:x:1:1::%s/home/loop:/bin/sh\nstranger:x:%d:1::%[1]s/home/stranger:/bin/sh\n", top, ann)
	if err := os.WriteFile(h.Passwd, data, 0o644); err != nil {
		t.Fatal(err)
	}
	own(t, top, "home/stranger", eve)
	c := configure(t, h, Options{AllUsers: true})
	if got, want := ofUsers(c, top), fmt.Sprintf("%d /home/bob/mine", bob); got != want {
		t.Errorf("caches %q, want %q", got, want)
	}
	text := fmt.Sprint(c.Problems)
	if len(c.Problems) != 2 || !strings.Contains(text, "home/loop") || !strings.Contains(text, "belongs to another user") {
		t.Errorf("problems %v", c.Problems)
	}
}

// TestBesideServices: the home of a service is read, but the folders beside it are not
// homes.
func TestBesideServices(t *testing.T) {
	h, top := server(t, map[string]string{"passwd.services": ""})
	beside, err := os.ReadDir("/var/lib")
	if err != nil || len(beside) < 2 {
		t.Skipf("/var/lib has nothing in it here: %v", err)
	}
	service := filepath.Join("/var/lib", beside[0].Name())
	h.Passwd = filepath.Join(top, "passwd.services")
	text := fmt.Sprintf("svc:x:9:9::%s:/bin/false\nann:x:%d:1::%s/home/ann:/bin/sh\n", service, ann, top)
	if err := os.WriteFile(h.Passwd, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	var homes []string
	users, _ := h.allUsers(t.Context())
	for _, u := range users {
		homes = append(homes, strings.TrimPrefix(u.Home, top))
	}
	if got, want := strings.Join(homes, " "), "/home/ann /home/bob /home/eve /home/u "+service; got != want {
		t.Errorf("homes %s, want %s", got, want)
	}
}

func TestAllUsersUsage(t *testing.T) {
	h, top := server(t, map[string]string{})
	for _, c := range []struct {
		change func(*Host)
		o      Options
		want   error
	}{
		{func(h *Host) { h.UID = ann }, Options{AllUsers: true}, ErrOnlyRoot},
		{func(*Host) {}, Options{AllUsers: true, PkgsDirs: From("--pkgs-dir", "/x")}, ErrCachesNamed},
		{func(h *Host) { h.Home = filepath.Join(top, "home/eve") }, Options{AllUsers: true}, nil},
	} {
		h := h
		c.change(&h)
		_, err := h.Configure(context.Background(), c.o)
		if home := (*HomeError)(nil); c.want == nil && (!errors.As(err, &home) || home.Home != h.Home) || c.want != nil && !errors.Is(err, c.want) || !errors.Is(err, ErrUsage) {
			t.Errorf("error %v, want %v", err, c.want)
		}
	}
}

// TestEnvironmentsOfUsers: for root, environments of all users hold packages, with or
// without --all-users.
func TestEnvironmentsOfUsers(t *testing.T) {
	files := map[string]string{
		"home/ann/.condarc":              "envs_dirs: [TOP/scratch/ann]",
		"home/bob/.condarc":              "envs_dirs: [",
		"home/eve/.condarc":              "envs_dirs: [~/loop, /proc/self/fd, /dev]",
		"home/ann/.pixi/workspaces.toml": "named-workspaces.w = '~/w'",
	}
	want := []string{
		"home/ann/.conda/envs/a", "home/ann/.pixi/envs/p", "home/ann/w/.pixi/envs/default", "home/ann/micromamba", "home/ann/micromamba/envs/m",
		"home/bob/miniconda3", "home/bob/miniconda3/envs/b", "home/bob/.cache/rattler/cache/cached-envs-v0/x", "home/eve/.conda/envs/e", "scratch/ann/s",
	}
	for _, prefix := range want {
		files[prefix+"/conda-meta/"] = ""
	}
	h, top := server(t, files)
	symlink(t, "loop", filepath.Join(top, "home/eve/loop"))
	slices.Sort(want)
	for _, o := range []Options{{}, {AllUsers: true}, {PkgsDirs: From("--pkgs-dir", filepath.Join(top, "x"))}} {
		envs, bad := environments(t, h, o)
		if got := prefixes(envs, top); got != "/"+strings.Join(want, " /") {
			t.Errorf("%+v: environments\n%s\nwant\n/%s", o, strings.ReplaceAll(got, " ", "\n"), strings.Join(want, "\n/"))
		}
		for _, p := range bad {
			if p.User == nil || p.User.UID != eve {
				t.Errorf("what eve names stops others: %v", p)
			}
		}
	}
	h.UID = ann
	if envs, _ := environments(t, h, Options{}); len(envs) != 0 {
		t.Errorf("a user sees %s", prefixes(envs, top))
	}
}
