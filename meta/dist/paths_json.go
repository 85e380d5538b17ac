package dist

import (
	"context"
	"io"

	"github.com/go-json-experiment/json/jsontext"
)

// PathType is how a path of a package gets into an environment: "path_type".
type PathType int

// The path types of CEP 34.
const (
	PathHardlink  PathType = iota // a regular file
	PathSoftlink                  // a symlink
	PathDirectory                 // a folder, which may be empty
)

// String returns the word in paths.json.
func (t PathType) String() string {
	switch t {
	case PathSoftlink:
		return "softlink"
	case PathDirectory:
		return "directory"
	}
	return "hardlink"
}

// PathEntry is one path of a package in info/paths.json (CEP 34).
//
// Size and SHA256 are those of the file in the package, before the prefix placeholder is
// replaced. For a symlink they are those of the file that it led to when the package was
// built, which may be in another package.
type PathEntry struct {
	Path        string // below the package, with slashes
	Type        PathType
	Size        int64  // in bytes; -1 if absent
	SHA256      string // in hex; "" if absent
	Placeholder string // prefix_placeholder; "" if nothing is replaced
	Binary      bool   // file_mode is binary: the prefix is padded with NULs
	NoLink      bool   // no_link: always copied
}

// Paths is the content of info/paths.json.
type Paths struct {
	Version int64 // paths_version, so far 1
	Entries []PathEntry
}

// ReadPaths reads info/paths.json.
func ReadPaths(ctx context.Context, src InfoSource) (Paths, error) {
	return readInfo(ctx, src, "paths.json", ParsePaths)
}

// ParsePaths parses an info/paths.json. Invalid text is ErrDamaged, and more than 524,288
// paths are ErrLimit. Paths are returned as written, unchecked.
func ParsePaths(r io.Reader) (Paths, error) {
	var p Paths
	listed := false
	err := scanDocument(r, "list of paths", func(key string, d *jsontext.Decoder) error {
		switch key {
		case "paths_version":
			return readInt(d, &p.Version)
		case "paths":
			listed = true
			return scanArray(d, func(d *jsontext.Decoder) error {
				if len(p.Entries) >= maxListed {
					return tooLarge("more than %d paths", maxListed)
				}
				e, err := readPathEntry(d)
				p.Entries = append(p.Entries, e)
				return err
			})
		}
		return d.SkipValue()
	})
	if len(p.Entries) >= maxListed && err != nil {
		return Paths{}, tooLarge("has more than %d paths", maxListed)
	}
	if err != nil {
		return p, infoError(err)
	}
	if !listed {
		return p, damaged(`"paths" is absent`)
	}
	return p, nil
}

func readPathEntry(d *jsontext.Decoder) (PathEntry, error) {
	e := PathEntry{Size: -1}
	var kind, mode string
	err := scanObject(d, func(key string, d *jsontext.Decoder) error {
		switch key {
		case "_path":
			return readString(d, &e.Path)
		case "path_type":
			return readString(d, &kind)
		case "size_in_bytes":
			return readInt(d, &e.Size)
		case "sha256":
			return readHash(d, sha256Digits, &e.SHA256)
		case "prefix_placeholder":
			return readString(d, &e.Placeholder)
		case "file_mode":
			return readString(d, &mode)
		case "no_link":
			e.NoLink = d.PeekKind() == 't'
		}
		return d.SkipValue()
	})
	if err != nil {
		return e, err
	}
	switch kind {
	case "hardlink", "":
	case "softlink":
		e.Type = PathSoftlink
	case "directory":
		e.Type = PathDirectory
	default:
		return e, damaged("the path_type of %s is %s; hardlink, softlink or directory is expected", printable(e.Path), printable(kind))
	}
	e.Binary = mode == "binary"
	if e.Path == "" {
		return e, damaged(`an entry has no "_path"`)
	}
	return e, nil
}

// scanArray calls element for each element of an array; element must read it.
func scanArray(d *jsontext.Decoder, element func(d *jsontext.Decoder) error) error {
	if d.PeekKind() != '[' {
		return unexpected(d, "a list was expected")
	}
	if _, err := d.ReadToken(); err != nil {
		return err
	}
	for d.PeekKind() != ']' {
		if err := element(d); err != nil {
			return err
		}
	}
	_, err := d.ReadToken()
	return err
}
