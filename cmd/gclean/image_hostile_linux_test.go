package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"gclean/internal/fixture"
)

// image is an installation below a folder that is to be the root, and a true
// cache outside that everything in the image tries to lead to.
type image struct {
	dir, decoy string
}

// newImage makes an image of an installation in /opt/conda with one package that
// is used and one that is free.
func newImage(t *testing.T) image {
	t.Helper()
	top := t.TempDir()
	im := image{filepath.Join(top, "image"), filepath.Join(top, "decoy")}
	root := filepath.Join(im.dir, "opt", "conda")
	c, err := fixture.NewCache(filepath.Join(root, "pkgs"))
	must(t, err, c.Add(scriptPackage("used")), c.Add(scriptPackage("free")))
	env, err := fixture.NewEnvironment(root)
	must(t, err)
	must(t, env.Link(c, scriptPackage("used"), fixture.Link{Kind: fixture.Hard}))
	// What the records say is where it was when it was built: at /opt/conda.
	record := filepath.Join(root, "conda-meta", "used-1.0-0.json")
	data, err := os.ReadFile(record)
	must(t, err)
	must(t, os.WriteFile(record, []byte(strings.ReplaceAll(string(data), im.dir, "")), 0o644))
	im.file(t, "etc/passwd", "root:x:0:0:root:/root:/bin/sh\nann:x:1000:1000::/home/ann:/bin/sh\n")
	must(t, os.MkdirAll(filepath.Join(im.dir, "root"), 0o755), os.MkdirAll(filepath.Join(im.dir, "home", "ann"), 0o755))
	outside, err := fixture.NewCache(filepath.Join(im.decoy, "pkgs"))
	must(t, err, outside.Add(scriptPackage("decoy")))
	_, err = fixture.NewEnvironment(filepath.Join(im.decoy, "envs", "e"))
	must(t, err)
	im.inDecoy(t, ".condarc", "pkgs_dirs: ["+outside.Dir+"]\n")
	return im
}

func (im image) file(t *testing.T, name, content string) {
	t.Helper()
	path := filepath.Join(im.dir, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, []byte(content), 0o644))
}

func (im image) inDecoy(t *testing.T, name, content string) {
	t.Helper()
	must(t, os.WriteFile(filepath.Join(im.decoy, name), []byte(content), 0o644))
}

func (im image) link(t *testing.T, target, name string) {
	t.Helper()
	path := filepath.Join(im.dir, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755), os.RemoveAll(path), os.Symlink(target, path))
}

// up is a path that leads from anywhere in the image to one outside.
func up(path string) string { return strings.Repeat("../", 30) + strings.TrimPrefix(path, "/") }

// hostileImages try to make gclean leave.
var hostileImages = map[string]func(t *testing.T, im image){
	"harmless": func(*testing.T, image) {},
	"condarc names paths outside": func(t *testing.T, im image) {
		im.file(t, "root/.condarc", fmt.Sprintf("pkgs_dirs: [%s/pkgs, %s, /opt/conda/pkgs]\nenvs_dirs: [%[1]s/envs]\n", im.decoy, up(im.decoy+"/pkgs")))
	},
	"symlinks for caches": func(t *testing.T, im image) {
		im.link(t, im.decoy+"/pkgs", "root/.conda/pkgs")
		im.link(t, up(im.decoy+"/pkgs"), "home/ann/.conda/pkgs")
	},
	"symlinks for homes": func(t *testing.T, im image) {
		im.link(t, im.decoy, "root")
		im.link(t, up(im.decoy), "home/ann")
	},
	"a symlink for etc": func(t *testing.T, im image) {
		im.link(t, im.decoy, "etc")
		im.inDecoy(t, "passwd", "root:x:0:0::"+im.decoy+":/bin/sh\n")
	},
	"passwd with homes outside": func(t *testing.T, im image) {
		im.file(t, "etc/passwd", "root:x:0:0::"+up(im.decoy)+":/bin/sh\nx:x:1:1::/../.."+im.decoy+":/bin/sh\n")
	},
	"environments.txt": func(t *testing.T, im image) {
		im.file(t, "root/.conda/environments.txt", im.decoy+"/envs/e\n"+up(im.decoy+"/envs/e")+"\n/opt/conda\n")
	},
	"symlinks for environments": func(t *testing.T, im image) {
		im.link(t, im.decoy+"/envs/e", "opt/conda/envs/e")
		im.link(t, up(im.decoy+"/envs"), "opt/conda/envs/more")
	},
	"records": func(t *testing.T, im image) {
		im.file(t, "opt/conda/conda-meta/free-1.0-0.json",
			fmt.Sprintf(`{"link": {"type": 1, "source": %q}, "files": [%q, %q]}`, im.decoy+"/pkgs/decoy-1.0-0", up(im.decoy+"/.condarc"), im.decoy+"/.condarc"))
	},
	"loops": func(t *testing.T, im image) {
		im.link(t, "/root/.condarc", "root/.condarc")
		im.link(t, ".", "home/ann/.conda")
	},
	"a proc of its own": func(t *testing.T, im image) {
		for i := range 64 {
			im.link(t, up(im.decoy+"/.condarc"), fmt.Sprintf("proc/self/fd/%d", i))
		}
		im.link(t, im.decoy, "proc/self/root")
		im.file(t, "proc/77/cmdline", "conda\x00install\x00")
		must(t, unix.Mkfifo(filepath.Join(im.dir, "proc/77/stat"), 0o644))
	},
	"a configuration of gclean": func(t *testing.T, im image) {
		im.file(t, "etc/gclean.yaml", "pkgs-dir: "+im.decoy+"/pkgs\nforce-pkgs-dirs: true\n")
		im.file(t, "root/.config/gclean.yaml", "pkgs-dir: "+im.decoy+"/pkgs\n")
	},
	"things that block": func(t *testing.T, im image) {
		must(t, os.MkdirAll(filepath.Join(im.dir, "root/.conda"), 0o755))
		for _, name := range []string{"root/.condarc", "root/.conda/environments.txt", "etc/localtime"} {
			must(t, unix.Mkfifo(filepath.Join(im.dir, name), 0o644))
		}
	},
}
