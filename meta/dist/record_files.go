package dist

import (
	"io"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// ReadRecordFiles calls yield for each path in a record's "files", relative to the prefix
// and with slashes. If the record has no files, it uses the paths in "paths_data". listed
// reports whether the record has either. It stops early when yield returns false.
func ReadRecordFiles(r io.Reader, yield func(path string) bool) (listed bool, err error) {
	return ReadRecordParts(r, yield, nil)
}

// ReadRecordParts is ReadRecordFiles, and also calls depends for each of the record's
// "depends", such as "libzlib >=1.3,<2.0a0", unless depends is nil.
func ReadRecordParts(r io.Reader, yield func(path string) bool, depends func(spec string)) (listed bool, err error) {
	passed := false
	pass := func(path string) error {
		passed = true
		if path != "" && !yield(path) {
			return errStop
		}
		return nil
	}
	err = scanRecord(r, func(key string, d *jsontext.Decoder) error {
		switch {
		case key == "depends" && depends != nil:
			if d.PeekKind() != '[' {
				return d.SkipValue()
			}
			return scanArray(d, func(d *jsontext.Decoder) error {
				var spec string
				err := readString(d, &spec)
				if err == nil {
					depends(spec)
				}
				return err
			})
		case key == "files":
			return scanList(d, key, func(d *jsontext.Decoder) error {
				var path string
				if err := readString(d, &path); err != nil {
					return err
				}
				listed = true
				return pass(path)
			})
		case key == "paths_data" && !passed:
			if d.PeekKind() == 'n' {
				return d.SkipValue()
			}
			return scanObject(d, func(key string, d *jsontext.Decoder) error {
				if key != "paths" {
					return d.SkipValue()
				}
				listed = true
				return scanList(d, key, func(d *jsontext.Decoder) error {
					path, err := readPathName(d)
					if err != nil {
						return err
					}
					return pass(path)
				})
			})
		}
		return d.SkipValue()
	})
	return listed, err
}

// readPathName reads the "_path" of one of the paths in paths_data.
func readPathName(d *jsontext.Decoder) (path string, err error) {
	err = scanObject(d, func(key string, d *jsontext.Decoder) error {
		if key == "_path" {
			return readString(d, &path)
		}
		return d.SkipValue()
	})
	return path, err
}

// scanList calls item for each item of a list; item must read it. null is an empty list.
func scanList(d *jsontext.Decoder, key string, item func(*jsontext.Decoder) error) error {
	switch d.PeekKind() {
	case '[':
		return scanArray(d, item)
	case 'n':
		return d.SkipValue()
	}
	return unexpected(d, `"`+key+`" is not a list`)
}

// SourcesOf returns the paths in a package from which the file rel of an environment may
// come. A noarch Python package has its modules and scripts in other folders.
func SourcesOf(rel string) []string {
	names := []string{rel}
	if _, module, ok := strings.Cut(rel, "/site-packages/"); ok {
		names = append(names, "site-packages/"+module)
	}
	for _, dir := range []string{"bin/", "Scripts/"} {
		if script, ok := strings.CutPrefix(rel, dir); ok {
			names = append(names, "python-scripts/"+script)
		}
	}
	return names
}
