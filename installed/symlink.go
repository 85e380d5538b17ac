package installed

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"gclean/meta/dist"
	"gclean/walk"
)

// emptyHash is what conda-build notes of a symlink to a folder, and of one that leads
// nowhere.
const emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// link describes a symlink that a record lists as one, and its target.
type link struct {
	p      *dist.InstalledPath
	text   string // where it leads, as it says
	folder bool   // a folder is behind it
	size   int64  // of the file behind it
	hash   string // SHA-256 of the file behind it; "" was not asked for
	out    bool   // what is behind it is not in the environment
	behind *dist.InstalledPath
	listed bool // a record lists a file with the content that it led to
}

// asRecorded says whether the text of the symlink is what rattler noted of it: the
// sha256_in_prefix of its records is that of the text. conda's and mamba's is that of
// the file behind it.
func (l link) asRecorded() bool {
	sum := sha256.Sum256([]byte(l.text))
	return l.p.InPrefix == hex.EncodeToString(sum[:])
}

// toTheSame says whether what is behind is a listed file that had the very content that
// the symlink led to when it was built. Whether it has it still is that file's matter.
func (l link) toTheSame() bool {
	return l.behind != nil && l.behind.SHA256 != "" && l.behind.SHA256 == l.p.SHA256
}

// hasContent says whether the record has the hash of a file that the symlink led to.
func (l link) hasContent() bool { return l.p.SHA256 != "" && l.p.SHA256 != emptyHash }

// hasText says whether the record has the hash of its text, and no other.
func (l link) hasText() bool {
	return !l.hasContent() && l.p.InPrefix != "" && l.p.InPrefix != emptyHash && l.p.InPrefix != l.p.SHA256
}

// decided says whether the content behind the symlink makes no difference.
func (l link) decided() bool {
	return l.asRecorded() || l.toTheSame() || l.folder || !l.hasContent()
}

// redirected says whether the symlink leads to something else than what was installed.
// Without any sign, it does not: the package that it leads into may have another version
// now. On the host, its target may have changed.
func (l link) redirected() bool {
	p := l.p
	switch {
	case l.asRecorded() || l.toTheSame():
		return false
	case l.folder && l.hasContent():
		return true
	case !l.hasContent():
		return l.hasText()
	case l.hash != "" && (l.hash == p.SHA256 || l.hash == p.InPrefix):
		return false
	case l.hash == "" && l.behind == nil && (p.Size < 0 || p.Size == l.size):
		return false // nobody has read it
	case l.listed:
		return true
	}
	return l.behind == nil && !l.out
}

// compareSymlink judges a symlink: where it leads, and its content where the package has
// a file.
func (x *verifier) compareSymlink(s seen, c claim) *dist.Finding {
	p := c.p
	if s.behind == nil {
		return x.compareBehind(s, c)
	}
	if !walk.IsGone(s.behind) && !walk.IsLoop(s.behind) {
		return &dist.Finding{Kind: dist.Unreadable, Err: walk.Cause(s.behind)}
	}
	if x.pythonMade(p) {
		return nil
	}
	if p.Kind == "softlink" && !c.softLinked(s.target) {
		inside := !path.IsAbs(s.target) && x.listed[path.Join(path.Dir(p.Path), s.target)] != nil
		_, took := x.taken[path.Join(path.Dir(p.Path), s.target)]
		l := link{p: p, text: s.target}
		built := l.asRecorded() || !l.hasContent() && !l.hasText() || l.hasContent() && path.IsAbs(s.target) && !x.hashes[p.SHA256]
		if took || !inside && built {
			return &dist.Finding{Kind: dist.LeadsNowhere, Got: s.target}
		}
	}
	return &dist.Finding{Kind: dist.Dangling, Got: s.target}
}

// compareBehind judges a symlink with something behind it.
func (x *verifier) compareBehind(s seen, c claim) *dist.Finding {
	switch {
	case x.pythonMade(c.p):
		return nil
	case c.p.Kind == "softlink" && c.softLinked(s.target) && s.behindMode.IsRegular():
		return c.compareContent(s)
	case c.p.Kind == "softlink":
		if !s.link(c.p, x).redirected() {
			return nil
		}
		f := &dist.Finding{Kind: dist.WrongTarget, Got: s.target}
		if c.p.Size > 0 {
			f.Want = "the file that was installed"
		}
		return f
	case s.behindMode.IsRegular():
		return c.compareContent(s)
	case s.behindMode.IsDir() && c.p.Kind == "":
		return nil // old records do not tell symlinks from files
	case s.behindMode.IsDir():
		return &dist.Finding{Kind: dist.WrongType, Want: "file", Got: "symlink to a folder"}
	}
	return &dist.Finding{Kind: dist.WrongType, Want: "file", Got: "symlink to a " + s.behindMode.Type().String()}
}

// link is what judges a symlink that was seen.
func (s seen) link(p *dist.InstalledPath, x *verifier) link {
	return link{
		p: p, text: s.target, folder: s.behindMode.IsDir(), size: s.size, hash: s.hash,
		out: s.place == "", behind: x.listed[s.place], listed: x.hashes[p.SHA256],
	}
}

// place is what is behind a symlink as a path below the environment; "" if it is not in
// it.
func (x *verifier) place(full string) string {
	real, err := walk.Real(full)
	if err != nil {
		return ""
	}
	rel, err := filepath.Rel(x.real, real)
	if err != nil || !filepath.IsLocal(rel) {
		return ""
	}
	return filepath.ToSlash(rel)
}

// softLinked says whether a symlink was made by an installer that soft-links: what is
// behind it is the package's file.
func (c claim) softLinked(target string) bool {
	if c.p.Kind != "softlink" {
		return true // a file, as the package has it
	}
	for _, name := range dist.SourcesOf(c.p.Path) {
		if path.IsAbs(target) && strings.HasSuffix(target, "/"+name) && c.c.record.Link.Type == dist.SoftLink {
			return true
		}
	}
	return false
}

// lookBehind describes what a symlink leads to, and hashes it where that decides.
func (x *verifier) lookBehind(s *seen, full string, claims []claim, read func(full string) error) {
	behind, err := os.Stat(full)
	if err != nil {
		s.behind = err
		return
	}
	s.behindMode, s.size = behind.Mode(), behind.Size()
	s.place = x.place(full)
	if !behind.Mode().IsRegular() || x.o.Fast {
		return
	}
	for _, c := range claims {
		file := c.p.SHA256 != "" && c.softLinked(s.target)
		if (file || c.p.Kind == "softlink" && !s.link(c.p, x).decided()) && !x.pythonMade(c.p) {
			s.err = read(full)
			return
		}
	}
}

// isLost says whether an error means that nothing is at a path.
func isLost(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || isNotDir(err) && !errors.Is(err, errOutside)
}
