package slim

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"

	"gclean/walk"
	"gclean/walk/open"
)

// isRaw says whether a file that is no source may name modules: a compiled module or
// library; configuration, such as the specification of a Jupyter kernel, and whatever is
// in etc, as the scripts that shells source have any ending; a script of a shell;
// a module of another language.
func isRaw(dir, name string) bool {
	if dir == "conda-meta" {
		return false // records list everything
	}
	if sharedStem(name) != "" || within(dir, "etc") {
		return true
	}
	switch ext := path.Ext(name); ext {
	case ".json", ".toml", ".yaml", ".yml", ".cfg", ".ini", ".conf", ".desktop", ".service", ".bat", ".cmd", ".ps1", ".nu", ".elv",
		".pm", ".pl", ".r", ".R", ".jl", ".rb", ".lua", ".tcl":
		return true
	default:
		return strings.HasSuffix(ext, "sh") // bash, fish, zsh and all the others
	}
}

// isZipped says whether a file is an archive that modules may be imported from, by a *.pth
// or PYTHONPATH from wherever it is.
func isZipped(name string) bool {
	switch path.Ext(name) {
	case ".egg", ".zip", ".whl", ".pyz":
		return true
	}
	return false
}

// rawFile yields the test folders that a file of any size names.
func rawFile(f *os.File, yield func(reference)) error {
	return inParts(f, func(text []byte) {
		if mentionsTests(text) {
			rawReferences(text, yield)
		}
	})
}

// rawReferences yields the test folders that are named in text or machine code, each
// with the names before it: "pkg.tests.helpers", "lib/python3.11/site-packages/pkg/tests".
// A single "tests" is a word like others.
func rawReferences(text []byte, yield func(reference)) {
	seen := map[string]bool{}
	for at := 0; ; {
		i := bytes.Index(text[at:], []byte("test"))
		if i < 0 {
			return
		}
		at += i
		begin, end := at, at
		for begin > 0 && at-begin < maxQuoted && isPathByte(text[begin-1]) {
			begin--
		}
		for end < len(text) && end-at < maxQuoted && isPathByte(text[end]) {
			end++
		}
		testPaths(string(text[begin:end]), func(module string) {
			if _, below, ok := strings.Cut(module, sitePackages+"/"); ok {
				module = below
			}
			if strings.Contains(module, "/") && !seen[module] {
				seen[module] = true
				yield(reference{module: module, quoted: true})
			}
		})
		at = end
	}
}

func isPathByte(c byte) bool {
	return isIdent(c) && c < 0x80 || c == '.' || c == '/' || c == '\\' || c == '-'
}

// zippedReferences yields what the modules in an archive name.
func zippedReferences(f *os.File, parents packageSet, yield func(reference)) error {
	return zippedModules(f, func(name string, text []byte) { moduleReferences(name, text, parents, yield) })
}

// zippedModules yields the modules in an archive, byte code if that is all there is of one,
// and its entry points. What is no archive has none.
func zippedModules(f *os.File, yield func(name string, text []byte)) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	z, err := zip.NewReader(f, fi.Size())
	if errors.Is(err, zip.ErrFormat) {
		return nil
	}
	if err != nil {
		return err
	}
	sources := map[string]bool{}
	for _, member := range z.File {
		sources[member.Name] = true
	}
	left := int64(4 * maxModule) // an archive may state any size
	for _, member := range z.File {
		switch path.Ext(member.Name) {
		case ".py":
		case ".pyc":
			if sources[strings.TrimSuffix(member.Name, "c")] || path.Base(path.Dir(member.Name)) == pycache {
				continue // nobody imports it but by its source
			}
		default:
			if path.Base(member.Name) != entryPointsName {
				continue
			}
		}
		text, err := readMember(member, left)
		if err != nil {
			return err
		}
		left -= int64(len(text))
		yield(member.Name, text)
	}
	return nil
}

func readMember(member *zip.File, limit int64) ([]byte, error) {
	r, err := member.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	text, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(text)) > limit {
		err = errTooLarge
	}
	return text, err
}

// moduleReferences yields what a module, byte code or a list of entry points names.
func moduleReferences(name string, text []byte, parents packageSet, yield func(reference)) {
	if path.Ext(name) == ".pyc" {
		compiledReferences(text, yield)
		return
	}
	begun := false
	stubs(text, parents, func(pkg string) {
		begun = true
		yield(reference{module: pkg, stub: true})
	})
	if isDynamic(text) {
		begun = true
		yield(reference{stub: true})
	}
	quotedNames(text, parents, func(pkg string) { yield(reference{module: pkg, word: true}) })
	switch {
	case !begun && !mentionsTests(text):
	case path.Base(name) == entryPointsName:
		entryPoints(text, yield)
	default:
		idle := namesIdly(name, text)
		references(text, func(r reference) {
			if !idle || !r.quoted || strings.Contains(r.module, "/") {
				yield(r)
			}
		})
	}
}

// editablePath matches the paths in the module by which setuptools finds what is
// installed to be edited.
var editablePath = regexp.MustCompile(`['"]([^'"\n]+)['"]`)

// addedPaths are the folders and archives that a file of site-packages adds to what Python
// imports from: a *.pth, an *.egg-link, the finder of an editable installation. dir is the
// folder of the file, to which they may be relative.
func addedPaths(dir, file string, text []byte) []string {
	var list []string
	name := path.Base(file)
	switch {
	case path.Ext(name) == ".pth", path.Ext(name) == "._pth", path.Ext(name) == ".egg-link":
		for line := range strings.Lines(string(text)) {
			line = strings.TrimSpace(line)
			if line != "" && !filepath.IsAbs(line) && !strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "import ") {
				line = filepath.Join(dir, filepath.FromSlash(line))
			}
			list = append(list, line)
		}
	case strings.HasPrefix(name, "__editable__") && path.Ext(name) == ".py":
		for _, m := range editablePath.FindAllSubmatch(text, -1) {
			list = append(list, string(m[1]))
		}
	}
	return slices.DeleteFunc(list, func(p string) bool { return !filepath.IsAbs(p) || strings.ContainsRune(p, 0) })
}

// maxOutside is how many files below a folder outside of the environment are looked
// at.
const maxOutside = 100_000

var errTooMany = errors.New("there are too many files below it")

// readAdded yields what the modules below a path outside of the prefix name, or those in
// an archive at a path. Symlinks are not followed below it. What is not there imports nothing.
func readAdded(top, prefix string, parents packageSet, yield func(reference)) error {
	if real, err := filepath.EvalSymlinks(top); err == nil {
		top = real
	}
	if fi, err := os.Stat(top); err == nil && fi.Mode().IsRegular() {
		f, err := open.Regular(top)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return walk.Cause(err)
		}
		defer f.Close()
		return zippedReferences(f, parents, yield)
	}
	if rel, err := filepath.Rel(prefix, top); err == nil && filepath.IsLocal(rel) {
		return nil // it is read as part of the environment
	}
	o := outside{prefix: filepath.Clean(prefix), parents: parents, yield: yield}
	return o.folder(filepath.Clean(top))
}

// outside reads modules below a folder that is not of the environment.
type outside struct {
	prefix  string
	files   int
	parents packageSet
	yield   func(reference)
}

func (o *outside) folder(dir string) error {
	names, err := open.Names(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return nil
	case err != nil:
		return walk.Cause(err)
	}
	for _, name := range names {
		at := filepath.Join(dir, name)
		fi, err := os.Lstat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return walk.Cause(err)
		case fi.IsDir():
			if name == "node_modules" || strings.HasPrefix(name, ".") || at == o.prefix {
				continue
			}
			if err := o.folder(at); err != nil {
				return err
			}
		case fi.Mode().IsRegular() && filepath.Ext(name) == ".py":
			if err := o.module(at); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *outside) module(at string) error {
	if o.files++; o.files > maxOutside {
		return errTooMany
	}
	text, _, err := open.ReadRegular(at, maxModule)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return walk.Cause(err)
	}
	moduleReferences(at, text, o.parents, o.yield)
	return nil
}
