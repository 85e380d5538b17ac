package dist

import (
	"net/url"
	"path"
	"strings"
)

// Split splits a distribution into its parts as conda does: neither build nor
// version holds a hyphen. The last two are "" where there are no three parts.
func Split(distribution string) (name, version, build string) {
	parts := strings.Split(distribution, "-")
	if n := len(parts); n >= 3 {
		return strings.Join(parts[:n-2], "-"), parts[n-2], parts[n-1]
	}
	return distribution, "", ""
}

// IsName says whether s looks like name-version-build.
func IsName(s string) bool {
	return strings.Count(s, "-") >= 2 && !strings.HasPrefix(s, "-") && !strings.HasSuffix(s, "-")
}

// OfFolder is the distribution of an extracted package: the name of its folder
// without the hash of the URL or path that rattler appends
// (CacheKey::to_path_segment in crates/rattler_cache).
func OfFolder(folder string) string {
	i := strings.LastIndexByte(folder, '-')
	if i < 0 || len(folder)-i-1 != 64 || strings.Trim(folder[i+1:], "0123456789abcdef") != "" || !IsName(folder[:i]) {
		return folder
	}
	return folder[:i]
}

// IsArchive says whether name is that of an archive, or of one that is being
// downloaded (find_tarballs in conda/cli/main_clean.py).
func IsArchive(name string) bool {
	return OfArchive(name) != cutEnding(name, ".partial")
}

// IsPartial says whether name is that of a download that has not come to its
// end.
func IsPartial(name string) bool { return strings.HasSuffix(strings.ToLower(name), ".partial") }

// Endings are those of archives, the newest format first. Wheels are archives since
// conda 26 has extractors as plugins; a wheel's distribution is its name too, such as
// idna-3.10-py3-none-any.
func Endings() []string { return []string{".conda", ".tar.bz2", ".whl"} }

// OfArchive is the distribution of an archive: its name without the endings.
func OfArchive(archive string) string {
	archive = cutEnding(archive, ".partial")
	for _, ending := range Endings() {
		if name := cutEnding(archive, ending); name != archive {
			return name
		}
	}
	return archive
}

// SameName says whether two names of distributions or archives are the same, each as
// it is or percent-decoded: some tools name files as URLs do, foo-1%212.0-0 for
// foo-1!2.0-0.
func SameName(a, b string) bool { return a == b || decoded(a) == decoded(b) }

// decoded is name without percent-encoding, if it has any.
func decoded(name string) string {
	if !strings.Contains(name, "%") {
		return name
	}
	if d, err := url.PathUnescape(name); err == nil {
		return d
	}
	return name
}

// cutEnding is name without ending, in capitals or not. A name need not be UTF-8.
func cutEnding(name, ending string) string {
	if at := len(name) - len(ending); at >= 0 && strings.EqualFold(name[at:], ending) {
		return name[:at]
	}
	return name
}

// Selects says whether a pattern (path.Match), the name of an archive, a name, or name and
// version is one of distribution.
func Selects(pattern, distribution string) bool {
	if IsArchive(pattern) {
		pattern = OfArchive(pattern)
	}
	ok, err := path.Match(pattern, distribution)
	name, version, _ := Split(distribution)
	return err == nil && ok || pattern == distribution || pattern == name || pattern == name+"-"+version
}
