package installed

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"gclean/meta/dist"
	"gclean/walk"
	"gclean/walk/open"
)

// isNotDir says that something on the way to a folder is none, or a symlink.
func isNotDir(err error) bool {
	return errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ELOOP)
}

// isByteCode says whether Python makes what is at a path from a source beside it.
func isByteCode(name string) bool {
	ending := path.Ext(name)
	return ending == ".pyc" || ending == ".pyo"
}

// pythonMade says whether a path is byte code whose source a record lists.
func (x *verifier) pythonMade(p *dist.InstalledPath) bool {
	if !isByteCode(p.Path) {
		return false
	}
	if p.Kind == "pyc_file" {
		return true
	}
	dir, name := path.Split(p.Path)
	module, _, _ := strings.Cut(name, ".")
	return x.listed[dir+module+".py"] != nil || x.listed[path.Dir(strings.TrimSuffix(dir, "/"))+"/"+module+".py"] != nil
}

// seen is what is at a path.
type seen struct {
	stat       walk.Stat
	target     string      // of a symlink
	behind     error       // why nothing is behind a symlink
	behindMode fs.FileMode // of the target of a symlink
	place      string      // of the target of a symlink, below the environment; "" is outside
	hash       string      // SHA-256 of the file, or of that behind a symlink; "" where it was not asked for
	size       int64       // of the file, or of that behind a symlink
	err        error       // nothing is known
}

// checkFolder looks at what is listed in one folder. The error is that of ctx.
func (x *verifier) checkFolder(ctx context.Context, f *folder) error {
	dir, err := openFolder(x.prefix, f.path)
	if err == nil {
		defer dir.Close()
	}
	for name, claims := range f.files {
		var s seen
		switch {
		case err != nil:
			s.err = err
		default:
			s = x.look(ctx, dir, name, claims)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		x.judge(name, dir, s, claims)
	}
	return nil
}

// look describes what is at a name, and hashes it if a claim has a hash.
func (x *verifier) look(ctx context.Context, dir *walk.Dir, name string, claims []claim) (s seen) {
	if s.stat, s.err = dir.Lstat(name); s.err != nil {
		return s
	}
	s.size = s.stat.Size
	hash := false
	for _, c := range claims {
		hash = hash || (c.p.SHA256 != "" || c.p.InPrefix != "") && !x.pythonMade(c.p)
	}
	hash = hash && !x.o.Fast
	switch {
	case s.stat.Mode.IsRegular() && hash:
		f, err := dir.OpenFile(name)
		if err != nil {
			s.err = err
			return s
		}
		defer f.Close()
		s.hash, s.size, s.err = x.hash(ctx, f)
	case s.stat.Mode&fs.ModeSymlink != 0:
		if s.target, s.err = dir.Readlink(name); s.err != nil {
			return s
		}
		s.target = filepath.ToSlash(s.target)
		x.lookBehind(&s, filepath.Join(dir.Path(), name), claims, func(full string) error {
			f, err := open.Regular(full)
			if err != nil {
				return err
			}
			defer f.Close()
			s.hash, s.size, err = x.hash(ctx, f)
			return err
		})
	}
	return s
}

func (x *verifier) hash(ctx context.Context, f *os.File) (sum string, size int64, err error) {
	h, err := dist.Hash(ctx, f, dist.HashOptions{SHA256: true, Done: x.o.Progress})
	return h.SHA256, h.Size, err
}

// judge adds what is found to the checks of those who list the path.
func (x *verifier) judge(name string, dir *walk.Dir, s seen, claims []claim) {
	findings := make([]*dist.Finding, len(claims))
	sound := false
	for i, c := range claims {
		findings[i] = x.compare(s, c)
		sound = sound || findings[i] == nil
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, f := range findings {
		if f == nil {
			continue
		}
		c := claims[i]
		f.Path = c.p.Path
		if sound && f.Kind != dist.Unreadable {
			continue // the file of another package has taken its place
		}
		if f.Kind.Note() {
			c.c.Notes = append(c.c.Notes, *f)
			continue
		}
		c.c.Faults = append(c.c.Faults, *f)
		c.c.paths[f.Path] = c.p
		c.c.stats[f.Path] = s.stat
	}
}

// compare is what is wrong with a path as a record has it; nil if nothing is.
func (x *verifier) compare(s seen, c claim) *dist.Finding {
	p := c.p
	switch {
	case s.err != nil && errors.Is(s.err, fs.ErrNotExist):
		switch f, took := x.taken[p.Path]; {
		case took && f.Record == c.c.Dist:
			return &dist.Finding{Kind: dist.Slimmed, Got: f.Kind}
		case x.pythonMade(p), p.Kind == "directory":
			return nil
		}
		return &dist.Finding{Kind: dist.Missing}
	case s.err != nil && isLost(s.err):
		return &dist.Finding{Kind: dist.Missing}
	case s.err != nil:
		return &dist.Finding{Kind: dist.Unreadable, Err: walk.Cause(s.err)}
	case s.stat.Mode.IsDir():
		if p.Kind == "directory" {
			return nil
		}
		return &dist.Finding{Kind: dist.WrongType, Want: "file", Got: "folder"}
	case p.Kind == "directory":
		return &dist.Finding{Kind: dist.WrongType, Want: "folder", Got: "file"}
	case s.stat.Mode&fs.ModeSymlink != 0:
		return x.compareSymlink(s, c)
	case !s.stat.Mode.IsRegular():
		return &dist.Finding{Kind: dist.WrongType, Want: "file", Got: s.stat.Mode.Type().String()}
	case x.pythonMade(p):
		return nil
	case p.Kind == "softlink":
		// A copy of its target, as conda makes it where it may not link.
		changed := s.hash != "" && p.SHA256 != "" && p.SHA256 != emptyHash && s.hash != p.SHA256 && s.hash != p.InPrefix
		if changed || s.size == 0 && p.Size > 0 {
			return &dist.Finding{Kind: dist.WrongType, Want: "symlink", Got: "file"}
		}
		return nil
	}
	return c.compareContent(s)
}

// compareContent compares a file with its size and hash. What was written in the place
// of the prefix has another size, but in binaries; nothing of it makes a file empty.
func (c claim) compareContent(s seen) *dist.Finding {
	p := c.p
	replaced := p.Placeholder != "" || p.InPrefix != "" && p.InPrefix != p.SHA256
	fixed := !replaced || p.Placeholder != "" && p.Binary && !c.c.windows() // the size
	filled := p.Size > 0 || p.Size < 0 && p.SHA256 != "" && p.SHA256 != emptyHash || p.Kind != "" && strings.Contains(p.Kind, "entry_point")
	switch {
	case s.size == 0 && filled && p.Size < 0:
		return &dist.Finding{Kind: dist.WrongSize, Want: "more", Got: "0"}
	case s.size == 0 && filled:
		return &dist.Finding{Kind: dist.WrongSize, Want: fmt.Sprint(p.Size), Got: "0"}
	case c.signed():
		return nil
	case fixed && p.Size >= 0 && s.size != p.Size && p.SHA256 != "":
		return &dist.Finding{Kind: dist.WrongSize, Want: fmt.Sprint(p.Size), Got: fmt.Sprint(s.size)}
	case s.hash == "" || s.hash == p.InPrefix:
		return nil
	case s.hash == p.SHA256 && (!replaced || p.InPrefix == ""):
		return nil // else the prefix has not been written into it
	case p.InPrefix == "" && (replaced || p.SHA256 == ""), p.Placeholder != "" && p.InPrefix == p.SHA256:
		return nil // nobody knows what it was
	}
	want := p.InPrefix
	if want == "" {
		want = p.SHA256
	}
	return &dist.Finding{Kind: dist.WrongHash, Want: want, Got: s.hash}
}

// signed says that a file is signed after the prefix is replaced in it, and the record
// has the hash of before: update_prefix in conda/core/portability.py.
func (c claim) signed() bool {
	return c.c.record.Subdir == "osx-arm64" && c.p.Binary && c.p.Placeholder != ""
}

// settle makes one note of the faults of a Python package that pip has replaced. Its own
// .dist-info is gone, and there is one of the same name by another installer.
func (x *verifier) settle(c *Check) {
	for _, f := range c.Faults {
		dir, name := path.Split(f.Path)
		if f.Kind != dist.Missing || name != "METADATA" && name != "PKG-INFO" {
			continue
		}
		other := x.otherInfo(strings.TrimSuffix(dir, "/"))
		if other == "" {
			continue
		}
		c.Faults = slices.DeleteFunc(c.Faults, func(f dist.Finding) bool { return pipTakes(f.Path, path.Dir(strings.TrimSuffix(dir, "/"))) })
		c.Notes = append(c.Notes, dist.Finding{Kind: dist.ReplacedByPip, Path: path.Dir(f.Path), Got: other})
		return
	}
}

// pipTakes says whether pip removes a path with a project that lies in site: modules, and
// programs.
func pipTakes(name, site string) bool {
	top, _, _ := strings.Cut(name, "/")
	return strings.HasPrefix(name, site+"/") || top == "bin" || top == "Scripts"
}

// otherInfo is the .dist-info that stands beside the one at info, of the same project and
// in no record; "" if it does not exist.
func (x *verifier) otherInfo(info string) string {
	dir, err := openFolder(x.prefix, path.Dir(info))
	if err != nil {
		return ""
	}
	defer dir.Close()
	items, err := dir.ReadDir()
	if err != nil {
		return ""
	}
	project, _, ok := strings.Cut(path.Base(info), "-")
	if !ok {
		return ""
	}
	for _, it := range items {
		at := path.Join(path.Dir(info), it.Name)
		name, _, ok := strings.Cut(it.Name, "-")
		if ok && it.IsDir() && strings.HasSuffix(it.Name, ".dist-info") && sameProject(name, project) && at != info && x.listed[at+"/METADATA"] == nil && hasMetadata(dir, it.Name) {
			return at
		}
	}
	return ""
}

// hasMetadata says whether a .dist-info is that of a project: a purge may leave its
// folder.
func hasMetadata(site *walk.Dir, name string) bool {
	info, err := site.OpenDir(name)
	if err != nil {
		return false
	}
	defer info.Close()
	st, err := info.Lstat("METADATA")
	return err == nil && st.Mode.IsRegular()
}

// sameProject compares names of Python projects: PEP 503.
func sameProject(a, b string) bool {
	plain := strings.NewReplacer("-", "_", ".", "_")
	return strings.EqualFold(plain.Replace(a), plain.Replace(b))
}
