package slim

import (
	"strings"
	"testing"
)

// Names are found wherever the parts of a long program end.
func TestNamesAcrossParts(t *testing.T) {
	libs := map[string]bool{"libx.a": true, "liby.a": true}
	for _, at := range []int{0, 1, 1<<20 - 7, 1<<20 - 6, 1<<20 - 3, 1<<20 - 1, 1 << 20, 2<<20 - 300, 3<<20 - 260} {
		text := strings.Repeat("\x00", at) + "libx.a\x00-ly\x00" + strings.Repeat("\x00", 1000)
		var found []string
		namedLibs(strings.NewReader(text), libs, func(lib string) { found = append(found, lib) })
		if len(found) != 2 {
			t.Errorf("at %d: %v", at, found)
		}
	}
	namedLibs(strings.NewReader(strings.Repeat("lib.a-l", 1<<18)), libs, func(lib string) { t.Error(lib) })
}
