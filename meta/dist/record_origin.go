package dist

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// RecordOrigin is what a record says about the package that it was made from.
type RecordOrigin struct {
	Link                 RecordLink
	URL, Filename        string // of the archive; "" if absent
	Name, Version, Build string
}

// Names returns the names that the package may have in a cache, the most reliable first.
// These are the folder in the link, the archive's name, also percent-decoded, and
// name-version-build. conda names a folder after the archive, whatever its content is
// (dist_str_to_quad and Channel.from_url in conda/models). mamba and rattler name it after
// the content.
func (o RecordOrigin) Names() []string {
	var list []string
	add := func(name string) {
		if name != "" && !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	for _, path := range []string{o.Link.Source, o.Link.ExtractedDir} {
		add(baseOf(path))
	}
	for _, archive := range []string{o.URL, o.Filename} {
		name := cutEnding(OfArchive(baseOf(archive)), wheelEnding)
		add(name)
		if decoded, err := url.PathUnescape(name); err == nil {
			add(decoded)
		}
	}
	if o.Name != "" {
		add(o.Name + "-" + o.Version + "-" + o.Build)
	}
	return list
}

// wheelEnding is the ending of the archives that conda-pypi lets conda extract
// (add_whl_support in conda_pypi/whl.py).
const wheelEnding = ".whl"

// baseOf returns the last part of a path or URL of any system, or "".
func baseOf(path string) string {
	path, _, _ = strings.Cut(path, "#")
	path = strings.TrimRight(path, `/\`)
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// ReadRecordOrigin reads a record to its end. It skips keys that do not tell where the
// package came from, without checking them.
func ReadRecordOrigin(r io.Reader) (RecordOrigin, error) {
	var o RecordOrigin
	err := scanRecord(r, o.readOrigin)
	return o, err
}

// readOrigin reads the value of a key.
func (o *RecordOrigin) readOrigin(key string, d *jsontext.Decoder) error {
	switch key {
	case "extracted_package_dir":
		return readString(d, &o.Link.ExtractedDir)
	case "link":
		return readLink(d, &o.Link)
	case "url":
		return readString(d, &o.URL)
	case "fn":
		return readString(d, &o.Filename)
	case "name":
		return readString(d, &o.Name)
	case "version":
		return readString(d, &o.Version)
	case "build", "build_string":
		return readString(d, &o.Build)
	}
	return d.SkipValue()
}
