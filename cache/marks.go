package cache

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"

	"gclean/cache/hold"
	"gclean/meta"
	"gclean/walk"
)

// Where a cache keeps what witnesses have seen: <cache>/.gclean/marks/<host>-<UID>.json.
const (
	OwnDir   = ".gclean"
	MarksDir = "marks"
)

// MarkName is the name of the mark that a user of a host leaves.
func MarkName(host string, uid int) string {
	return strings.Map(func(r rune) rune {
		if r == '/' || r == '\\' || r == ':' || r < ' ' {
			return '_'
		}
		return r
	}, fmt.Sprintf("%s-%d.json", host, uid))
}

// maxMark is how much of a mark is read, in bytes. One has some 100 bytes for each
// package that is held by symlinks.
const maxMark = 64 << 20

// remember reads the marks in the caches, and looks at the environments in them
// that nothing else tells of. What cannot be read of a mark is a problem, and
// nothing is remembered of it.
func (s *Survey) remember(context.Context) error {
	s.memory = hold.NewMemory(walk.Describe)
	here, _ := os.Hostname()
	foreign := map[string]bool{} // seen from other hosts only
	for _, c := range s.opens {
		marks, err := readMarks(c.Dir)
		if err != nil {
			s.problem(meta.Problem{Code: CodeUnreadableMark, Path: c.Path, Err: fmt.Errorf("%s: what was seen before cannot be read: %w", c.Path, err)})
		}
		for _, m := range marks {
			s.memory.Add(c.Path, m.Mark, m.own)
			for _, env := range m.Environments {
				if _, known := foreign[env.Prefix]; !known || m.Host == here {
					foreign[env.Prefix] = m.Host != here
				}
			}
		}
	}
	found := map[string]*meta.Environment{}
	for i := range s.envs {
		found[s.envs[i].Prefix] = &s.envs[i]
	}
	s.envs = slices.Clip(s.envs)
	for _, prefix := range s.memory.Prefixes() {
		env := found[prefix]
		switch {
		case env != nil && env.Err != nil, env == nil && foreign[prefix] && !s.o.Discovery.IsGone(prefix):
			continue // out of reach: it holds what it held
		case env == nil && !s.o.Discovery.IsGone(prefix):
			seen, exists := meta.ReadEnvironment(prefix)
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

// storedMark is a mark, and whether nobody but this user can have written it.
type storedMark struct {
	hold.Mark
	own bool
}

func readMarks(cache *walk.Dir) ([]storedMark, error) {
	above, err := cache.OpenDir(OwnDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer above.Close()
	dir, err := above.OpenDir(MarksDir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	items, err := dir.ReadDir()
	if err != nil {
		return nil, err
	}
	own := isOwn(above.Stat()) && isOwn(dir.Stat())
	var marks []storedMark
	var errs []error
	for _, it := range items {
		if !it.Type.IsRegular() || !strings.HasSuffix(it.Name, ".json") {
			continue
		}
		m, err := readMark(dir, it.Name)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		marks = append(marks, storedMark{m, own && isOwn(it.Stat)})
	}
	return marks, errors.Join(errs...)
}

func readMark(dir *walk.Dir, name string) (m hold.Mark, err error) {
	f, err := dir.OpenFile(name)
	if err != nil {
		return m, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxMark+1))
	switch {
	case err != nil:
		return m, err
	case len(text) > maxMark:
		return m, fmt.Errorf("%s: larger than %d MiB", f.Name(), maxMark>>20)
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w", f.Name(), err)
	}
	if m.Schema != 1 {
		return m, fmt.Errorf("%s: the schema is %d, 1 is known", f.Name(), m.Schema)
	}
	return m, nil
}

// isOwn says whether nobody else can write to a file or folder.
func isOwn(st walk.Stat) bool {
	return runtime.GOOS == "windows" || int(st.UID) == os.Geteuid() && st.Mode.Perm()&0o022 == 0
}

// marks are what is to be remembered of the caches when the plan was carried out.
func (s *Survey) marks(ctx context.Context, goes map[*candidate]bool, links softLinks) (map[string]*hold.Mark, error) {
	records := s.holders.Records()
	var stays []*hold.Package
	for _, e := range s.entries {
		if e.pkg != nil && !goes[e] && links.used[e.Dir] {
			stays = append(stays, e.pkg)
		}
	}
	environments, err := s.holders.Marks(ctx, stays)
	if err != nil {
		return nil, err
	}
	host, _ := os.Hostname()
	marks := map[string]*hold.Mark{}
	for _, c := range s.opens {
		if len(environments[c.Path]) > 0 || len(records) > 0 {
			marks[c.Path] = &hold.Mark{
				Schema: 1, Host: host, UID: os.Geteuid(), Made: s.plan.Made.Unix(),
				Environments: environments[c.Path], Records: records,
			}
		}
	}
	return marks, nil
}
