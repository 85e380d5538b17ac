package slim

import (
	"bytes"
	"context"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/walk"
)

// docNames are what is known of documentation while it is found out which of it programs
// read.
type docNames struct {
	files   map[string]*file           // by path
	byName  map[string][]*file         // by the last part of their paths
	folders map[string][]*file         // by folder, with those below it: share/doc/pkg
	named   map[string]map[string]bool // by the name of a folder of one package: those folders
	mu      sync.Mutex
	needed  map[string]string // by path, with what names it
	tops    map[string]*docStrings
}

// docStrings are what the strings of the modules of one package say of documentation.
type docStrings struct {
	by      string          // one of the modules
	place   bool            // they name a folder of documentation: "doc"
	root    bool            // one ends with such a folder: "share/doc"
	folders map[string]bool // they name a package's: "pkg" of share/doc/pkg
	files   map[string]bool // names of files
}

// docsRead are the documents that a program reads, with the file that says so. A path in any
// program, script or configuration is one of them, or that of a folder of one package,
// as share/doc/pkg. Or the strings of the modules of one package have the name of the
// file, and those of the folders that it is in.
func (t *tree) docsRead(ctx context.Context, prefix *walk.Dir) (map[string]string, error) {
	d := &docNames{files: map[string]*file{}, byName: map[string][]*file{}, folders: map[string][]*file{}, named: map[string]map[string]bool{}, needed: map[string]string{}, tops: map[string]*docStrings{}}
	for _, f := range t.files {
		root := docRootOf(f.path)
		if !f.kinds.has(Docs) || !f.recorded || root == "" {
			continue
		}
		d.files[f.path] = f
		d.byName[f.name()] = append(d.byName[f.name()], f)
		if path.Base(root) == "man" {
			continue // man1 is a folder of everybody's
		}
		for dir := f.place.dir; len(dir) > len(root); dir = path.Dir(dir) {
			d.folders[dir] = append(d.folders[dir], f)
			if path.Dir(dir) == root {
				if d.named[path.Base(dir)] == nil {
					d.named[path.Base(dir)] = map[string]bool{}
				}
				d.named[path.Base(dir)][dir] = true
			}
		}
	}
	if len(d.files) == 0 {
		return nil, nil
	}
	files := slices.DeleteFunc(slices.Clone(t.code), func(file string) bool {
		return isZipped(file) || path.Base(file) == "setup.py" || isBelow(folderOf(file), docFolders)
	})
	if err := d.each(ctx, prefix, files, d.read); err != nil {
		return nil, err
	}
	// Who names a place of documentation may name what is in it in another module.
	files = slices.DeleteFunc(files, func(file string) bool {
		s := d.tops[topOf(file)]
		return !isSource(path.Base(file)) || s == nil || !s.place && !s.root
	})
	if err := d.each(ctx, prefix, files, func(f *os.File, file string) {
		if text, err := readText(f); err == nil && !namesShare(text) {
			d.strings(file, text)
		}
	}); err != nil {
		return nil, err
	}
	d.together()
	return d.needed, nil
}

// each calls look for files that are there and can be read: the others are told of by
// Tests.
func (d *docNames) each(ctx context.Context, prefix *walk.Dir, files []string, look func(f *os.File, file string)) error {
	return parallel.Each(ctx, 0, byFolder(files, folderOf), func(files []string) error {
		dir, err := prefix.OpenBelow(folderOf(files[0]))
		if err != nil {
			return nil
		}
		defer dir.Close()
		for _, file := range files {
			if f, err := openCode(dir, path.Base(file)); err == nil {
				look(f, file)
				f.Close()
			}
		}
		return nil
	})
}

// namesShare says, quickly, whether a text has what leads to documentation: a string that
// is share or man, or a path below it.
func namesShare(text []byte) bool {
	for _, word := range [][]byte{[]byte("share"), []byte("man")} {
		for at := 0; ; {
			i := bytes.Index(text[at:], word)
			if i < 0 {
				break
			}
			at += i + len(word)
			before, behind := at-len(word)-1, at
			if behind < len(text) && strings.IndexByte(`/\'"`, text[behind]) >= 0 && (before < 0 || !isIdent(text[before])) {
				return true
			}
		}
	}
	return false
}

// docRootOf is the folder of docFolders that a file is in, "" if it is in none.
func docRootOf(file string) string {
	if i := slices.IndexFunc(docFolders, func(f string) bool { return within(file, f) }); i >= 0 {
		return docFolders[i]
	}
	return ""
}

// read notes what a program, script or configuration names.
func (d *docNames) read(f *os.File, file string) {
	name := path.Base(file)
	if !isSource(name) {
		head, err := headOf(f)
		if err != nil || !isRaw(folderOf(file), name) && !isScript(head) && !isMachineCode(head) {
			return
		}
		d.paths(f, file)
		if _, err := f.Seek(0, io.SeekStart); err != nil || isMachineCode(head) || sharedStem(name) != "" {
			return
		}
	}
	if text, err := readText(f); err == nil && namesShare(text) {
		d.strings(file, text)
	}
}

// paths notes the documents whose paths are in a file of any kind.
func (d *docNames) paths(f *os.File, file string) {
	_ = inParts(f, func(text []byte) {
		for _, root := range docFolders {
			if root == "man" || !strings.HasPrefix(root, "share/") {
				continue // a word; those of Windows end alike
			}
			word := []byte(root + "/")
			for at := 0; ; {
				i := bytes.Index(text[at:], word)
				if i < 0 {
					break
				}
				at += i
				end := at
				for end < len(text) && end-at < maxQuoted && (isPathByte(text[end]) || text[end] == '+') {
					end++
				}
				d.path(string(text[at:end]), file)
				at += len(word)
			}
		}
	})
}

// path notes what a path below share is, or below Library/share.
func (d *docNames) path(p, by string) {
	p = strings.TrimRight(path.Clean(p), ".")
	for _, at := range []string{p, "Library/" + p} {
		if f := d.files[at]; f != nil {
			d.need(f, by)
		}
		for _, f := range d.folders[at] {
			d.need(f, by)
		}
	}
}

func (d *docNames) need(f *file, by string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if old, ok := d.needed[f.path]; !ok || by < old {
		d.needed[f.path] = by
	}
}

// strings notes what the strings of a module or script name. Strings beside each other
// are a path: join(prefix, "share", "doc", "pkg").
func (d *docNames) strings(file string, text []byte) {
	top := topOf(file)
	found := docStrings{folders: map[string]bool{}, files: map[string]bool{}}
	var run []string
	last := ""
	look := func(whole string) {
		for _, top := range []string{"share/", "man/"} {
			if i := strings.LastIndex(whole, top); i == 0 || i > 0 && whole[i-1] == '/' {
				d.path(whole[i:], file)
				found.root = found.root || slices.Contains(docFolders, whole[i:])
			}
		}
	}
	ends := func() {
		look(path.Join(run...))
		if n := len(run); n > 1 { // "pkg" + ".info"
			look(path.Join(path.Join(run[:n-2]...), run[n-2]+run[n-1]))
		}
		run = run[:0]
	}
	parseImports(bytes.TrimPrefix(text, []byte("\ufeff")), func(reference) {}, func(before, s string) {
		if before == "" || before != last {
			ends()
		}
		last = s
		if len(s) > maxQuoted || strings.ContainsAny(s, " \t\n") {
			ends()
			return
		}
		s = strings.ReplaceAll(s, `\`, "/")
		run = append(run, s)
		for name := range strings.SplitSeq(s, "/") {
			switch name {
			case "doc", "man", "info", "gtk-doc":
				found.place = true
			}
			if d.named[name] != nil {
				found.folders[name] = true
			}
			if d.byName[name] != nil {
				found.files[name] = true
			}
		}
	})
	ends()
	if !found.place && !found.root && len(found.folders)+len(found.files) == 0 {
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	all := d.tops[top]
	if all == nil {
		all = &docStrings{folders: map[string]bool{top: true}, files: map[string]bool{}}
		d.tops[top] = all
	}
	if all.by == "" || file < all.by {
		all.by = file
	}
	all.place, all.root = all.place || found.place, all.root || found.root
	for name := range found.folders {
		all.folders[name] = true
	}
	for name := range found.files {
		all.files[name] = true
	}
}

// together notes what the modules of a package name together.
func (d *docNames) together() {
	for _, s := range d.tops {
		if s.root {
			for name := range s.folders {
				for dir := range d.named[name] {
					for _, f := range d.folders[dir] {
						d.need(f, s.by)
					}
				}
			}
		}
		if !s.place && !s.root {
			continue
		}
		for name := range s.files {
			for _, f := range d.byName[name] {
				below := strings.Split(strings.TrimPrefix(f.place.dir, docRootOf(f.path)), "/")
				if len(below) < 2 || path.Base(docRootOf(f.path)) == "man" || s.folders[below[1]] {
					d.need(f, s.by)
				}
			}
		}
	}
}
