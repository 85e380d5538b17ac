package dist

import (
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// InstalledPath is a path of an environment, as listed in a record.
type InstalledPath struct {
	Path string // below the prefix, with slashes
	// Kind is path_type as written: hardlink, softlink, directory, or what an installer
	// made, such as pyc_file and unix_python_entry_point. "" means unknown.
	Kind string
	Size int64 // of the file in the package, in bytes; -1 if absent
	// SHA256 is that of the file in the package. InPrefix is that of the file in the
	// environment, after the prefix is replaced. "" means absent.
	SHA256, InPrefix string
	Placeholder      string // prefix_placeholder; "" if nothing is replaced, or if mamba wrote the record
	Binary           bool   // file_mode is binary
}

// RecordPaths is what a record says about the files of its package.
type RecordPaths struct {
	RecordOrigin
	SHA256, MD5 string // of the archive, in hex; "" if absent
	Subdir      string
	Noarch      string // python or generic; "" for a package of one platform
	Windows     bool   // the environment is for Windows, so \ was replaced by / in Paths
	// Paths are those in paths_data, then those that are only in "files".
	Paths []InstalledPath
	// Lacks is a key that the record, or an entry of its paths_data, does not have; "" if
	// none is missing. Neither conda nor rattler reads a record without it.
	Lacks string
}

// Expected returns what the record says about the archive.
func (r RecordPaths) Expected() Expected {
	return Expected{MD5: r.MD5, SHA256: r.SHA256, Source: "the record"}
}

// neededKeys are the keys without which all versions of conda and rattler refuse a record.
// mamba also writes build_string.
var neededKeys = [...]string{"name", "version", "build"}

// ReadRecordPaths reads a record to its end. It skips keys that it does not need, without
// checking them. More than 524,288 paths are ErrLimit.
func ReadRecordPaths(r io.Reader) (RecordPaths, error) {
	var rec RecordPaths
	var files []string
	var has [len(neededKeys)]bool
	err := scanRecord(r, func(key string, d *jsontext.Decoder) error {
		if i := slices.Index(neededKeys[:], strings.TrimSuffix(key, "_string")); i >= 0 {
			has[i] = has[i] || d.PeekKind() != 'n'
		}
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
	if i := slices.Index(has[:], false); i >= 0 {
		rec.Lacks = neededKeys[i]
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

// place gives the paths of a noarch Python package their places in "files": in micromamba's
// records, paths_data has them as they are in the package.
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
		delete(places, file) // this path is already right
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
			switch {
			case p.Path == "":
				r.Lacks = "_path"
			case p.Kind == "":
				r.Lacks = "path_type"
			}
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
