package slim

import (
	"bytes"
	"strings"
)

// reference is a module that a source file names: in an import statement, or as
// a string that is nothing but a dotted name, as importlib and settings have
// them.
type reference struct {
	level  int    // of a relative import, the dots before the name; else 0
	module string // with slashes: "numpy/core/tests"; what is imported from it too
	quoted bool   // it is a string
}

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
// Python it finds too much rather than too little.
func references(src []byte, yield func(reference)) {
	p := &importParser{scan: pyScanner{src: src}, yield: yield}
	p.next()
	start := true // of a statement
	for p.tok.kind != endOfSource {
		switch {
		case p.tok.kind == stringToken:
			if module, ok := dottedName(p.tok.text); ok {
				yield(reference{module: module, quoted: true})
			}
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
			start = p.tok.kind == newLine || p.tok.is(";") || p.tok.is(":")
			p.next()
		}
	}
}

// dottedName is the module that a string names: "numba.tests", "a.b.tests:main".
func dottedName(s string) (string, bool) {
	s, _, _ = strings.Cut(s, ":")
	if len(s) > 200 || !strings.Contains(s, ".") {
		return "", false
	}
	parts := strings.Split(s, ".")
	for _, part := range parts {
		if part == "" || '0' <= part[0] && part[0] <= '9' {
			return "", false
		}
		for i := range len(part) {
			if !isIdent(part[i]) {
				return "", false
			}
		}
	}
	return strings.Join(parts, "/"), true
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
