package cache

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
	"gclean/walk/open"
)

// A cache keeps what witnesses saw in <cache>/.gclean/marks/<host>-<UID>.json.
const (
	OwnDir   = ".gclean"
	MarksDir = "marks"
)

// MarkHost returns the name of this host for marks. It is derived from the machine ID,
// since the host name may change. A container shares the machine ID with others, so its
// host name is used. An error means that this host cannot be told from others at the
// moment.
func MarkHost() (string, error) {
	name, err := os.Hostname()
	if err != nil || name == "" {
		return "", errors.Join(err, errors.New("the host has no name"))
	}
	space, err := os.Readlink("/proc/self/ns/pid")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return name, nil
	case err != nil:
		return "", err
	case space != hold.PIDNamespace:
		return name, nil
	}
	id, _, err := open.ReadRegular("/etc/machine-id", 4096)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	text := bytes.TrimSpace(id)
	if len(text) == 0 {
		return name, nil
	}
	// machine-id(5) asks programs not to pass the ID itself on.
	sum := sha256.Sum256(append([]byte("gclean "), text...))
	return "machine-" + hex.EncodeToString(sum[:8]), nil
}

// MarkName returns the file name of the mark of a user on a host.
func MarkName(host string, uid int) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			return '_'
		}
		return r
	}, fmt.Sprintf("%s-%d.json", host, uid))
}

// maxMark is how much of a mark is read, in bytes. A mark has about 100 bytes for each
// package that is held by symlinks.
const maxMark = 64 << 20

// remember reads the marks in the caches, and looks at environments that only they name. A
// mark that cannot be read leaves its cache in doubt, because it may name such environments
// too.
func (s *Survey) remember(ctx context.Context) error {
	// If this host cannot be told from others, no mark is written, and those of others
	// still keep packages.
	host, err := MarkHost()
	if s.host = host; err == nil {
		s.plan.MarkName = MarkName(host, os.Geteuid())
	}
	s.memory = hold.NewMemory(host, walk.Describe)
	for _, c := range s.opens {
		marks, errs := readMarks(c.Dir)
		for _, err := range errs {
			s.unread = append(s.unread, hold.Doubt{
				Reason: hold.UnreadableEnv, File: err.path, Cache: c.Path,
				Err: fmt.Errorf("what earlier runs saw cannot be read: %w", err.err),
			})
		}
		for _, m := range marks {
			s.memory.Add(c.Path, m.Mark, m.own)
		}
	}
	s.memory.ForgetEverywhere(s.o.Discovery.IsGone)
	found := map[string]*meta.Environment{}
	for i := range s.envs {
		found[s.envs[i].Prefix] = &s.envs[i]
	}
	s.envs = slices.Clip(s.envs)
	for _, prefix := range s.memory.Prefixes() {
		env := found[prefix]
		switch {
		case env != nil && env.Err != nil:
			continue // out of reach: it holds what it held
		case env == nil:
			seen, exists := s.o.Discovery.Look(ctx, prefix)
			if exists && seen.Err != nil {
				continue
			}
			if exists {
				seen.Sources = []string{"seen before"}
				s.envs = append(s.envs, seen)
			}
		}
		s.memory.Forget(prefix)
	}
	return nil
}

// storedMark is a mark, and whether only this user can have written it.
type storedMark struct {
	hold.Mark
	own bool
}

// markError says what is wrong with the mark, or the folder of marks, at path.
type markError struct {
	path string
	err  error
}

func readMarks(cache *walk.Dir) (marks []storedMark, errs []markError) {
	fail := func(path string, err error) {
		if !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, markError{path, err})
		}
	}
	above, err := cache.OpenDir(OwnDir)
	if err != nil {
		fail(filepath.Join(cache.Path(), OwnDir), err)
		return nil, errs
	}
	defer above.Close()
	dir, err := above.OpenDir(MarksDir)
	if err != nil {
		fail(filepath.Join(above.Path(), MarksDir), err)
		return nil, errs
	}
	defer dir.Close()
	items, err := dir.ReadDir()
	if err != nil {
		fail(dir.Path(), err)
	}
	own := isOwn(above.Stat()) && isOwn(dir.Stat())
	for _, it := range items {
		if !it.Type.IsRegular() || !strings.HasSuffix(it.Name, ".json") {
			continue
		}
		m, err := readMark(dir, it.Name)
		if err != nil {
			fail(filepath.Join(dir.Path(), it.Name), err)
			continue
		}
		marks = append(marks, storedMark{m, own && isOwn(it.Stat)})
	}
	return marks, errs
}

func readMark(dir *walk.Dir, name string) (m hold.Mark, err error) {
	f, err := dir.OpenFile(name)
	if err != nil {
		return m, err
	}
	defer f.Close()
	text, err := open.ReadAll(f, maxMark)
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if m.Schema != 1 {
		return m, fmt.Errorf("%s: the schema is %d, 1 is known", f.Name(), m.Schema)
	}
	return m, nil
}

// isOwn reports whether only this user can write to a file or folder.
func isOwn(st walk.Stat) bool {
	return runtime.GOOS == "windows" || int(st.UID) == os.Geteuid() && st.Mode.Perm()&0o022 == 0
}

// marks returns what to remember of each cache once the plan is carried out; nil for
// nothing. A cache that is missing from the result keeps its mark: nobody asked about its
// packages, or it was not read completely.
func (s *Survey) marks(ctx context.Context, goes map[*candidate]bool, links softLinks) (map[string]*hold.Mark, error) {
	marks := map[string]*hold.Mark{}
	if !s.plan.Has(Packages) || s.plan.Has(PkgsDirs) || s.plan.MarkName == "" || s.o.Round != nil {
		return marks, nil
	}
	var stays []*hold.Package
	for _, e := range s.entries {
		if e.pkg != nil && !goes[e] && links.remembered(e.Dir) {
			stays = append(stays, e.pkg)
		}
	}
	// What is remembered of an environment replaces all doubts about it. So packages that
	// hard links hold, which nobody was asked about so far, must be included.
	if err := s.resolve(ctx, stays); err != nil {
		return nil, err
	}
	records := s.holders.Records()
	made := s.plan.Made.Unix()
	environments, err := s.holders.Marks(ctx, slices.Concat(stays, s.unlisted()), made)
	if err != nil {
		return nil, err
	}
	if err := s.holders.MarksOfOthers(ctx, s.o.Witness, stays, made, environments); err != nil {
		return nil, err
	}
	for _, c := range s.opens {
		switch {
		case c.ReadOnly != nil, s.partly[c.Path], !s.o.IgnoreUnreadable && s.isUnread(c.Path):
		case len(environments[c.Path]) > 0, len(records) > 0:
			marks[c.Path] = &hold.Mark{
				Schema: 1, Host: s.host, UID: os.Geteuid(), Made: made,
				Environments: environments[c.Path], Records: records,
			}
		default:
			marks[c.Path] = nil
		}
	}
	return marks, nil
}

// unlisted returns the remembered packages whose folders exist, but that were not listed as
// packages. Such a folder may be closed to this user, or its info may be missing until the
// package is extracted again.
func (s *Survey) unlisted() []*hold.Package {
	listed := map[string]map[string]bool{}
	for _, e := range s.entries {
		if e.pkg != nil {
			if listed[e.Dir] == nil {
				listed[e.Dir] = map[string]bool{}
			}
			listed[e.Dir][e.Name] = true
		}
	}
	var list []*hold.Package
	for _, c := range s.opens {
		for _, name := range s.memory.Packages(c.Path) {
			if !listed[c.Path][name] && mayExist(c.Dir, name) {
				list = append(list, &hold.Package{Cache: c.Path, Name: name, Unlisted: true})
			}
		}
	}
	return list
}

// mayExist reports whether something exists, or may exist, at the path rel below dir.
func mayExist(dir *walk.Dir, rel string) bool {
	above, name := path.Split(rel)
	in, err := dir.OpenBelow(strings.TrimSuffix(above, "/"))
	if err != nil {
		return !walk.LeadsNowhere(err)
	}
	defer in.Close()
	_, err = in.Lstat(name)
	return !walk.LeadsNowhere(err)
}

// isUnread reports whether marks in a cache could not be read.
func (s *Survey) isUnread(cache string) bool {
	return slices.ContainsFunc(s.unread, func(d hold.Doubt) bool { return d.Cache == cache })
}
