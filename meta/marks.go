package meta

import (
	"slices"
	"strings"
)

// Names by which the tools know a package cache, or an environment. Everything
// that has to tell one from another folder goes by these.
const (
	// URLsTxt is what conda and mamba write into a cache: PACKAGE_CACHE_MAGIC_FILE
	// in conda/base/constants.py. mamba has one in each folder of packages too
	// (update_urls_txt in libmamba).
	URLsTxt = "urls.txt"
	// RattlerLock is in a cache of rattler: acquire_global_lock in
	// crates/rattler_cache.
	RattlerLock = ".cache.lock"
	// CondaMeta is the folder that makes a folder an environment.
	CondaMeta = "conda-meta"
)

// CondaMarks are the files that make a folder a cache of conda or mamba, the most
// usual first: conda writes urls too.
func CondaMarks() []string { return []string{URLsTxt, "urls"} }

// CacheMarks are the files that make a folder a cache, of whichever tool.
func CacheMarks() []string { return append(CondaMarks(), RattlerLock) }

// Schemes are the first folders of mamba's nested layout: the schemes of channel
// URLs (package_cache_folder_relative_path in libmamba).
func Schemes() []string { return []string{"https", "http", "file", "oci", "s3", "ftp"} }

// IsScheme says whether name is one of Schemes.
func IsScheme(name string) bool { return slices.Contains(Schemes(), name) }

// IsSubdir says whether name is the part of a channel that is for one platform
// (KNOWN_SUBDIRS in conda/base/constants.py, with those that mamba adds).
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
