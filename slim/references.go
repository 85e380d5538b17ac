package slim

import (
	"bytes"
	"strings"
)

// reference is a module that a source file names: in an import statement, or in a
// string, as importlib, lazy loaders, settings and paths of data have them.
type reference struct {
	level  int    // of a relative import, the dots before the name; else 0
	module string // with slashes: "numpy/core/tests"; what is imported from it too
	// quoted says that it is of a string. That may be the end of a name only, of
	// which the rest is elsewhere: "tests".
	quoted bool
	// word says that it is the name of a package in a string, perhaps.
	word bool
	// stub says that it is a package that a string begins with (see stubs), or, without a
	// name, that the file imports by names that may be elsewhere.
	stub bool
}

// maxQuoted is how long a string may be to be a name or path, in bytes.
const maxQuoted = 200

// isTests says whether a folder of a package is one of tests by its name.
func isTests(name string) bool { return name == "test" || name == "tests" }

// mentionsTests says, quickly, whether a source can name a test folder at all.
func mentionsTests(src []byte) bool {
	word := []byte("test")
	for at := 0; ; at += len(word) {
		i := bytes.Index(src[at:], word)
		if i < 0 {
			return false
		}
		at += i
		before, after := src[:at], src[at+len(word):]
		after = bytes.TrimPrefix(after, []byte("s"))
		before = bytes.TrimSuffix(before, []byte("idle_"))
		if (len(before) == 0 || !isIdent(before[len(before)-1])) && (len(after) == 0 || !isIdent(after[0])) {
			return true
		}
	}
}

// references yields what a Python source names. It takes anything: of what is no
// Python it finds too much rather than too little. What is put together while the
// program runs, of more than strings beside each other, it does not see.
func references(src []byte, yield func(reference)) {
	seen := map[string]bool{}
	folder := func(module string) {
		if !seen[module] {
			seen[module] = true
			yield(reference{module: module, quoted: true})
		}
	}
	code := func(r reference) {
		if r.level > 0 || strings.Contains(r.module, "/") { // else it is prose
			r.quoted = true
			yield(r)
		}
	}
	parseImports(bytes.TrimPrefix(src, []byte("\ufeff")), yield, func(before, text string) {
		if !strings.Contains(text, "test") {
			if isDotted(text) && !seen[text] {
				seen[text] = true
				yield(reference{module: strings.ReplaceAll(text, ".", "/"), word: true})
			}
			return
		}
		testPaths(text, folder)
		if before != "" && len(before) <= maxQuoted {
			testPaths(before+"/"+text, folder)
		}
		if strings.Contains(text, "import") {
			parseImports([]byte(unescape.Replace(text)), code, func(string, string) {})
		}
	})
}

// isDotted says whether a string may be the name of a package.
func isDotted(s string) bool {
	return len(s) > 1 && len(s) <= 60 && s[0] != '.' && s[len(s)-1] != '.' && !strings.Contains(s, "..") &&
		!strings.ContainsFunc(s, func(r rune) bool { return r != '.' && (r >= 0x80 || !isIdent(byte(r))) })
}

// unescape is for source code in strings, as exec and python -c have it.
var unescape = strings.NewReplacer(`\n`, "\n", `\r`, "\n", `\t`, "\t", `\"`, `"`, `\'`, `'`)

// parseImports yields what the import statements of a source name. It calls quoted
// with each string but those that are statements, which are documentation, and with
// the string before it, if nothing else is between them but what makes a list, a
// sum or a path of both: ("core", "tests").
func parseImports(src []byte, yield func(reference), quoted func(before, text string)) {
	p := &importParser{scan: pyScanner{src: src}, yield: yield}
	p.next()
	start := true // of a statement
	depth := 0    // of brackets
	before := ""  // the string before this place
	for p.tok.kind != endOfSource {
		switch {
		case p.tok.kind == stringToken:
			if !start || depth > 0 {
				quoted(before, p.tok.text)
			}
			before = p.tok.text
			p.next()
			start = false
		case p.tok.is("import"):
			p.next()
			p.modules()
			start = false
		case p.tok.is("from") && start:
			p.next()
			p.from()
			start = false
		default:
			switch {
			case p.tok.is("("), p.tok.is("["), p.tok.is("{"):
				depth++
			case p.tok.is(")"), p.tok.is("]"), p.tok.is("}"):
				depth = max(depth-1, 0)
			}
			if p.tok.kind != newLine && !p.tok.is(",") && !p.tok.is("+") && !p.tok.is("/") {
				before = ""
			}
			start = p.tok.kind == newLine || p.tok.is(";") || p.tok.is(":")
			p.next()
		}
	}
}

// testPaths yields the test folders that a string names, each with the names that
// are before it: "numba/tests" of "numba.tests.support:main", "tests" of
// ".tests.common", "../tests/x.json" and "{}.tests".
func testPaths(s string, yield func(string)) {
	if len(s) > maxQuoted || strings.ContainsAny(s, " \t\n") {
		return
	}
	path := ""
	for name := range strings.FieldsFuncSeq(s, func(r rune) bool { return strings.ContainsRune("./\\:", r) }) {
		if strings.ContainsFunc(name, func(r rune) bool { return r < 0x80 && !isIdent(byte(r)) }) {
			path = "" // of what is before it nothing is known
			continue
		}
		path = join(path, name)
		if isTests(name) {
			yield(path)
		}
	}
}

// entryPoints yields the modules that an entry_points.txt names: lines such as
// "pytest = pkg.tests.plugin:main [extra]".
func entryPoints(text []byte, yield func(reference)) {
	for line := range bytes.Lines(text) {
		_, value, ok := strings.Cut(string(line), "=")
		if !ok {
			continue
		}
		value, _, _ = strings.Cut(value, "[")
		value, _, _ = strings.Cut(value, ":")
		if value = strings.TrimSpace(value); value != "" {
			yield(reference{module: strings.ReplaceAll(value, ".", "/")})
		}
	}
}

// importParser reads import statements off the tokens of a source.
type importParser struct {
	scan  pyScanner
	tok   token
	yield func(reference)
}

func (p *importParser) next() { p.tok = p.scan.next() }

// modules reads "a.b as c, d" behind import.
func (p *importParser) modules() {
	for {
		module := p.dotted()
		if module != "" {
			p.yield(reference{module: module})
		}
		p.as()
		if !p.tok.is(",") {
			return
		}
		p.next()
	}
}

// from reads "..a.b import c as d, e", parentheses around the names or not.
func (p *importParser) from() {
	level := 0
	for p.tok.is(".") {
		level++
		p.next()
	}
	module := p.dotted()
	if module == "" && level == 0 || !p.tok.is("import") {
		return
	}
	p.next()
	brackets := p.tok.is("(")
	skip := func() {
		for brackets && p.tok.kind == newLine {
			p.next()
		}
	}
	if brackets {
		p.next()
	}
	found := false
	for {
		skip()
		if p.tok.kind != nameToken {
			break
		}
		p.yield(reference{level: level, module: join(module, p.tok.text)})
		found = true
		p.next()
		p.as()
		skip()
		if !p.tok.is(",") {
			break
		}
		p.next()
	}
	if !found { // "import *", or what is no Python
		p.yield(reference{level: level, module: module})
	}
}

// as passes over "as name".
func (p *importParser) as() {
	if p.tok.is("as") {
		p.next()
		p.next()
	}
}

// dotted reads a.b.c as a/b/c.
func (p *importParser) dotted() string {
	module := ""
	for p.tok.kind == nameToken && !p.tok.is("import") {
		module = join(module, p.tok.text)
		p.next()
		if !p.tok.is(".") {
			break
		}
		p.next()
	}
	return module
}

func join(module, name string) string {
	if module == "" {
		return name
	}
	return module + "/" + name
}

func isIdent(c byte) bool {
	return c == '_' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c >= 0x80
}
