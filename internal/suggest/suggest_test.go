package suggest_test

import (
	"testing"

	"gclean/internal/suggest"
)

func TestNearest(t *testing.T) {
	names := []string{"all", "older-than", "packages", "ls", "slim", "report"}
	for word, want := range map[string]string{
		"older_than": "older-than", "olderthan": "older-than", "pakages": "packages", "PACKAGES": "packages", "pcakages": "packages",
		"lss": "ls", "al": "", "x": "", "": "", "reprot": "report", "slmi": "slim", "sl": "", "sli": "slim", "nonsense": "", "all": "all",
	} {
		if got := suggest.Nearest(word, names); got != want {
			t.Errorf("%q: %q, want %q", word, got, want)
		}
	}
}
