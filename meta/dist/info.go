package dist

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"gclean/walk"
)

// InfoSource is a package whose info folder can be read: an *Archive or an Extracted.
type InfoSource interface {
	// ReadInfo returns the content of info/name. If there is no such file, the error wraps
	// fs.ErrNotExist.
	ReadInfo(ctx context.Context, name string) ([]byte, error)
}

// Extracted is the folder of an extracted package: the slash-separated Path below Dir, or
// Dir itself if Path is "". Reading does not close Dir.
type Extracted struct {
	Dir  *walk.Dir
	Path string
}

// ReadInfo reads info/name, without following symlinks.
func (e Extracted) ReadInfo(ctx context.Context, name string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := e.Dir.OpenFileBelow(path.Join(e.Path, "info", name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxRecordSize+1))
	if err == nil && len(text) > MaxRecordSize {
		err = &fs.PathError{Op: "read", Path: f.Name(), Err: tooLarge("more than %d bytes", MaxRecordSize)}
	}
	return text, err
}

// ReadInfo unpacks info/name. It reads the info part of a .conda to its end, to check its
// CRC. It reads a .tar.bz2, in which info/ usually comes first, only up to the file.
func (a *Archive) ReadInfo(ctx context.Context, name string) ([]byte, error) {
	var text []byte
	found := false
	err := a.Members(ctx, InfoOnly, func(m Member, r io.Reader) error {
		if m.Path != "info/"+name || m.Type != File {
			return nil
		}
		if m.Size > a.limits.InfoFile {
			return a.fail("", m.Path, tooLarge("has %d bytes, %d are allowed", m.Size, a.limits.InfoFile))
		}
		var err error
		if text, err = io.ReadAll(r); err != nil {
			return err
		}
		found = true
		if a.zip == nil {
			return fs.SkipAll
		}
		return nil
	})
	if err == nil && !found {
		err = a.fail("", "info/"+name, fs.ErrNotExist)
	}
	return text, err
}

// Index is the content of info/index.json (CEP 34).
type Index struct {
	Name, Version, Build string
	BuildNumber          int64
	Subdir               string // such as linux-64; "" in old packages
	Noarch               string // python or generic; "" for a package of one platform
	Timestamp            int64  // of the build, in milliseconds since 1970; 0 if absent
	License              string // "" if absent
	Depends              int    // number of dependencies
	// States are those of the keys "depends", "license" and "timestamp" that are present
	// and not null.
	States []string
}

// Dist returns name-version-build.
func (i Index) Dist() string { return i.Name + "-" + i.Version + "-" + i.Build }

// ReadIndex reads info/index.json.
func ReadIndex(ctx context.Context, src InfoSource) (Index, error) {
	return readInfo(ctx, src, "index.json", ParseIndex)
}

// ParseIndex parses an info/index.json. If the name, version or build is absent, the error
// is ErrDamaged. If one of them cannot be part of a file name, and would lead out of a
// cache, it is ErrUnsafe (GHSA-h672-p7h7-97v9). A text of more than 4 MiB counts as cut
// off.
func ParseIndex(r io.Reader) (Index, error) {
	var i Index
	err := scanDocument(boundIndex(r), "package index", func(key string, d *jsontext.Decoder) error {
		return i.read(key, d)
	})
	if err != nil {
		return i, infoError(err)
	}
	return i, checkDist(i.Name, i.Version, i.Build)
}

// boundIndex limits r to the length of any real index, so that long names cannot take more
// memory.
func boundIndex(r io.Reader) io.Reader { return io.LimitReader(r, maxIndex) }

// read reads the value of a key.
func (i *Index) read(key string, d *jsontext.Decoder) error {
	switch key {
	case "name":
		return readString(d, &i.Name)
	case "version":
		return readString(d, &i.Version)
	case "build":
		return readString(d, &i.Build)
	case "build_number":
		return readInt(d, &i.BuildNumber)
	case "subdir":
		return readString(d, &i.Subdir)
	case "noarch":
		return readNoarch(d, &i.Noarch)
	case "timestamp", "license", "depends":
		return i.readStated(key, d)
	}
	return d.SkipValue()
}

// readStated reads a key that a record may contradict. It ignores values of the wrong type,
// since nothing else depends on them.
func (i *Index) readStated(key string, d *jsontext.Decoder) error {
	kind := d.PeekKind()
	if kind != 'n' && kind != 0 {
		i.States = append(i.States, key)
	}
	switch {
	case key == "timestamp":
		return readInt(d, &i.Timestamp)
	case key == "license" && kind == '"':
		return readString(d, &i.License)
	case key == "depends" && kind == '[':
		return scanArray(d, func(d *jsontext.Decoder) error {
			i.Depends++
			return d.SkipValue()
		})
	}
	return d.SkipValue()
}

// checkDist refuses a name, version or build that cannot be part of a file name.
func checkDist(name, version, build string) error {
	for _, part := range []struct{ key, value string }{{"name", name}, {"version", version}, {"build", build}} {
		switch {
		case part.value == "":
			return damaged("%q is absent", part.key)
		case strings.ContainsAny(part.value, "/\\:\x00") || part.value == "." || part.value == "..":
			return refused("%q is %s, which no file name can hold", part.key, printable(part.value))
		}
	}
	return nil
}

// RepodataRecord is the content of info/repodata_record.json, which describes the archive
// that a package came from. conda, mamba and rattler write it when they unpack; no archive
// contains it.
type RepodataRecord struct {
	Index
	Channel  string // URL or name, as written
	URL      string // from which the archive was downloaded
	Filename string // fn: name of the archive
	Size     int64  // bytes of the archive; 0 if absent
	MD5      string // of the archive, in hex; "" if absent
	SHA256   string // of the archive, in hex; "" if absent
}

// Expected returns what the record says about the archive.
func (r RepodataRecord) Expected() Expected {
	return Expected{Size: r.Size, MD5: r.MD5, SHA256: r.SHA256, Source: "repodata_record.json"}
}

// ReadRepodataRecord reads info/repodata_record.json.
func ReadRepodataRecord(ctx context.Context, src InfoSource) (RepodataRecord, error) {
	return readInfo(ctx, src, "repodata_record.json", ParseRepodataRecord)
}

// ParseRepodataRecord parses an info/repodata_record.json. The errors are those of
// ParseIndex.
func ParseRepodataRecord(r io.Reader) (RepodataRecord, error) {
	var rec RepodataRecord
	err := scanDocument(boundIndex(r), "repodata record", func(key string, d *jsontext.Decoder) error {
		switch key {
		case "build_string":
			return readString(d, &rec.Build)
		case "channel":
			return readString(d, &rec.Channel)
		case "url":
			return readString(d, &rec.URL)
		case "fn":
			return readString(d, &rec.Filename)
		case "size":
			return readInt(d, &rec.Size)
		case "md5":
			return readHash(d, md5Digits, &rec.MD5)
		case "sha256":
			return readHash(d, sha256Digits, &rec.SHA256)
		}
		return rec.Index.read(key, d)
	})
	if err != nil {
		return rec, infoError(err)
	}
	return rec, checkDist(rec.Name, rec.Version, rec.Build)
}

// ReadFiles reads info/files: the paths of a package, with slashes, without info/. Packages
// from before 2017 have no better list.
func ReadFiles(ctx context.Context, src InfoSource) ([]string, error) {
	return readInfo(ctx, src, "files", func(r io.Reader) ([]string, error) {
		text, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		var files []string
		for line := range bytes.Lines(text) {
			if len(files) >= maxListed {
				return nil, tooLarge("has more than %d paths", maxListed)
			}
			if name := strings.TrimRight(string(line), "\r\n"); name != "" {
				files = append(files, name)
			}
		}
		return files, nil
	})
}

// readInfo reads a file of info/, and adds its name to errors.
func readInfo[T any](ctx context.Context, src InfoSource, name string, parse func(io.Reader) (T, error)) (T, error) {
	text, err := src.ReadInfo(ctx, name)
	if err != nil {
		var none T
		return none, err
	}
	v, err := parse(bytes.NewReader(text))
	if err == nil {
		return v, nil
	}
	if a, ok := src.(*Archive); ok {
		return v, a.fail("", "info/"+name, err)
	}
	if e, ok := src.(Extracted); ok {
		return v, fmt.Errorf("%s: info/%s: %w", e.Dir.Path(), name, err)
	}
	return v, fmt.Errorf("info/%s: %w", name, err)
}

// infoError returns an error about the text of a file in info/ as damage.
func infoError(err error) error {
	if errors.Is(err, ErrRecordTooLarge) {
		return tooLarge("has more than %d bytes", MaxRecordSize)
	}
	return damaged("%v", err)
}

// readInt reads an integer, which may be quoted in old packages; null leaves n as it is.
func readInt(d *jsontext.Decoder, n *int64) error {
	tok, err := d.ReadToken()
	if err != nil {
		return err
	}
	switch tok.Kind() {
	case 'n':
		return nil
	case '0', '"':
		text := tok.String()
		if v, err := strconv.ParseInt(text, 10, 64); err == nil && v >= 0 {
			*n = v
			return nil
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil && f >= 0 && f < 1<<53 {
			*n = int64(f) // conda's timestamps may be written as 1.5e12
			return nil
		}
	}
	return unexpected(d, "a whole number was expected")
}

// readNoarch reads "noarch", which was true or false before it was a string.
func readNoarch(d *jsontext.Decoder, s *string) error {
	switch d.PeekKind() {
	case 't':
		*s = "generic"
		return d.SkipValue()
	case 'f':
		return d.SkipValue()
	}
	return readString(d, s)
}
