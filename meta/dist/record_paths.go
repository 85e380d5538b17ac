package dist

import (
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// InstalledPath is a path of an environment as a record lists it.
type InstalledPath struct {
	Path string // below the prefix, with slashes
	// Kind is path_type as it stands there: hardlink, softlink, directory, or what an
	// installer made, such as pyc_file and unix_python_entry_point. "" is not known.
	Kind string
	Size int64 // of the file in the package, in bytes; -1 if absent
	// SHA256 is that of the file in the package, InPrefix that of the file in the
	// environment, the prefix replaced. "" is absent.
	SHA256, InPrefix string
	Placeholder      string // prefix_placeholder; "" where nothing is replaced, or mamba wrote the record
	Binary           bool   // file_mode is binary
}

// RecordPaths is what a record says of the files that it brought.
type RecordPaths struct {
	RecordOrigin
	SHA256, MD5 string // of the archive, in hex; "" if absent
	Subdir      string
	Noarch      string // python or generic; "" for a platform's package
	Windows     bool   // the environment is one of Windows: \ is / in Paths
	// Paths are those of paths_data, then those that only "files" has.
	Paths []InstalledPath
}

// Expected is what the record says of the archive.
func (r RecordPaths) Expected() Expected {
	return Expected{MD5: r.MD5, SHA256: r.SHA256, Source: "the record"}
}

// ReadRecordPaths reads a record to its end. Keys that are of no use here are passed
// over, not checked. More than 524,288 paths are ErrLimit.
func ReadRecordPaths(r io.Reader) (RecordPaths, error) {
	var rec RecordPaths
	var files []string
	err := scanRecord(r, func(key string, d *jsontext.Decoder) error {
		switch key {
		case "sha256":
			return readHash(d, sha256Digits, &rec.SHA256)
		case "md5":
			return readHash(d, md5Digits, &rec.MD5)
		case "subdir":
			return readString(d, &rec.Subdir)
		case "noarch":
			return readNoarch(d, &rec.Noarch)
		case "files":
			return scanList(d, key, func(d *jsontext.Decoder) error {
				var path string
				err := readString(d, &path)
				if files = append(files, path); len(files) > maxListed {
					return tooLarge("more than %d paths", maxListed)
				}
				return err
			})
		case "paths_data":
			return rec.readPathsData(d)
		}
		return rec.readOrigin(key, d)
	})
	if err != nil {
		return rec, err
	}
	rec.place(files)
	known := make(map[string]bool, len(rec.Paths))
	for _, p := range rec.Paths {
		known[p.Path] = true
	}
	for _, path := range files {
		if path != "" && !known[path] {
			known[path] = true
			rec.Paths = append(rec.Paths, InstalledPath{Path: path, Size: -1})
		}
	}
	return rec, nil
}

// place gives the paths of a noarch Python package the places that "files" has for them:
// paths_data of micromamba's records has them as they are in the package.
func (r *RecordPaths) place(files []string) {
	windows := func(name string) bool {
		return strings.HasPrefix(name, `Lib\`) || strings.HasPrefix(name, `Scripts\`)
	}
	r.Windows = strings.HasPrefix(r.Subdir, "win-") || slices.ContainsFunc(files, windows) ||
		slices.ContainsFunc(r.Paths, func(p InstalledPath) bool { return windows(p.Path) })
	if r.Windows {
		for i := range files {
			files[i] = strings.ReplaceAll(files[i], `\`, "/")
		}
		for i := range r.Paths {
			r.Paths[i].Path = strings.ReplaceAll(r.Paths[i].Path, `\`, "/")
		}
	}
	if r.Noarch != "python" {
		return
	}
	places := make(map[string]string)
	for _, file := range files {
		for _, source := range SourcesOf(file)[1:] {
			places[source] = file
		}
	}
	for _, file := range files {
		delete(places, file) // it is where it was
	}
	for i, p := range r.Paths {
		if file := places[p.Path]; file != "" {
			r.Paths[i].Path = file
		}
	}
}

func (r *RecordPaths) readPathsData(d *jsontext.Decoder) error {
	if d.PeekKind() == 'n' {
		return d.SkipValue()
	}
	return scanObject(d, func(key string, d *jsontext.Decoder) error {
		if key != "paths" {
			return d.SkipValue()
		}
		return scanList(d, key, func(d *jsontext.Decoder) error {
			if len(r.Paths) >= maxListed {
				return tooLarge("more than %d paths", maxListed)
			}
			p, err := readInstalledPath(d)
			if p.Path != "" {
				r.Paths = append(r.Paths, p)
			}
			return err
		})
	})
}

func readInstalledPath(d *jsontext.Decoder) (InstalledPath, error) {
	p := InstalledPath{Size: -1}
	mode := ""
	err := scanObject(d, func(key string, d *jsontext.Decoder) error {
		switch key {
		case "_path":
			return readString(d, &p.Path)
		case "path_type":
			return readString(d, &p.Kind)
		case "size_in_bytes":
			return readInt(d, &p.Size)
		case "sha256":
			return readHash(d, sha256Digits, &p.SHA256)
		case "sha256_in_prefix":
			return readHash(d, sha256Digits, &p.InPrefix)
		case "prefix_placeholder":
			return readString(d, &p.Placeholder)
		case "file_mode":
			return readString(d, &mode)
		}
		return d.SkipValue()
	})
	p.Binary = mode == "binary"
	return p, err
}
