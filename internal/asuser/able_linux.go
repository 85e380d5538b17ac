package asuser

import (
	"strconv"
	"strings"

	"gclean/walk/open"
)

// Able says why this process can start nobody as another user; nil if it can.
func Able() error {
	sets, err := capabilities()
	if err != nil {
		return err
	}
	switch {
	case sets[0].Effective&becoming != becoming:
		return ErrNoRight
	case !isProc("/proc/self"):
		return ErrNoProcFS
	}
	return nil
}

// HasNumber makes a function that says whether a uid is one in this user namespace:
// nobody can be started as one that is not.
func HasNumber() func(uid int) bool {
	text, err := open.ReadProc("self/uid_map", 1<<20)
	if err != nil {
		return func(int) bool { return true } // the system will say
	}
	type span struct{ first, count int64 }
	var spans []span
	for line := range strings.Lines(string(text)) {
		var numbers []int64 // here, outside, how many: user_namespaces(7)
		for field := range strings.FieldsSeq(line) {
			if n, err := strconv.ParseInt(field, 10, 64); err == nil {
				numbers = append(numbers, n)
			}
		}
		if len(numbers) == 3 {
			spans = append(spans, span{numbers[0], numbers[2]})
		}
	}
	return func(uid int) bool {
		for _, s := range spans {
			if i := int64(uid) - s.first; i >= 0 && i < s.count {
				return true
			}
		}
		return false
	}
}
