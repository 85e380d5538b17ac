package asuser

import (
	"strconv"
	"strings"

	"gclean/walk/open"
)

// Able says why this process cannot start a process as another user. It is nil if it can.
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

// HasNumber returns a function that says whether a uid exists in this user namespace. No
// process can run as one that does not.
func HasNumber() func(uid int) bool {
	text, err := open.ReadProc("self/uid_map", 1<<20)
	if err != nil {
		return func(int) bool { return true } // the system will report the error
	}
	type span struct{ first, count int64 }
	var spans []span
	for line := range strings.Lines(string(text)) {
		var numbers []int64 // first uid here, first uid outside, count
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
