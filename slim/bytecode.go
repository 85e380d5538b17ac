package slim

import (
	"path"
	"strings"
)

// implementations begin the tags of bytecode: sys.implementation.cache_tag.
var implementations = []string{"cpython-", "pypy", "graalpy", "pyston-"}

// sourceOf is the module that the bytecode file at a path below a prefix was
// compiled from, as PEP 3147 and PEP 488 name it: pkg/__pycache__/a.cpython-311.pyc
// and a.cpython-311.opt-1.pyc come from pkg/a.py. pytest appends its version
// to the tag. "" is what has no such name.
func sourceOf(file string) string {
	dir, name := path.Split(file)
	dir = strings.TrimSuffix(dir, "/")
	if path.Base(dir) != pycache {
		return ""
	}
	name, ok := strings.CutSuffix(name, ".pyc")
	if !ok {
		return ""
	}
	at := -1
	for _, word := range implementations {
		at = max(at, strings.LastIndex(name, "."+word))
	}
	if at <= 0 {
		return ""
	}
	return path.Join(path.Dir(dir), name[:at]+".py")
}
