package dist

import (
	"net/url"
	"path"
	"strings"
)

// Split splits a distribution into its parts as conda does: neither build nor version
// contains a hyphen. If there are fewer than three parts, version and build are "".
func Split(distribution string) (name, version, build string) {
	parts := strings.Split(distribution, "-")
	if n := len(parts); n >= 3 {
		return strings.Join(parts[:n-2], "-"), parts[n-2], parts[n-1]
	}
	return distribution, "", ""
}

// IsName reports whether s looks like name-version-build.
func IsName(s string) bool {
	return strings.Count(s, "-") >= 2 && !strings.HasPrefix(s, "-") && !strings.HasSuffix(s, "-")
}

// OfFolder returns the distribution of an extracted package. That is the name of its
// folder, without the hash of the URL or path that rattler appends
// (CacheKey::to_path_segment in crates/rattler_cache).
func OfFolder(folder string) string {
	i := strings.LastIndexByte(folder, '-')
	if i < 0 || len(folder)-i-1 != 64 || strings.Trim(folder[i+1:], "0123456789abcdef") != "" || !IsName(folder[:i]) {
		return folder
	}
	return folder[:i]
}

// IsArchive reports whether name is that of an archive, or of one being downloaded
// (find_tarballs in conda/cli/main_clean.py).
func IsArchive(name string) bool {
	return OfArchive(name) != cutEnding(name, ".partial")
}

// IsPartial reports whether name is that of an unfinished download.
func IsPartial(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".partial") }

// Endings returns the endings of archives, the newest format first. Wheels are included
// since conda 26, which has extractors as plugins. A wheel's distribution is its name
// without the ending, such as idna-3.10-py3-none-any.
func Endings() []string { return []string{".conda", ".tar.bz2", ".whl"} }

// OfArchive returns the distribution of an archive: its name without the endings.
func OfArchive(archive string) string {
	archive = cutEnding(archive, ".partial")
	for _, ending := range Endings() {
		if name := cutEnding(archive, ending); name != archive {
			return name
		}
	}
	return archive
}

// SameName reports whether two names of distributions or archives are the same, as they are
// or percent-decoded. Some tools name files as in URLs: foo-1%212.0-0 for foo-1!2.0-0.
func SameName(a, b string) bool { return a == b || decoded(a) == decoded(b) }

// decoded returns name without percent-encoding, if it has any.
func decoded(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	if d, err := url.PathUnescape(name); err == nil {
		return d
	}
	return name
}

// cutEnding returns name without ending, in upper or lower case. A name need not be UTF-8.
func cutEnding(name, ending string) string {
	if at := len(name) - len(ending); at >= 0 && strings.EqualFold(name[at:], ending) {
		return name[:at]
	}
	return name
}

// Selects reports whether a pattern selects distribution. It may be a pattern of
// path.Match, the name of an archive, a package name, or name and version.
func Selects(pattern, distribution string) bool {
	if IsArchive(pattern) {
		pattern = OfArchive(pattern)
	}
	ok, err := path.Match(pattern, distribution)
	name, version, _ := Split(distribution)
	return err == nil && ok || pattern == distribution || pattern == name || pattern == name+"-"+version
}
