// Package suggest finds what somebody meant who mistyped a name.
//
//	suggest.Nearest("older_than", []string{"all", "older-than"}) // "older-than"
package suggest

import "strings"

// Nearest is the name of which word is a misspelling, "" if there is none that is near:
// one that takes at most two changed, missing or added characters, and fewer than half
// of the word. Hyphens and underscores count as the same. Of several it is the first.
func Nearest(word string, names []string) string {
	word = plain(word)
	best, least := "", min(2, (len(word)-1)/2)+1
	for _, name := range names {
		if d := distance(word, plain(name)); d < least {
			best, least = name, d
		}
	}
	return best
}

func plain(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

// distance is how many characters have to be changed, added or taken out to make b of
// a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		above := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := above
			if a[i] != b[j] {
				change++
			}
			above = row[j+1]
			row[j+1] = min(change, row[j]+1, above+1)
		}
	}
	return row[len(b)]
}
