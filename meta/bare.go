package meta

import (
	"slices"
	"strings"
)

// claim is how firmly something says that there is an environment at a path: the
// smaller the firmer.
type claim int

const (
	claimNamed  claim = iota // a list, a variable or a configuration names it
	claimRoot                // it is the root prefix, which may have nothing in it so far
	claimChild               // it is in a folder of environments
	claimBeside              // it has a folder pkgs
)

// isBare says whether a folder with these names in it, and without records, is an
// environment all the same. What nothing names has to look like one: a folder of
// environments has other things in it too.
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

// isPartOfEnvironment says whether a name is one that packages put at the top of
// an environment.
func isPartOfEnvironment(name string) bool {
	switch strings.ToLower(name) {
	case "bin", "lib", "lib32", "lib64", "libexec", "include", "share", "etc", "sbin", "ssl", "man", "opt", "var",
		"scripts", "library", "dlls", "python.exe", "pythonw.exe", "python.app", "site-packages", "tools", "menu", "compiler_compat", "plugins", "qml":
		return true
	}
	return false
}

// isPartOfRoot says whether a name is one that an installation has and no
// environment in it.
func isPartOfRoot(name string) bool {
	switch name {
	case "conda-meta", "envs", "pkgs", "conda-bld", "environments.txt", ".condarc", "condarc", ".mambarc", ".conda_envs_dir_test":
		return true
	}
	return false
}

// isCacheMark says whether a name is one that only package caches have.
func isCacheMark(name string) bool {
	switch name {
	case "urls.txt", "urls", ".cache.lock":
		return true
	}
	return false
}
