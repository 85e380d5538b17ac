// Package suggest finds what somebody meant who mistyped a name.
//
//	suggest.Nearest("older_than", []string{"all", "older-than"}) // "older-than"
package suggest

import "strings"

// Nearest is the name of which word is a misspelling, "" if there is none that is near:
// one that takes at most two changed, missing, added or exchanged characters, and fewer
// than half of the word. Hyphens and underscores count as the same. Of several it is the first.
func Nearest(word string, names []string) string {
	word = plain(word)
	best, least := "", min(2, (len(word)-1)/2)+1
	for i, name := range names {
		name := plain(name)
		if longer := len(word) - len(name); longer >= least || -longer >= least {
			continue // of thousands, few are as long
		}
		if d := distance(word, name); d < least {
			best, least = names[i], d
		}
	}
	return best
}

func plain(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

// distance is how many characters have to be changed, added, taken out or exchanged with
// the next to make b of a (optimal string alignment).
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
