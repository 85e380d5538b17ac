package meta

import (
	"slices"
	"strings"
)

// claim says how strong the evidence for an environment at a path is. Smaller values are
// stronger.
type claim int

const (
	claimNamed  claim = iota // a list, a variable or a configuration names it
	claimRoot                // it is the root prefix, which may still be empty
	claimChild               // it is in a folder of environments
	claimBeside              // it has a folder pkgs
)

// isBare reports whether a folder with these names in it is an environment, although it has
// no records. If nothing names it, it must look like one: a folder of environments may
// contain other folders.
func isBare(names []string, c claim) bool {
	looks := slices.ContainsFunc(names, isPartOfEnvironment)
	marked := slices.ContainsFunc(names, isCacheMark)
	switch {
	case c == claimBeside, marked && !looks:
		return false
	case c == claimChild:
		return looks
	}
	return slices.ContainsFunc(names, func(name string) bool { return !isPartOfRoot(name) })
}

// isPartOfEnvironment reports whether packages install a file or folder of this name at the
// top of an environment.
func isPartOfEnvironment(name string) bool {
	switch strings.ToLower(name) {
	case "bin", "lib", "lib32", "lib64", "libexec", "include", "share", "etc", "sbin", "ssl", "man", "opt", "var",
		"scripts", "library", "dlls", "python.exe", "pythonw.exe", "python.app", "site-packages", "tools", "menu", "compiler_compat", "plugins", "qml":
		return true
	}
	return false
}

// isPartOfRoot reports whether an installation has this name even if it is not an
// environment.
func isPartOfRoot(name string) bool {
	switch name {
	case "conda-meta", "envs", "pkgs", "conda-bld", "environments.txt", ".condarc", "condarc", ".mambarc", ".conda_envs_dir_test":
		return true
	}
	return false
}

// isCacheMark reports whether only package caches have this name.
func isCacheMark(name string) bool {
	return slices.Contains(CacheMarks(), name)
}
