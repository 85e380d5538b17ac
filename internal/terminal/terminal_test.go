package terminal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestUTF8(t *testing.T) {
	for setting, want := range map[string]bool{
		"":                                false,
		"LANG=C":                          false,
		"LANG=C.UTF-8":                    true,
		"LANG=de_DE.utf8":                 true,
		"LANG=de_DE.ISO-8859-1":           false,
		"LANG=C LC_ALL=en_US.UTF-8":       true,
		"LANG=en_US.UTF-8 LC_ALL=C":       false,
		"LANG=en_US.UTF-8 LC_CTYPE=POSIX": false,
		"LC_CTYPE=C.UTF-8 LC_ALL=":        true,
	} {
		env := map[string]string{}
		for word := range strings.FieldsSeq(setting) {
			name, value, _ := strings.Cut(word, "=")
			env[name] = value
		}
		if got := isUTF8(func(name string) string { return env[name] }); got != want {
			t.Errorf("%q: %v, want %v", setting, got, want)
		}
	}
}

// A file is as wide as its lines, whatever the terminal beside it is.
func TestWidthOfAFile(t *testing.T) {
	t.Setenv("COLUMNS", "40")
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if got := Width(f); got != Unlimited {
		t.Errorf("a file has %d columns", got)
	}
	if got := Width(new(strings.Builder)); got != Unlimited {
		t.Errorf("a buffer has %d columns", got)
	}
	if Is(f) || Moves(f) || Escapes(f) {
		t.Error("a file counts as a terminal")
	}
}
