package meta

import (
	"os"
	"path/filepath"
	"runtime"
)

// findRoot finds the root prefix without conda: from the command line, the
// variables that conda and mamba set, a condarc, the PATH, the usual places.
// The first that exists counts. The error is of wrong usage.
func (h Host) findRoot(o Options, condarc []setting) (Value, error) {
	if o.RootPrefix != "" {
		v := values([]string{o.RootPrefix}, "--root-prefix")[0]
		if !isDir(v.Path) {
			return Value{}, usagef("--root-prefix %s: there is no such folder", o.RootPrefix)
		}
		return v, nil
	}
	var found Value
	try := func(path, source string, ok func(string) bool) {
		if found.Path == "" && path != "" && isDir(path) && (ok == nil || ok(path)) {
			found = Value{Path: filepath.Clean(path), Source: source}
		}
	}
	for _, name := range []string{"CONDA_ROOT", "CONDA_ROOT_PREFIX", "MAMBA_ROOT_PREFIX"} {
		if v := h.env(name); v != "" {
			try(h.expand(v), name, nil)
		}
	}
	for _, name := range []string{"CONDA_EXE", "MAMBA_EXE"} {
		try(rootOfExe(h.env(name)), name, isRoot)
	}
	if s, ok := primitive(condarc); ok && s.scalar != "" {
		try(h.expand(s.scalar), s.source, nil)
	}
	if prefix := h.env("CONDA_PREFIX"); prefix != "" {
		if envs := filepath.Dir(prefix); filepath.Base(envs) == "envs" {
			try(filepath.Dir(envs), "CONDA_PREFIX", isRoot)
		}
		try(prefix, "CONDA_PREFIX", isRoot)
	}
	for _, dir := range filepath.SplitList(h.env("PATH")) {
		for _, name := range executables() {
			if found.Path != "" || !filepath.IsAbs(dir) {
				continue
			}
			if exe, err := filepath.EvalSymlinks(filepath.Join(dir, name)); err == nil {
				try(rootOfExe(exe), name+" on the PATH", isRoot)
			}
		}
	}
	for _, path := range h.UsualRoots {
		if path = h.expandUser(path); path[0] != '~' {
			try(filepath.FromSlash(path), "usual place", isRoot)
		}
	}
	return found, nil
}

func executables() []string {
	if runtime.GOOS == "windows" {
		return []string{"conda.exe", "mamba.exe", "conda.bat"}
	}
	return []string{"conda", "mamba"}
}

// rootOfExe is the root prefix that an executable lies in: <root>/bin/conda,
// <root>/condabin/conda, <root>\Scripts\conda.exe.
func rootOfExe(exe string) string {
	if exe == "" {
		return ""
	}
	return filepath.Dir(filepath.Dir(exe))
}

// isRoot says whether a folder looks like a root prefix rather than any folder
// or any environment: it keeps packages, environments or conda itself.
func isRoot(path string) bool {
	if !isDir(path) {
		return false // asked of a dozen places in each home: one question will do
	}
	for _, name := range []string{"condabin", "envs", "pkgs/urls.txt"} {
		if _, err := os.Stat(filepath.Join(path, filepath.FromSlash(name))); err == nil {
			return true
		}
	}
	conda, _ := filepath.Glob(filepath.Join(path, "conda-meta", "conda-[0-9]*.json"))
	return len(conda) > 0
}
