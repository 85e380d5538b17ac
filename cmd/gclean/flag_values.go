package main

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"gclean/internal/suggest"
	"gclean/internal/units"
)

// Values of flags. The type is the word that the help prints for the value.

// whole is the value of a flag that is a whole number from 0.
type whole struct {
	p    *int
	most int
}

func (n whole) Type() string   { return "N" }
func (n whole) String() string { return strconv.Itoa(*n.p) }
func (n whole) Set(s string) error {
	i, err := strconv.Atoi(s)
	if err != nil || i < 0 || i > n.most {
		if n.most == math.MaxInt {
			return errors.New("must be a number from 0")
		}
		return fmt.Errorf("must be a number from 0 to %d", n.most)
	}
	*n.p = i
	return nil
}

// maxJobs limits --jobs: each job needs memory and open files.
const maxJobs = 512

// choice is the value of a flag that is one of a few words.
type choice struct {
	p     *string
	name  string
	words []string
}

func (c choice) Type() string   { return c.name }
func (c choice) String() string { return *c.p }
func (c choice) Set(s string) error {
	if !slices.Contains(c.words, s) {
		last := len(c.words) - 1
		if last == 0 {
			return errors.New("only " + c.words[0] + " is known")
		}
		meant := ""
		if word := suggest.Nearest(s, c.words); word != "" {
			meant = "did you mean " + strconv.Quote(word) + "? "
		}
		return fmt.Errorf("%s%s and %s are known", meant, strings.Join(c.words[:last], ", "), c.words[last])
	}
	*c.p = s
	return nil
}

// console is the value of conda's --console, which names the renderer of the output. json
// is app.json.
type console struct{ json *bool }

// consoles are conda's own backends; the default has two names.
func consoles() []string { return []string{"classic", "console", "json"} }

func (c console) Type() string   { return "NAME" }
func (c console) String() string { return "" }
func (c console) Set(s string) error {
	var name string
	if err := (choice{&name, "NAME", consoles()}).Set(s); err != nil {
		return err
	}
	*c.json = *c.json || name == "json"
	return nil
}

// word is the value of a flag that is any word except the empty one.
type word struct {
	p    *string
	name string
}

func (w word) Type() string   { return w.name }
func (w word) String() string { return *w.p }
func (w word) Set(s string) error {
	if s == "" {
		return errors.New("must not be empty")
	}
	*w.p = s
	return nil
}

// wordList is the value of a flag that is a list of words separated by commas;
// repeatable.
type wordList struct {
	name  string
	words []string
}

func (l *wordList) Type() string   { return l.name }
func (l *wordList) String() string { return strings.Join(l.words, ",") }
func (l *wordList) Set(s string) error {
	for w := range strings.SplitSeq(s, ",") {
		if w == "" {
			return errors.New("must be words between commas")
		}
		l.words = append(l.words, w)
	}
	return nil
}

// span is the value of a flag that is a duration.
type span time.Duration

func (w *span) Type() string   { return "DURATION" }
func (w *span) String() string { return units.Setting(time.Duration(*w)) }
func (w *span) Set(s string) error {
	d, err := parseSpan(s)
	if err == nil {
		*w = span(d)
	}
	return err
}

// optionalSpan is the value of a flag that is a duration, and nil if it was not given.
type optionalSpan struct{ span *time.Duration }

// of is the duration, 0 if it was not given.
func (o *optionalSpan) of() time.Duration {
	if o.span == nil {
		return 0
	}
	return *o.span
}

func (o *optionalSpan) Type() string { return "DURATION" }
func (o *optionalSpan) String() string {
	if o.span == nil {
		return ""
	}
	return units.Setting(*o.span)
}

func (o *optionalSpan) Set(s string) error {
	d, err := parseSpan(s)
	if err == nil {
		o.span = &d
	}
	return err
}

// errEmptyPath is the error for --pkgs-dir "$UNSET": an empty path would mean the current
// directory.
var errEmptyPath = errors.New("the path is empty")

// dir is the value of a flag that names a folder.
type dir string

func (d *dir) String() string { return string(*d) }
func (d *dir) Type() string   { return "DIR" }
func (d *dir) Set(s string) error {
	if s == "" {
		return errEmptyPath
	}
	*d = dir(s)
	return nil
}

// file is the value of a flag that names a file.
type file string

func (f *file) String() string { return string(*f) }
func (f *file) Type() string   { return "FILE" }
func (f *file) Set(s string) error {
	if s == "" {
		return errEmptyPath
	}
	*f = file(s)
	return nil
}

// dirList is the value of a flag that names a folder each time it is given.
type dirList []string

func (l *dirList) String() string { return strings.Join(*l, " ") }
func (l *dirList) Type() string   { return "DIR" }
func (l *dirList) Set(s string) error {
	if s == "" {
		return errEmptyPath
	}
	*l = append(*l, s)
	return nil
}

// noPath is what pflag passes for -c without a path. No path contains a zero byte.
const noPath = "\x00"

// tempPaths is the value of -c.
type tempPaths struct {
	bare  bool // -c without a path: the root prefix
	paths dirList
}

func (t *tempPaths) String() string { return t.paths.String() }
func (t *tempPaths) Type() string   { return "[PATH ...]" }
func (t *tempPaths) Set(s string) error {
	if s == noPath {
		t.bare = true
		return nil
	}
	return t.paths.Set(s)
}
func (t *tempPaths) given() bool { return t.bare || len(t.paths) > 0 }

// badValue says what is wrong with the value of a flag, without the words of Go and
// pflag. It returns err itself if err is about something else.
func badValue(err error) error {
	var invalid *pflag.InvalidValueError
	if !errors.As(err, &invalid) {
		return err
	}
	cause := errors.Unwrap(invalid)
	switch invalid.GetFlag().Value.Type() {
	case "bool":
		cause = errors.New("expected true or false")
	case "count":
		cause = errors.New("expected a number")
	}
	return fmt.Errorf("%s: %w", shownValue(invalid.GetValue()), cause)
}

// shownValue is a value as it was given, quoted if it would be invisible.
func shownValue(s string) string {
	if s == "" {
		return `""`
	}
	return printable(s)
}
