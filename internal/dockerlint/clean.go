package dockerlint

import (
	"slices"
	"strings"
)

// empty describes a command that empties caches.
type empty struct {
	conda, rattler parts  // what it removes of each family; 0 is nothing
	what           string // "conda clean -afy"; "" for commands that only remove files
	tool           string // "conda clean"
	asks           bool   // it asks before it removes, and fails if nobody answers
	// unknown is a script that may clean.
	unknown bool
	// dry says that nothing is removed.
	dry bool
}

// cleans says whether c cleans caches.
func cleans(c *command, s *settings) (empty, bool) {
	name, args := c.name(), c.argv[1:]
	switch {
	case isConda(name):
		verb, rest := verbOf(args)
		if verb != "clean" || asksForHelp(rest) {
			return empty{}, false
		}
		// Without --yes, conda, mamba and micromamba read the end of stdin as "yes".
		e := empty{conda: targets(rest), what: shown(c), tool: name + " clean"}
		e.dry = has(rest, "--dry-run", 'd')
		return e, true
	case name == "gclean", name == "conda-gclean":
		return gcleanCleans(c, args, s)
	case name == "pixi":
		args = skipFlags(args, " --color --manifest-path ")
		if len(args) < 2 || args[0] != "clean" || args[1] != "cache" || asksForHelp(args) {
			return empty{}, false
		}
		e := empty{rattler: whole, what: shown(c), tool: "pixi clean cache", asks: !has(args, "--yes", 'y') && !slices.Contains(args, "--assume-yes")}
		if kinds := slices.DeleteFunc(slices.Clone(args[2:]), func(arg string) bool { return !strings.HasPrefix(arg, "--") || arg == "--yes" }); len(kinds) > 0 {
			e.rattler, e.asks = pixiKinds(kinds), false // pixi does not ask about these
		}
		return e, true
	case name == "rm", name == "find", name == "mv", s.windows && (name == "rmdir" || name == "rd" || name == "del"):
		return removes(c, s)
	case mayClean(c):
		return empty{conda: whole, rattler: whole, unknown: true}, true
	}
	return empty{}, false
}

// targets are what the flags of conda clean name. conda's parser accepts abbreviated long
// flags, such as --index.
func targets(args []string) parts {
	var p parts
	for _, target := range []struct {
		long  string
		short byte
		parts parts
	}{
		{"--all", 'a', whole}, {"--force-pkgs-dirs", 'f', whole}, {"--index-cache", 'i', index}, {"--packages", 'p', packages}, {"--tarballs", 't', archives},
	} {
		begins := func(arg string) bool { return len(arg) > 3 && strings.HasPrefix(target.long, arg) }
		if has(args, target.long, target.short) || slices.ContainsFunc(args, begins) {
			p |= target.parts
		}
	}
	return p
}

func gcleanCleans(c *command, args []string, s *settings) (empty, bool) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		if args[0] != "clean" {
			return empty{}, false
		}
		args = args[1:]
	}
	if asksForHelp(args) || slices.Contains(args, "--version") {
		return empty{}, false
	}
	p := targets(args)
	e := empty{conda: p, rattler: p, what: shown(c), tool: "gclean", dry: has(args, "--dry-run", 'd')}
	// Packages that were just installed are not older than any limit.
	if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, "--older-than") }) {
		e.conda, e.rattler = 0, 0
	}
	e.asks = !has(args, "--yes", 'y') && !s.saysYes(c)
	return e, true
}

// pixiKinds are what the flags of pixi clean cache name; 0 if there is no flag.
func pixiKinds(args []string) parts {
	var p parts
	for _, kind := range []struct {
		flag  string
		parts parts
	}{{"--conda", packages | archives}, {"--repodata", index}} {
		if slices.Contains(args, kind.flag) {
			p |= kind.parts
		}
	}
	return p
}

// shown is a command as a message shows it.
func shown(c *command) string {
	words := []string{c.name()}
	for _, arg := range c.argv[1:] {
		if len(words) > 5 {
			words = append(words, "...")
			break
		}
		words = append(words, arg)
	}
	return strings.Join(words, " ")
}
