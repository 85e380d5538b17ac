package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"strconv"
	"time"

	"gclean/internal/dockerlint"
	"gclean/internal/visible"
)

// name is how a file is called in messages.
func (c *checked) name() string {
	if c.path == "-" {
		return "stdin"
	}
	return visible.String(c.path)
}

// problems are what could not be read or understood, each with its line or 0.
func (c *checked) problems() []dockerlint.SyntaxError {
	var list []dockerlint.SyntaxError
	if c.err != nil {
		if syntax := (*dockerlint.SyntaxError)(nil); errors.As(c.err, &syntax) {
			list = append(list, *syntax)
		} else {
			list = append(list, dockerlint.SyntaxError{Err: c.err})
		}
	}
	for _, e := range c.Unread {
		list = append(list, *e)
	}
	return list
}

// complain reports files that cannot be read or understood.
func complain(w io.Writer, c checked) {
	for _, p := range c.problems() {
		where := c.name()
		if p.Line > 0 {
			where += ":" + strconv.Itoa(p.Line)
		}
		fmt.Fprintf(w, "%s: cannot be checked: %s\n", where, visible.String(p.Err.Error()))
	}
}

// writeText writes a line for each finding, as compilers do.
func writeText(w io.Writer, c checked) {
	for _, f := range c.Findings {
		fmt.Fprintf(w, "%s:%d: %s: %s [%s]\n", c.name(), f.Line, f.Rule.Level(), visible.String(f.Message), f.Rule.Code())
	}
}

// writeError writes the document of wrong usage, as docs/schema/error.json has it.
func writeError(w io.Writer, message string) error {
	const name = "ArgumentError"
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(struct {
		Schema  int    `json:"schema"`
		Success bool   `json:"success"`
		Error   string `json:"error"`
		Name    string `json:"exception_name"`
		Message string `json:"message"`
	}{1, false, name + ": " + message, name, message})
}

// writeJSON writes one document, as docs/schema/lint-dockerfile.json has it.
func writeJSON(w io.Writer, files []checked) error {
	type finding struct {
		Path        string `json:"path"`
		Line        int    `json:"line"`
		FirstLine   int    `json:"first_line"`
		LastLine    int    `json:"last_line"`
		RelatedLine *int   `json:"related_line"`
		Stage       string `json:"stage"`
		Code        string `json:"code"`
		Level       string `json:"level"`
		Message     string `json:"message"`
	}
	type problem struct {
		Path    string `json:"path"`
		Line    *int   `json:"line"`
		Message string `json:"message"`
	}
	known := func(line int) *int { // null where it is not
		if line == 0 {
			return nil
		}
		return &line
	}
	doc := struct {
		Schema   int       `json:"schema"`
		Success  bool      `json:"success"`
		Version  string    `json:"version"`
		Findings []finding `json:"findings"`
		Errors   []problem `json:"errors"`
	}{1, true, version(), []finding{}, []problem{}}
	for _, c := range files {
		for _, f := range c.Findings {
			doc.Findings = append(doc.Findings, finding{
				c.path, f.Line, f.Instruction, f.End, known(f.Related), f.Stage, f.Rule.Code(), f.Rule.Level(), visible.Redact(f.Message),
			})
		}
		for _, p := range c.problems() {
			doc.Success = false
			doc.Errors = append(doc.Errors, problem{c.path, known(p.Line), visible.Redact(p.Err.Error())})
		}
	}
	return encode(w, doc)
}

func encode(w io.Writer, doc any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(doc)
}

// commitDate is the date of the man page: $SOURCE_DATE_EPOCH, or that of the commit.
func commitDate() string {
	date := time.Unix(0, 0)
	if seconds, err := strconv.ParseInt(os.Getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		date = time.Unix(seconds, 0)
	} else if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if t, err := time.Parse(time.RFC3339, s.Value); err == nil && s.Key == "vcs.time" {
				date = t
			}
		}
	}
	return date.UTC().Format("January 2, 2006")
}
