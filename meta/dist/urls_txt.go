package dist

import (
	"bufio"
	"io"
	"net/url"
	"path"
	"strings"
)

// DownloadedURL is a line of urls.txt: where an archive of the cache came from.
type DownloadedURL struct {
	URL    string // without the hash
	MD5    string // in hex; "" if the line has none
	SHA256 string // in hex; "" if the line has none
}

// Expected is what the line says of the archive.
func (u DownloadedURL) Expected() Expected {
	return Expected{MD5: u.MD5, SHA256: u.SHA256, Source: "urls.txt"}
}

// ReadURLs reads the urls.txt of a cache, by name of the archive. Where an
// archive was downloaded several times the last line counts, as in conda's
// UrlsData. A URL may end in a hash, as in conda list --explicit: #MD5,
// #md5:MD5, #sha256:SHA256, or with = in place of the colon.
func ReadURLs(r io.Reader) (map[string]DownloadedURL, error) {
	urls := make(map[string]DownloadedURL)
	s := bufio.NewScanner(r)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		address, fragment, _ := strings.Cut(strings.TrimSpace(s.Text()), "#")
		name := path.Base(address)
		if p, err := url.PathUnescape(name); err == nil {
			name = p
		}
		if !IsArchive(name) {
			continue // a comment, or nothing that is in a cache
		}
		u := DownloadedURL{URL: address}
		switch kind, value, _ := strings.Cut(strings.Replace(fragment, "=", ":", 1), ":"); {
		case kind == "sha256":
			u.SHA256 = hexHash(value, sha256Digits)
		case kind == "md5":
			u.MD5 = hexHash(value, md5Digits)
		default:
			u.MD5 = hexHash(fragment, md5Digits)
		}
		urls[name] = u
	}
	return urls, s.Err()
}
