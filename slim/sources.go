package slim

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/walk"
)

// isIncluder says whether a file is one that may include sources when it is compiled.
func isIncluder(dir, name string) bool {
	return importRoot(dir) != "" && (isModuleSource(name) || slices.Contains([]string{
		".h", ".hpp", ".hh", ".hxx", ".pxd", ".pxi", ".cu", ".cuh", ".inc", ".ipp", ".tcc", ".tpp",
	}, path.Ext(name)))
}

// includes matches what a source of C or Cython includes.
var includes = regexp.MustCompile(`(?m)^[ \t]*(?:#[ \t]*include|include|cdef[ \t]+extern[ \t]+from)[ \t]*["'<]([^"'>\n]+)`)

// listsItself says whether a module lists its own folder.
func listsItself(text []byte) bool {
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return bytes.Contains(text, []byte(w)) })
	}
	return has("iterdir(", "listdir(", "scandir(", "os.walk(", "copytree(", "rglob(", "contents(") && has("__file__", "__path__", "resources")
}

// sourceNames are what is known of the sources of compiled modules while it is found out
// which of them a program reads.
type sourceNames struct {
	byName map[string][]*file // by the last part of their paths
	byTop  map[string][]*file // by topOf
	mu     sync.Mutex
	needed map[string]string // by path, with what names it
}

func (s *sourceNames) need(f *file, by string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old, ok := s.needed[f.path]; !ok || by < old {
		s.needed[f.path] = by
	}
}

// sourcesRead are the sources beside compiled modules that a program may read, with the
// file that says so: a string of a module or script, or a configuration, is the name of
// it; a string is the ending of it, in a module of its package or in one that imports its
// package; a module lists its own folder; or it is included by one that stays.
func (t *tree) sourcesRead(ctx context.Context, prefix *walk.Dir) (map[string]string, error) {
	s := &sourceNames{byName: map[string][]*file{}, byTop: map[string][]*file{}, needed: map[string]string{}}
	for _, f := range t.files {
		if f.kinds.has(Sources) && f.recorded && t.belongs(f, Sources, evidence{}) {
			s.byName[f.name()] = append(s.byName[f.name()], f)
			s.byTop[topOf(f.path)] = append(s.byTop[topOf(f.path)], f)
		}
	}
	if len(s.byName) == 0 {
		return nil, nil
	}
	err := parallel.Each(ctx, 0, byFolder(t.code, folderOf), func(files []string) error {
		dir, err := prefix.OpenBelow(folderOf(files[0]))
		if err != nil {
			return nil // Tests tells of what cannot be read
		}
		defer dir.Close()
		for _, file := range files {
			name := path.Base(file)
			switch {
			case name == "setup.py", importRoot(folderOf(file)) != "" && sharedStem(name) != "":
				continue // it builds; compiled modules name what they were made of
			case !isSource(name):
				s.other(dir, file)
			}
			if isZipped(name) || sharedStem(name) != "" || path.Ext(name) == ".pyc" {
				continue
			}
			text, err := readNaming(dir, name, folderOf(file))
			if err == nil && importRoot(folderOf(file)) != "" && listsItself(text) {
				for _, f := range s.byTop[topOf(file)] {
					if within(f.path, folderOf(file)) {
						s.need(f, file)
					}
				}
			}
			switch {
			case errors.Is(err, fs.ErrNotExist), err == nil && !namesSource(text):
			case err != nil:
				for _, f := range s.byTop[topOf(file)] {
					s.need(f, file)
				}
			default:
				s.scan(file, text, isSource(name) || isScript(text))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s.needed, t.sourcesIncluded(ctx, prefix, s)
}

// other notes the sources that the modules in an archive name, and those whose paths are
// in machine code.
func (s *sourceNames) other(dir *walk.Dir, file string) {
	f, err := openCode(dir, path.Base(file))
	if err != nil {
		return
	}
	defer f.Close()
	if isZipped(file) {
		_ = zippedModules(f, func(_ string, text []byte) {
			if namesSource(text) {
				s.scan(file, text, true)
			}
		})
		return
	}
	if head, err := headOf(f); err != nil || !isMachineCode(head) {
		return
	}
	word := []byte(sitePackages + "/")
	_ = inParts(f, func(text []byte) {
		for at := 0; ; {
			i := bytes.Index(text[at:], word)
			if i < 0 {
				return
			}
			at += i + len(word)
			end := at
			for end < len(text) && end-at < maxQuoted && isPathByte(text[end]) {
				end++
			}
			for _, found := range s.byName[path.Base(string(text[at:end]))] {
				if strings.HasSuffix(found.path, "/"+string(text[at:end])) {
					s.need(found, file)
				}
			}
		}
	})
}

// readNaming reads a module, script or configuration; of others, nothing.
func readNaming(dir *walk.Dir, name, folder string) ([]byte, error) {
	if !isRaw(folder, name) {
		return readCodeFile(dir, name)
	}
	f, err := openCode(dir, name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return readText(f)
}

// namesSource says, quickly, whether a text has a word that ends as sources do.
func namesSource(text []byte) bool {
	for at := 0; ; {
		i := bytes.IndexByte(text[at:], '.')
		if i < 0 {
			return false
		}
		at += i
		end := at + 1
		for end < len(text) && isIdent(text[end]) && end-at < 6 {
			end++
		}
		if isModuleSource(string(text[at:end])) {
			return true
		}
		at++
	}
}

// formats are the parts of a string that are put in later.
var formats = strings.NewReplacer("%s", "*", "%d", "*", "%r", "*", "{", "*", "}", "*")

// scan notes the sources that a text names. Of code, only strings count.
func (s *sourceNames) scan(file string, text []byte, code bool) {
	tops := map[string]bool{topOf(file): true}
	var endings []string
	words := func(text string) {
		for word := range strings.FieldsFuncSeq(formats.Replace(text), func(r rune) bool { return r >= 0x80 || !isLibName(byte(r)) && r != '*' }) {
			if !isModuleSource(word) {
				continue
			}
			for _, f := range s.byName[word] {
				s.need(f, file)
			}
			if stem := strings.TrimSuffix(word, path.Ext(word)); stem == "" || strings.Contains(stem, "*") {
				endings = append(endings, path.Ext(word))
			}
		}
	}
	if !code {
		words(string(text))
	} else {
		parseImports(bytes.TrimPrefix(text, []byte("\ufeff")), func(r reference) {
			if r.level == 0 {
				top, _, _ := strings.Cut(r.module, "/")
				tops[top] = true
			}
		}, func(_, text string) {
			words(text)
			if isDotted(text) {
				top, _, _ := strings.Cut(text, ".")
				tops[top] = true
			}
		})
	}
	if len(endings) == 0 {
		return
	}
	for top := range tops {
		for _, f := range s.byTop[top] {
			if slices.Contains(endings, path.Ext(f.path)) {
				s.need(f, file)
			}
		}
	}
}

// sourcesIncluded adds the sources that one includes which stays.
func (t *tree) sourcesIncluded(ctx context.Context, prefix *walk.Dir, s *sourceNames) error {
	type edge struct {
		from string
		to   *file
	}
	var mu sync.Mutex
	var edges []edge
	goes := map[string]bool{}
	for _, list := range s.byName {
		for _, f := range list {
			goes[f.path] = true
		}
	}
	err := parallel.Each(ctx, 0, t.includers, func(file string) error {
		if len(s.byTop[topOf(file)]) == 0 {
			return nil
		}
		f, err := prefix.OpenFileBelow(file)
		if err != nil {
			return nil
		}
		defer f.Close()
		text, err := readText(f)
		if err != nil {
			return nil
		}
		for _, m := range includes.FindAllSubmatch(text, -1) {
			for _, to := range s.byName[path.Base(string(m[1]))] {
				if topOf(to.path) == topOf(file) && to.path != file {
					mu.Lock()
					edges = append(edges, edge{file, to})
					mu.Unlock()
				}
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for more := true; more; {
		more = false
		for _, e := range edges {
			if _, ok := s.needed[e.to.path]; ok {
				continue
			}
			if _, stays := s.needed[e.from]; stays || !goes[e.from] {
				s.need(e.to, e.from)
				more = true
			}
		}
	}
	return nil
}
