package dockerlint

import "strings"

// Rule is a mistake that Check looks for.
type Rule int

// The rules, in the order in which they are documented.
const (
	NotCleaned     Rule = iota // an install whose RUN does not clean
	CleanedLater               // cleaning in a later RUN
	CachesCopied               // COPY --from copies caches
	CleaningAsks               // cleaning without --yes
	CleaningMisses             // cleaning that leaves some of the caches
	CondaClean                 // conda clean although gclean is available
	rules                      // the number of rules
)

// Rules returns all of them.
func Rules() []Rule {
	list := make([]Rule, rules)
	for i := range list {
		list[i] = Rule(i)
	}
	return list
}

// Code is the name of a rule for scripts and for comments that ignore it.
func (r Rule) Code() string {
	return [...]string{"not_cleaned", "cleaned_later", "caches_copied", "cleaning_asks", "cleaning_misses", "conda_clean"}[r]
}

// Level is the severity in SARIF's words: "error" fails the build, "warning" makes the
// image larger, "note" is advice.
func (r Rule) Level() string {
	switch r {
	case CleaningAsks:
		return "error"
	case CondaClean:
		return "note"
	}
	return "warning"
}

// Summary describes the rule in a sentence.
func (r Rule) Summary() string {
	return [...]string{
		"An install leaves its caches in the layer of its RUN.",
		"Caches are cleaned in a later RUN, which frees nothing: the earlier layer keeps them.",
		"COPY --from copies caches that the other stage did not clean.",
		"Cleaning asks before it removes, and fails in a build, where nobody answers.",
		"Cleaning leaves some of the caches.",
		"conda clean runs although gclean is available.",
	}[r]
}

// Advice says what to do about a finding, in a sentence or two.
func (r Rule) Advice() string {
	return [...]string{
		`End the RUN with "gclean -afy" or "conda clean -afy". pixi's caches need gclean or "pixi clean cache --yes".`,
		"Clean in the RUN that installs, not in a later one.",
		"Clean in the stage that installs, or copy only the environment.",
		"Pass --yes.",
		`Use "gclean -afy" or "conda clean -afy".`,
		`Use "gclean -afy": it takes the same flags as conda clean, and also removes what pixi left.`,
	}[r]
}

// ruleOf is the rule with a code.
func ruleOf(code string) (Rule, bool) {
	for _, r := range Rules() {
		if r.Code() == code {
			return r, true
		}
	}
	return 0, false
}

// Codes are the codes of all rules.
func Codes() []string {
	var list []string
	for _, r := range Rules() {
		list = append(list, r.Code())
	}
	return list
}

// Finding is a mistake in a Dockerfile.
type Finding struct {
	Rule Rule
	// Line is the line of the command, from 1. Instruction and End are the first and the
	// last line of its instruction.
	Line, Instruction, End int
	// Related is another line that the message names, 0 for none.
	Related int
	// Stage is the name of the build stage, or its number.
	Stage string
	// Message says what is wrong, and what to do, in one line without a full stop.
	Message string
}

// parts are parts of a cache.
type parts int

const (
	archives parts = 1 << iota
	index
	packages

	whole = archives | index | packages
)

func (p parts) String() string {
	if p == whole {
		return "its caches"
	}
	var words []string
	for _, part := range []struct {
		bit  parts
		name string
	}{{archives, "archives"}, {index, "the index cache"}, {packages, "extracted packages"}} {
		if p&part.bit != 0 {
			words = append(words, part.name)
		}
	}
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
