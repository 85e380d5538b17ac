package slim

import (
	"encoding/binary"
	"slices"
	"strings"
)

// compiledReferences yields what a module that is there as byte code alone imports and
// names. ok is false if it is no byte code: it has the path of its source in it.
//
// The strings of marshal's format are found wherever they stand, each as its type, its
// length and its text: too many rather than too few. A name is read as what is imported,
// as a string, and as the name of a package: "from pkg import tests" has "pkg" and "tests".
func compiledReferences(code []byte, yield func(reference)) (ok bool) {
	seen := map[string]bool{}
	found := func(begin, length int) {
		if length < 1 || length > maxQuoted || begin+length > len(code) {
			return
		}
		text := code[begin : begin+length]
		if slices.ContainsFunc(text, func(c byte) bool { return c < ' ' || c > '~' }) || seen[string(text)] {
			return
		}
		s := string(text)
		seen[s] = true
		ok = ok || strings.HasSuffix(s, ".py")
		if isDotted(s) {
			module := strings.ReplaceAll(s, ".", "/")
			yield(reference{module: module})
			yield(reference{module: module, word: true})
		}
		testPaths(s, func(module string) { yield(reference{module: module, quoted: true}) })
	}
	for i, c := range code {
		switch c &^ 0x80 {
		case 'z', 'Z':
			if i+1 < len(code) {
				found(i+2, int(code[i+1]))
			}
		case 'a', 'A', 'u', 't', 's':
			if i+5 <= len(code) {
				found(i+5, int(min(binary.LittleEndian.Uint32(code[i+1:]), maxModule)))
			}
		}
	}
	return ok
}
