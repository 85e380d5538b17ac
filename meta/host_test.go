package meta

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestHomeWithoutHOME(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no passwd file")
	}
	passwd := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(passwd, []byte("root:x:0:0::/root:/bin/sh\nbad\nu:x:1000:1000::/home/u/:/bin/sh\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for uid, want := range map[int]string{1000: "/home/u", 0: "/root", 7: "", -1: ""} {
		if got := (Host{Passwd: passwd, UID: uid}).passwdHome(); got != want {
			t.Errorf("user %d: %q, want %q", uid, got, want)
		}
	}
	if got := (Host{UID: 1000}).passwdHome(); got != "" {
		t.Errorf("no passwd file: %q", got)
	}
	t.Setenv("HOME", "")
	if h := CurrentHost(); h.Home != h.passwdHome() {
		t.Errorf("home %q, want %q", h.Home, h.passwdHome())
	}
}

// Variables that only say how a run behaves count for an image too. Those with paths do
// not, and neither does the answer to a question.
func TestImageHostKnowsHowToBehave(t *testing.T) {
	dir := t.TempDir()
	for name, value := range map[string]string{
		"CONDA_DRY_RUN": "1", "CONDA_JSON": "1", "CONDA_QUIET": "1", "CONDA_VERBOSITY": "2", "CONDA_ALWAYS_YES": "1", "CONDA_YES": "1",
		"CONDA_PKGS_DIRS": dir, "CONDA_ENVS_DIRS": dir, "CONDA_ENVS_PATH": dir, "CONDA_PREFIX": dir, "CONDARC": dir, "HOME": dir,
		"CONDA_ROOT": dir, "CONDA_EXE": dir, "MAMBA_ROOT_PREFIX": dir, "PIXI_HOME": dir, "XDG_CACHE_HOME": dir, "RATTLER_CACHE_DIR": dir, "PATH": dir,
	} {
		t.Setenv(name, value)
	}
	h := ImageHost()
	h.Passwd, h.Home, h.SystemConfig, h.SystemPixi, h.UsualRoots = "", "", nil, "", nil // those of this machine
	c, err := h.Configure(t.Context(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !c.DryRun || !c.JSON || !c.Quiet || c.Verbosity != 2 || c.AlwaysYes {
		t.Errorf("dry run %v, JSON %v, quiet %v, verbosity %d, yes %v", c.DryRun, c.JSON, c.Quiet, c.Verbosity, c.AlwaysYes)
	}
	if len(c.PkgsDirs) > 0 || len(c.EnvsDirs) > 0 || c.RootPrefix.Path != "" || len(c.Files) > 0 {
		t.Errorf("caches %v, environments %v, root %v, files %v", c.PkgsDirs, c.EnvsDirs, c.RootPrefix, c.Files)
	}
}
