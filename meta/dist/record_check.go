package dist

import (
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
)

// recordPath is where the record of an extracted package is.
const recordPath = "info/repodata_record.json"

// CompareRecord returns where a record contradicts the index of the same package.
//
// mamba from 2.1.1 to before 2.6 wrote placeholders into records of packages that were
// installed by URL. These have no dependencies, timestamp 0 and an empty license (its
// issues 4052 and 4095, write_repodata_record in libmamba/src/core/package_fetcher.cpp).
// Solvers and conda-lock read these records. A channel may also patch what index.json says,
// and remove all dependencies. That is a note, if the record still has its timestamp or its
// license.
func CompareRecord(index Index, record RepodataRecord) []Finding {
	var list []Finding
	add := func(kind FindingKind, want, got string) {
		list = append(list, Finding{Kind: kind, Path: recordPath, Want: want + " as index.json says", Got: got})
	}
	says := func(key string) bool { return slices.Contains(record.States, key) }
	if says("timestamp") && record.Timestamp == 0 && index.Timestamp != 0 {
		add(WrongRecord, fmt.Sprintf("timestamp %d", index.Timestamp), "timestamp 0")
	}
	if says("license") && record.License == "" && index.License != "" {
		add(WrongRecord, "license "+index.License, "an empty license")
	}
	if says("depends") && record.Depends == 0 && index.Depends > 0 {
		kind := WrongRecord
		if len(list) == 0 && (record.Timestamp != 0 || record.License != "") {
			kind = Patched
		}
		add(kind, fmt.Sprintf("depends with %d", index.Depends), "an empty depends")
	}
	return list
}

// CompareSource returns a finding if a record and the line of urls.txt about its archive
// name different archives, else nil. It ignores schemes, users, tokens and
// percent-encoding. mamba writes the URL of the mirror that it downloaded from. So the
// finding is only a note if the hash is the same, or if nothing but the host differs.
func CompareSource(record RepodataRecord, line DownloadedURL) *Finding {
	a, okA := cleanURL(record.URL)
	b, okB := cleanURL(line.URL)
	if !okA || !okB || a.place() == b.place() {
		return nil
	}
	f := &Finding{Kind: WrongSource, Path: recordPath, Want: b.text() + " as urls.txt says", Got: a.text()}
	same, known := sameHash(record.Expected(), line.Expected())
	if known && same || !known && a.channelPath() != "" && a.channelPath() == b.channelPath() {
		f.Kind = OtherURL
	}
	return f
}

// SameSource reports whether a record and a line of urls.txt do not contradict each other.
// A record without a URL contradicts none.
func SameSource(record RepodataRecord, line DownloadedURL) bool {
	return CompareSource(record, line) == nil
}

// ArchiveName returns the name of the record's archive, or "" if the record does not say.
func (r RepodataRecord) ArchiveName() string {
	if r.Filename != "" {
		return r.Filename
	}
	return baseOf(r.URL)
}

// sameHash compares a hash that both have.
func sameHash(a, b Expected) (same, known bool) {
	switch {
	case a.SHA256 != "" && b.SHA256 != "":
		return a.SHA256 == b.SHA256, true
	case a.MD5 != "" && b.MD5 != "":
		return a.MD5 == b.MD5, true
	}
	return false, false
}

// address is a URL without secrets and without what makes no difference.
type address struct{ scheme, host, path string }

func cleanURL(text string) (address, bool) {
	u, err := url.Parse(text)
	if err != nil || u.Path == "" && u.Opaque == "" {
		return address{}, false
	}
	a := address{scheme: u.Scheme, host: strings.ToLower(u.Host), path: path.Clean("/" + u.Path + u.Opaque)}
	if rest, ok := strings.CutPrefix(a.path, "/t/"); ok { // anaconda.org's token
		_, rest, _ = strings.Cut(rest, "/")
		a.path = "/" + rest
	}
	return a, true
}

// place returns the part that two addresses of the same archive have in common.
func (a address) place() string { return a.host + a.path }

// text returns the address for messages.
func (a address) text() string {
	if a.scheme == "" {
		return a.path
	}
	return a.scheme + "://" + a.host + a.path
}

// channelPath returns channel/subdir/archive, or "" if the path has no channel.
func (a address) channelPath() string {
	parts := strings.Split(strings.Trim(a.path, "/"), "/")
	if len(parts) < 3 {
		return ""
	}
	return strings.Join(parts[len(parts)-3:], "/")
}
