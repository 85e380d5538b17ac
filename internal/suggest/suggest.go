// Package suggest finds the name that a user meant who mistyped it.
//
//	suggest.Nearest("older_than", []string{"all", "older-than"}) // "older-than"
package suggest

import "strings"

// Nearest is the name that word probably misspells, or "". It is near if at most two
// characters, and fewer than half of the word, are changed, missing, added or exchanged.
// Hyphens and underscores count as the same. Of several near names, the first is
// returned.
func Nearest(word string, names []string) string {
	word = plain(word)
	best, least := "", min(2, (len(word)-1)/2)+1
	for i, name := range names {
		name := plain(name)
		if longer := len(word) - len(name); longer >= least || -longer >= least {
			continue // few of thousands have such a length
		}
		if d := distance(word, name); d < least {
			best, least = names[i], d
		}
	}
	return best
}

func plain(s string) string { return strings.ReplaceAll(strings.ToLower(s), "_", "-") }

// distance is how many characters must be changed, added, removed or exchanged with the
// next to turn a into b (optimal string alignment).
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
