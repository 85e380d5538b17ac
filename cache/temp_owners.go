package cache

import (
	"bytes"
	"context"
	"io"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/walk"
	"gclean/walk/open"
)

// tempOwners distinguishes temp files that conda set aside from packages' files with such a
// name.
type tempOwners struct {
	envs   []meta.Environment
	byPath map[string]*meta.Environment // by real path of the prefix; nil until needed
	files  map[*meta.Environment]*ownedFiles
	names  map[string]bool // folded names that the temp files had before they were set aside
}

// ownedFiles are the files of an environment that look like temp files.
type ownedFiles struct {
	record map[string]string // folded path below the prefix -> record that lists it
	listed map[string]bool   // folded paths that the records list and that may have been set aside
	doubt  []hold.Hold       // records that could not be read
}

func newTempOwners(envs []meta.Environment, entries []*candidate) *tempOwners {
	names := map[string]bool{}
	for _, e := range entries {
		if original, ok := putAside(path.Base(e.Name)); ok && e.Category == TempFiles {
			names[folded(original)] = true
		}
	}
	return &tempOwners{envs: envs, files: map[*meta.Environment]*ownedFiles{}, names: names}
}

// of returns what keeps the temp file e: a record lists it, or nothing shows that conda set
// it aside. Editors and mail programs use such names too.
func (t *tempOwners) of(ctx context.Context, e *candidate) ([]hold.Hold, error) {
	dir, err := walk.Real(filepath.Dir(e.Path()))
	switch {
	case err != nil && walk.LeadsNowhere(err):
		return nil, nil // then the file does not exist either
	case err != nil:
		return []hold.Hold{{Reason: hold.UnreadableEnv, File: e.Path(), Err: err}}, nil
	}
	if e.Category == TempFiles && archivePutAside(dir, filepath.Base(e.Path())) {
		return nil, nil
	}
	rel := filepath.Base(e.Path())
	for {
		if existing(filepath.Join(dir, meta.CondaMeta)) {
			break
		}
		up := filepath.Dir(dir)
		if up == dir { // e is in no environment
			if e.Category != TempFiles || isProgram(e) {
				return nil, nil
			}
			return []hold.Hold{{Reason: NotPutAside, File: e.Path()}}, nil
		}
		rel = filepath.Join(filepath.Base(dir), rel)
		dir = up
	}
	env := t.environment(dir)
	in, name := filepath.Split(rel)
	inMeta := filepath.Clean(in) == meta.CondaMeta
	if inMeta {
		// A record was set aside, and no other took its place: the transaction was cut
		// short, and the package may still be installed.
		if d, ok := meta.RecordName(name); ok {
			if _, err := os.Lstat(filepath.Join(dir, in, d+".json")); err == nil {
				return nil, nil
			}
			return []hold.Hold{{Reason: ListedByRecord, Prefix: env.Prefix, Record: e.Path(), File: e.Path()}}, nil
		}
	}
	owned, err := t.owned(ctx, env)
	if err != nil {
		return nil, err
	}
	if record, ok := owned.record[folded(filepath.ToSlash(rel))]; ok {
		return []hold.Hold{{Reason: ListedByRecord, Prefix: env.Prefix, Record: record, File: e.Path()}}, nil
	}
	original, _ := putAside(filepath.ToSlash(rel))
	if e.Category != TempFiles || len(owned.doubt) > 0 || inMeta || owned.listed[folded(original)] || isProgram(e) {
		return owned.doubt, nil
	}
	return []hold.Hold{{Reason: NotPutAside, File: e.Path()}}, nil
}

// archivePutAside reports whether conda has set an archive in a cache aside. conda does so
// while it downloads another in its place (CacheUrlAction in conda/core/path_actions.py).
func archivePutAside(dir, name string) bool {
	original, _ := putAside(name)
	return dist.IsArchive(original) && slices.ContainsFunc(meta.CacheMarks(), func(mark string) bool {
		_, err := os.Lstat(filepath.Join(dir, mark))
		return err == nil
	})
}

// isProgram reports whether a file is an executable or a library. Those are often in use
// when conda must remove them, and are not backups of text. Their package may no longer be
// installed.
func isProgram(e *candidate) bool {
	if !e.Stat.Mode.IsRegular() {
		return false
	}
	f, err := open.Regular(e.Path())
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, 64)
	n, _ := io.ReadFull(f, head)
	head = head[:n]
	if bytes.HasPrefix(head, []byte("MZ")) {
		return bytes.IndexByte(head, 0) >= 0 // text may begin with MZ too
	}
	for _, magic := range []string{
		"\x7fELF",
		"\xfe\xed\xfa\xce", "\xfe\xed\xfa\xcf", "\xce\xfa\xed\xfe", "\xcf\xfa\xed\xfe", // Mach-O
		"\xca\xfe\xba\xbe", // Mach-O for several processors
	} {
		if bytes.HasPrefix(head, []byte(magic)) {
			return true
		}
	}
	return false
}

// environment returns the environment at prefix, a real path. If it is not known yet,
// environment reads it: a searched folder may be an environment that is in no list. Paths
// are compared instead of IDs, because some file systems have no IDs.
func (t *tempOwners) environment(prefix string) *meta.Environment {
	if t.byPath == nil {
		t.byPath = map[string]*meta.Environment{}
		for i := range t.envs {
			if t.envs[i].Elsewhere != nil {
				continue // another witness reads its records
			}
			if real, err := walk.Real(t.envs[i].Prefix); err == nil {
				t.byPath[real] = &t.envs[i]
			}
		}
	}
	if env := t.byPath[prefix]; env != nil {
		return env
	}
	env := &meta.Environment{Prefix: prefix}
	if dir, err := walk.Open(filepath.Join(prefix, meta.CondaMeta)); err != nil {
		env.Err = err
	} else {
		defer dir.Close()
		items, err := dir.ReadDir()
		env.Err = err
		for _, it := range items {
			if _, ok := meta.RecordName(it.Name); ok {
				env.Records = append(env.Records, it.Name)
			}
		}
	}
	t.byPath[prefix] = env
	return env
}

// folded returns path in the form for comparison: in lower case on systems that may ignore
// case.
func folded(path string) string {
	if runtime.GOOS == "windows" || runtime.GOOS == "darwin" {
		return strings.ToLower(path)
	}
	return path
}

// owned reads the records of an environment, once.
func (t *tempOwners) owned(ctx context.Context, env *meta.Environment) (*ownedFiles, error) {
	if o := t.files[env]; o != nil {
		return o, nil
	}
	o := &ownedFiles{record: map[string]string{}, listed: map[string]bool{}}
	if env.Err != nil {
		o.doubt = append(o.doubt, hold.Hold{Reason: hold.UnreadableEnv, Prefix: env.Prefix, Err: env.Err})
	}
	for _, name := range env.Records {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		record := filepath.Join(env.Prefix, meta.CondaMeta, name)
		f, err := env.OpenRecord(name)
		if err == nil {
			_, err = dist.ReadRecordFiles(f, func(file string) bool {
				if isTempFile(file) || IsTrashFile(file) {
					o.record[folded(file)] = record
				}
				if t.names[folded(path.Base(file))] {
					o.listed[folded(file)] = true
				}
				return true
			})
			f.Close()
		}
		if err != nil && !walk.LeadsNowhere(err) {
			o.doubt = append(o.doubt, hold.Hold{Reason: hold.UnreadableRecord, Prefix: env.Prefix, Record: record, Err: err})
		}
	}
	t.files[env] = o
	return o, nil
}
