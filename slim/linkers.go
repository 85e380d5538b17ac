package slim

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"gclean/internal/parallel"
	"gclean/meta/dist"
	"gclean/walk"
)

// contents is what a record tells of its package that has to do with compiling.
type contents struct {
	name     string
	tools    []string // of tree.tools, what it lists
	depends  []string // names of packages
	builders []string // of tree.builders, what it lists
	headers  bool     // it lists a header, wherever
	library  bool     // it lists the standard library of Python
}

// linking names the programs that link: drivers of compilers for all languages, and
// linkers. What is not among them is found by what its package has, needs or says:
// see toolchains.
var linking = regexp.MustCompile(`^(?:[a-z0-9_.]+-)*(?:[a-z0-9]*cc|[a-z0-9]*[cgm]\+\+|g\+\+|clang|clang\+\+|clang-cl|g?fortran|flang|flang-new|f77|f90|f95|ifort|ifx|icx|icpx|icpc|dpcpp|nvfortran|` +
	`ldc2?|ldmd2?|dmd|gdc|fpc|swiftc?|crystal|erlc?|rustc|go|ghc|ocamlopt(?:\.opt)?|nim|zig|mlton|csc|gsc|gnatmake|gnatlink|gprbuild|cl|link|cling|rootcling|xcpp|` +
	`ld|ld\.[a-z0-9]+|ld64|lld|lld-link|mold|gold|wasm-ld|nvlink|collect2)(?:-?[0-9][0-9.]*)?(?:\.exe)?$`)

// linkerPackage names packages that whoever links needs: linkers, compilers, and what
// they link with.
var linkerPackage = regexp.MustCompile(`^(?:binutils|ld_impl|ld64|cctools|lld|mold|wasm-ld|gcc|gxx|gfortran|clang|clangxx|flang|(?:c|cxx|fortran)-compiler|sysroot|libgcc-devel|libstdcxx-devel|m2w64-(?:gcc|binutils)|vs20[0-9]+)(?:[-_].*)?$`)

// isProgram says whether a folder is one of programs.
func isProgram(dir string) bool { return slices.Contains(compilerFolders, dir) }

// isTool says whether a file may tell that its package compiles or links: a program;
// an object or library that only a linker reads, as crt1.o; what configures one.
func isTool(dir, name string) bool {
	if isProgram(dir) {
		return true
	}
	if importRoot(dir) != "" {
		return false // of modules that are built elsewhere
	}
	switch path.Ext(name) {
	case ".o", ".obj", ".specs", ".rlib", ".cmxa", ".ppu":
		return true
	case ".conf", ".cfg":
		return dir == "etc"
	}
	return false
}

// toolchains are the records of packages that compile or link, with the file that
// tells so: a program with the name of a compiler; an object that only a linker reads;
// any program, if the package depends on a linker.
func (t *tree) toolchains() map[string]string {
	found := map[string]string{}
	for record, c := range t.packages {
		var by []string
		// Python of conda-forge depends on a linker, for those who have a compiler.
		needs := !c.library && slices.ContainsFunc(c.depends, linkerPackage.MatchString)
		for _, tool := range c.tools {
			switch dir, name := folderOf(tool), path.Base(tool); {
			case isProgram(dir):
				if needs || linking.MatchString(name) || slices.Contains(t.drivers, tool) {
					by = append(by, tool)
				}
			case dir != "etc":
				by = append(by, tool)
			}
		}
		if compilers := slices.DeleteFunc(slices.Clone(by), isBareLinker); len(compilers) > 0 {
			by = compilers
		}
		if len(by) > 0 {
			found[record] = slices.Min(by)
		}
	}
	return found
}

// linked is what is known of who links static libraries.
type linked struct {
	chains map[string]string // see toolchains
	needed map[string]string // the names of packages that those depend on, with the same
	named  map[string]string // names of libraries that a program names, with the program
}

// linkers finds out who links static libraries. Programs are read for their names.
func (t *tree) linkers(ctx context.Context, prefix *walk.Dir) (linked, error) {
	l := linked{chains: t.toolchains(), needed: map[string]string{}, named: map[string]string{}}
	for _, record := range slices.Sorted(maps.Keys(l.chains)) {
		for _, name := range t.packages[record].depends {
			l.needed[name] = l.chains[record]
		}
	}
	libs := map[string]bool{}
	for _, f := range t.files {
		if f.kinds.has(StaticLibs) && f.recorded {
			libs[f.name()] = true
		}
	}
	if len(libs) == 0 {
		return l, nil
	}
	var readable []string
	for tool := range t.tools {
		dir, name := folderOf(tool), path.Base(tool)
		// python3-config and its like tell others what to link.
		if (isProgram(dir) || dir == "etc" || path.Ext(name) == ".specs") && !tells.MatchString(name) {
			readable = append(readable, tool)
		}
	}
	slices.Sort(readable)
	var mu sync.Mutex
	err := parallel.Each(ctx, 0, readable, func(tool string) error {
		f, err := prefix.OpenFileBelow(tool)
		if err != nil {
			return nil // a symlink, whose file is read by its own name; or nobody can run it
		}
		defer f.Close()
		namedLibs(f, libs, func(lib string) {
			mu.Lock()
			defer mu.Unlock()
			if by, ok := l.named[lib]; !ok || tool < by {
				l.named[lib] = tool
			}
		})
		return nil
	})
	return l, err
}

// linkerOf is who links a static library without being asked to, "" for nobody that
// is known.
func (t *tree) linkerOf(f *file, l linked) string {
	name := f.name()
	if who := f.place.needsLib(name); who != "" {
		return who
	}
	if len(t.drivers) > 0 {
		return t.drivers[0]
	}
	if t.archiver != "" {
		return t.archiver
	}
	c := t.packages[f.record]
	if c == nil {
		return l.named[name]
	}
	if own := c.privateTo(f.place.dir); own != "" {
		return own
	}
	if by := l.named[name]; by != "" {
		return by
	}
	if by := l.chains[f.record]; by != "" && name != "lib"+c.name+".a" {
		return by // lib<package>.a is what programs link that ask for the package
	}
	if t.named != "" && (name != "lib"+c.name+".a" || c.unknownProgram() != "") {
		return t.named
	}
	if !c.headers && !t.shared[strings.TrimSuffix(name, ".a")] {
		if by := c.unknownProgram(); by != "" {
			return by // programs in C cannot use it, so it is for that
		}
	}
	if by := l.needed[c.name]; by != "" && !t.shared[strings.TrimSuffix(name, ".a")] {
		return by // where there is a shared one, that is what is linked
	}
	return ""
}

// unknownProgram is the first of its programs that may be a compiler which nobody knows,
// "" if there is none.
func (c *contents) unknownProgram() string {
	first := ""
	for _, tool := range c.tools {
		if name := path.Base(tool); isProgram(folderOf(tool)) && !linking.MatchString(name) && !tells.MatchString(name) && (first == "" || tool < first) {
			first = tool
		}
	}
	return first
}

// privateTo is the program for which a folder below lib, share or the like is, "" if there is none: it
// is called as the program or its package, and linkers do not look there by
// themselves.
func (c *contents) privateTo(dir string) string {
	first, rest, ok := strings.Cut(dir, "/")
	if !ok || !slices.Contains([]string{"lib", "lib64", "libexec", "share", "opt"}, first) || importRoot(dir) != "" {
		return ""
	}
	top, _, _ := strings.Cut(rest, "/")
	for _, tool := range c.tools {
		if !isProgram(folderOf(tool)) {
			continue
		}
		if program := strings.TrimSuffix(path.Base(tool), ".exe"); top == c.name || top == program || strings.HasPrefix(top, program+"_") {
			return tool
		}
	}
	return ""
}

// namedLibs yields those of libs that a program names, by the name of the file or as
// linkers are told of it, -lname. What cannot be read names nothing.
func namedLibs(r io.Reader, libs map[string]bool, yield func(lib string)) {
	seen := map[string]bool{}
	found := func(lib string) {
		if libs[lib] && !seen[lib] {
			seen[lib] = true
			yield(lib)
		}
	}
	_ = inParts(r, func(text []byte) {
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte(".a"))
			if i < 0 {
				break
			}
			at += i + 2
			if at < len(text) && isLibName(text[at]) {
				continue
			}
			begin := at - 2
			for begin > 0 && isLibName(text[begin-1]) && at-begin < overlap {
				begin--
			}
			found(strings.TrimLeft(string(text[begin:at]), ".-"))
		}
		for at := 0; ; {
			i := bytes.Index(text[at:], []byte("-l"))
			if i < 0 {
				break
			}
			at += i + 2
			end := at
			for end < len(text) && isLibName(text[end]) && end-at < overlap {
				end++
			}
			found("lib" + strings.TrimPrefix(string(text[at:end]), ":lib") + ".a")
		}
	})
}

func isLibName(c byte) bool { return isIdent(c) && c < 0x80 || c == '-' || c == '+' || c == '.' }

// sharedStem is the name of a shared library without its endings: libz of
// libz.so.1.3; "" of what is none.
func sharedStem(name string) string {
	for _, ending := range []string{".so", ".dylib", ".dll", ".pyd"} {
		if stem, rest, ok := strings.Cut(name, ending); ok && (rest == "" || rest[0] == '.') {
			return stem
		}
	}
	return ""
}

// nameOf is the name of the package that a record is of.
func nameOf(record string) string {
	name, _, _ := dist.Split(record)
	return name
}

// overlap is how much of a part of a file comes again in the next, in bytes: more than
// a name has.
const overlap = 2 * maxQuoted

// inParts passes a file of any size to look, in parts that overlap. The error is that
// of reading.
func inParts(r io.Reader, look func(text []byte)) error {
	buf := make([]byte, 1<<20)
	have := 0
	for {
		n, err := io.ReadFull(r, buf[have:])
		text := buf[:have+n]
		look(text)
		switch {
		case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
			return nil
		case err != nil:
			return err
		}
		have = copy(buf, text[len(text)-overlap:])
	}
}
