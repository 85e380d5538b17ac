// Package channel says where a package came from, and whether a channel name that people
// write means that place.
//
//	c, ok := channel.Of("https://conda.anaconda.org/conda-forge/linux-64")
//	p, err := channel.ParsePattern("conda-forge/linux-64")
//	p.Match(c) // Yes
//
// People name a channel as in conda's MatchSpec. They use its name (conda-forge, pkgs/main,
// conda-forge/label/dev), its URL, or defaults or local, which stand for several channels.
// The platform may follow. The name does not depend on the host that serves the channel,
// since most sites use mirrors: conda-forge is also
// https://mirror.example/conda/conda-forge.
//
// Tokens, users and passwords in URLs are removed at once; no value of this package
// contains them.
package channel

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"gclean/meta"
)

// Channel is where a package came from. The zero value means unknown.
type Channel struct {
	host   string // in lower case, with "_" before a port; fileHost; "" for a mere name
	path   string // conda-forge, pkgs/main, conda-forge/label/dev
	subdir string // linux-64; "" if unknown
}

// Name is what people call a channel: its path, such as conda-forge; "" if it is unknown.
func (c Channel) Name() string { return c.path }

// fileHost is the host of channels that are folders.
const fileHost = "file:"

// Of parses a channel as records have it: a URL or a name, with or without its platform.
func Of(text string) (Channel, bool) {
	text = strings.TrimSpace(text)
	if strings.Trim(text, "/") == "" || text == "<unknown>" {
		return Channel{}, false
	}
	scheme, rest, isURL := strings.Cut(text, "://")
	switch {
	case isURL && !strings.EqualFold(scheme, "file"):
		rest, _, _ = strings.Cut(rest, "?")
		rest, _, _ = strings.Cut(rest, "#")
		host, below, _ := strings.Cut(rest, "/")
		host = host[strings.LastIndexByte(host, '@')+1:]
		return placed(strings.ReplaceAll(strings.ToLower(host), ":", "_"), decoded(below)), true
	case isURL:
		return placed(fileHost, decoded(rest)), true
	case strings.HasPrefix(text, "/"), len(text) > 2 && text[1] == ':' && strings.ContainsAny(text[2:3], `/\`):
		return placed(fileHost, strings.ReplaceAll(text, `\`, "/")), true
	}
	return placed("", text), true
}

// OfURL returns the channel of the archive at a URL.
func OfURL(archive string) (Channel, bool) {
	archive, _, _ = strings.Cut(archive, "?")
	i := strings.LastIndexByte(archive, '/')
	if i < 0 {
		return Channel{}, false
	}
	return Of(archive[:i])
}

// OfFolder returns the channel whose packages mamba 2.6 keeps in a folder of a cache. below
// is the folder's path in the cache: https/conda.anaconda.org/conda-forge/linux-64, or
// conda-forge/linux-64 (package_cache_folder_relative_path in libmamba).
func OfFolder(below string) (Channel, bool) {
	top, rest, _ := strings.Cut(below, "/")
	if meta.IsScheme(top) && rest != "" {
		return Of(top + "://" + rest)
	}
	if below == "" || !meta.IsSubdir(path.Base(below)) {
		return Channel{}, false
	}
	return Of(below)
}

// placed returns the channel at a path on a host.
func placed(host, text string) Channel {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == '/' })
	if i := slices.Index(parts, "t"); host != "" && host != fileHost && i >= 0 && i+1 < len(parts) {
		parts = slices.Delete(parts, i, i+2) // a token (split_anaconda_token in conda/common/url.py)
	}
	c := Channel{host: host}
	if n := len(parts); n > 0 && meta.IsSubdir(parts[n-1]) {
		c.subdir, parts = parts[n-1], parts[:n-1]
	}
	c.path = strings.Join(parts, "/")
	return c
}

// decoded returns text without percent-encoding, or text itself if the encoding is invalid.
func decoded(text string) string {
	if d, err := url.PathUnescape(text); err == nil {
		return d
	}
	return text
}
