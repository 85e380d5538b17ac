package dist

import (
	"io"
	"net/url"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// RecordOrigin is what a record says of the package that it was made of.
type RecordOrigin struct {
	Link                 RecordLink
	URL, Filename        string // of the archive; "" where the record has none
	Name, Version, Build string
}

// Names are the names that the package may have in a cache, the surest first: the
// folder that the link names, then the archive's name, percent-decoded too, and
// name-version-build. conda names a folder after the archive, whatever is in it
// (dist_str_to_quad and Channel.from_url in conda/models), mamba and rattler after
// what is in it.
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

// wheelEnding is that of the archives that conda-pypi has conda extract
// (add_whl_support in conda_pypi/whl.py).
const wheelEnding = ".whl"

// baseOf is the last part of a path or URL, of whichever system; "" if there is
// none.
func baseOf(path string) string {
	path, _, _ = strings.Cut(path, "#")
	path = strings.TrimRight(path, `/\`)
	return path[strings.LastIndexAny(path, `/\`)+1:]
}

// ReadRecordOrigin reads a record to its end. Keys that do not tell where the
// package came from are passed over, not checked.
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
