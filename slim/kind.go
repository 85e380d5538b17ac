package slim

// Kind is a kind of files that a finished image can do without.
type Kind int

// The kinds, in the order in which they claim a file that is of several.
const (
	Bytecode   Kind = iota // __pycache__/*.pyc beside their sources
	StaticLibs             // *.a
	SourceMaps             // *.js.map
	Docs                   // man pages, share/doc, info, gtk-doc
	Tests                  // test folders of Python and its packages
	Headers                // include
	History                // the text of conda-meta/history
	Sanitizers             // lib*san.so*
	Idle                   // idlelib, turtledemo, ensurepip
	Sources                // *.pyx, *.c beside the module made of them
	Locales                // translations
	Terminfo               // descriptions of terminals
)

// Kinds are all kinds, in order.
func Kinds() []Kind {
	return []Kind{Bytecode, StaticLibs, SourceMaps, Docs, Tests, Headers, History, Sanitizers, Idle, Sources, Locales, Terminfo}
}

// SafeKinds are those that no program of the environment can miss: what is made again,
// what only linkers and debuggers read that are not there, what only a browser's
// debugger reads.
func SafeKinds() []Kind { return []Kind{Bytecode, StaticLibs, SourceMaps, Sanitizers, Sources} }

// String is the name of the kind's flag, without hyphens before it.
func (k Kind) String() string {
	switch k {
	case Bytecode:
		return "pycache"
	case StaticLibs:
		return "static-libs"
	case SourceMaps:
		return "js-maps"
	case Docs:
		return "docs"
	case Tests:
		return "tests"
	case Headers:
		return "headers"
	case History:
		return "conda-meta-history"
	case Sanitizers:
		return "sanitizers"
	case Idle:
		return "idle"
	case Sources:
		return "sources"
	case Locales:
		return "locales"
	case Terminfo:
		return "terminfo"
	}
	return "?"
}

// kindSet is a set of kinds.
type kindSet uint16

func setOf(kinds ...Kind) kindSet {
	var s kindSet
	for _, k := range kinds {
		s |= 1 << k
	}
	return s
}

func (s kindSet) has(k Kind) bool { return s&(1<<k) != 0 }

// first is the kind of s that claims a file; ok is false of the empty set.
func (s kindSet) first() (k Kind, ok bool) {
	for _, k := range Kinds() {
		if s.has(k) {
			return k, true
		}
	}
	return 0, false
}
