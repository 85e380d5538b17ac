package dist

import (
	"bufio"
	"io"
	"path"
	"strings"
)

// DownloadedURL is a line of urls.txt: where an archive of the cache came from.
type DownloadedURL struct {
	URL    string // without the hash
	MD5    string // in hex; "" if the line has none
	SHA256 string // in hex; "" if the line has none
}

// Expected returns what the line says about the archive.
func (u DownloadedURL) Expected() Expected {
	return Expected{MD5: u.MD5, SHA256: u.SHA256, Source: "urls.txt"}
}

// MaxURLs is how much of a urls.txt is read, in bytes: 150,000 lines.
const MaxURLs = 16 << 20

// ReadURLs reads the urls.txt of a cache. The keys are the names of the archives, as in the
// URL and percent-decoded, since tools name the files differently. If an archive was
// downloaded several times, the last line counts, as in conda's UrlsData. A URL may end in
// a hash, as in conda list --explicit: #MD5, #md5:MD5, #sha256:SHA256, or with = instead of
// the colon.
//
// A file larger than MaxURLs is ErrLimit, and nothing is returned, because the last lines
// count.
func ReadURLs(r io.Reader) (map[string]DownloadedURL, error) {
	urls := make(map[string]DownloadedURL)
	limited := &io.LimitedReader{R: r, N: MaxURLs + 1}
	s := bufio.NewScanner(limited)
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		address, fragment, _ := strings.Cut(strings.TrimSpace(s.Text()), "#")
		name := path.Base(address)
		if !IsArchive(name) && !IsArchive(decoded(name)) {
			continue // a comment, or no archive
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
		urls[name], urls[decoded(name)] = u, u
	}
	if limited.N <= 0 {
		return nil, tooLarge("has more than %d bytes", MaxURLs)
	}
	return urls, s.Err()
}

// URLOf returns the line about the archive name from the result of ReadURLs. name may be
// percent-encoded even if the line is not.
func URLOf(urls map[string]DownloadedURL, name string) (DownloadedURL, bool) {
	u, ok := urls[name]
	if !ok {
		u, ok = urls[decoded(name)]
	}
	return u, ok
}
