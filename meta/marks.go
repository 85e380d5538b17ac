package meta

import (
	"slices"
	"strings"
)

// Names by which tools recognize a package cache or an environment. All code that must tell
// these from other folders uses them.
const (
	// URLsTxt is the file that conda and mamba write into a cache (PACKAGE_CACHE_MAGIC_FILE
	// in conda/base/constants.py). mamba also writes one into each folder of packages
	// (update_urls_txt in libmamba).
	URLsTxt = "urls.txt"
	// RattlerLock is in each cache of rattler: acquire_global_lock in crates/rattler_cache.
	RattlerLock = ".cache.lock"
	// CondaMeta is the folder that makes a folder an environment.
	CondaMeta = "conda-meta"
)

// CondaMarks returns the files that make a folder a cache of conda or mamba, the most
// common first: conda writes urls too.
func CondaMarks() []string { return []string{URLsTxt, "urls"} }

// CacheMarks returns the files that make a folder a cache of any tool.
func CacheMarks() []string { return append(CondaMarks(), RattlerLock) }

// Schemes returns the names of the top folders in mamba's nested layout: the schemes of
// channel URLs (package_cache_folder_relative_path in libmamba).
func Schemes() []string { return []string{"https", "http", "file", "oci", "s3", "ftp"} }

// IsScheme reports whether name is one of Schemes.
func IsScheme(name string) bool { return slices.Contains(Schemes(), name) }

// IsSubdir reports whether name is the part of a channel for one platform (KNOWN_SUBDIRS in
// conda/base/constants.py, and those that mamba adds).
func IsSubdir(name string) bool {
	if name == "noarch" {
		return true
	}
	system, arch, ok := strings.Cut(name, "-")
	return ok && slices.Contains([]string{"linux", "osx", "win", "freebsd", "emscripten", "wasi", "zos"}, system) &&
		slices.Contains([]string{
			"32", "64", "aarch64", "arm64", "armv6l", "armv7l", "loongarch64", "ppc64", "ppc64le",
			"riscv32", "riscv64", "s390x", "wasm32", "z",
		}, arch)
}
