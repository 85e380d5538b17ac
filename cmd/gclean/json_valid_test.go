package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gclean/internal/fixture/jsondoc"
)

// wrongDocuments is the variable that names a folder: a process that prints a document
// which its schema does not have writes a file there, whatever its test looks at.
const wrongDocuments = "GCLEAN_TEST_WRONG_DOCUMENTS"

// checked are all tests of this package. They fail if gclean has printed a document,
// in this process or another one, that its schema does not have.
type checked struct{ *testing.M }

func (c checked) Run() int {
	dir, err := os.MkdirTemp("", "gclean-documents-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	if err := os.Chmod(dir, 0o777); err != nil { // other users print too
		panic(err)
	}
	os.Setenv(wrongDocuments, dir)
	code := c.M.Run()
	wrong, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		panic(err)
	}
	for _, path := range wrong {
		text, err := os.ReadFile(path)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(os.Stderr, "--- FAIL: a document is not as docs/schema has it\n%s\n", text)
		code = max(code, 1)
	}
	return code
}

// checkDocument holds what gclean has printed against the schema of its command, if it
// is one whole document: a run that was cut off prints half of one.
func checkDocument(args []string, printed string) {
	if !strings.HasPrefix(printed, "{") || !json.Valid([]byte(printed)) {
		return
	}
	command := commandOf(args)
	err := validate(command, printed)
	if err == nil {
		return
	}
	f, failed := os.CreateTemp(os.Getenv(wrongDocuments), command+"-*")
	if failed != nil {
		panic(fmt.Sprintf("%v: gclean %q: %v", failed, args, err))
	}
	defer f.Close()
	fmt.Fprintf(f, "gclean %q: %v\n%s", args, err, printed)
}

// commandOf is the name of the command that args are for.
func commandOf(args []string) string {
	root := newRoot(newApp("gclean", nil, new(strings.Builder), new(strings.Builder)), args)
	cmd, _, err := root.Find(spreadPaths(args, root.Flags()))
	if err != nil || cmd == root {
		return cleanName
	}
	if cmd.Name() == "report" && slices.Contains(args, "--by") {
		return "owners" // a document of its own
	}
	return strings.ReplaceAll(strings.TrimPrefix(cmd.CommandPath(), "gclean "), " ", "-")
}

func validate(command, document string) error {
	set, err := jsondoc.Load()
	if err != nil {
		return err
	}
	return set.Validate(command, []byte(document))
}

func valid(t *testing.T, command, document string) {
	t.Helper()
	if err := validate(command, document); err != nil {
		t.Errorf("%v\nin %s", err, document)
	}
}

// What a test prints is checked whoever looks at it: a document with a key that its
// schema lacks is noted, in this process and in another one.
func TestWrongDocumentsAreNoted(t *testing.T) {
	noted := t.TempDir()
	t.Setenv(wrongDocuments, noted)
	for _, tt := range []struct {
		args     []string
		document string
		want     bool
	}{
		{[]string{"envs", "--json"}, `{"schema": 1, "success": true, "environments": [], "warnings": []}`, false},
		{[]string{"envs", "--json"}, `{"schema": 1, "success": true, "environments": [], "warnings": [], "more": 1}`, true},
		{[]string{"envs", "--json"}, `{"schema": 2, "success": true, "environments": [], "warnings": []}`, true},
		{[]string{"envs", "--json"}, `{"schema": 1, "success": true, "environments": []}`, true},
		{[]string{"ls"}, `{"schema": 1, "success": true, "environments": [], "warnings": []}`, true},
		{[]string{"ls"}, `{"schema": 1, "success": false, "error": "x", "exception_name": "ArgumentError", "message": "x"}`, false},
		{[]string{"-a"}, `{"schema": 1, "success": false, "error": "x", "exception_name": "Error", "message": "x"}`, true},
		{[]string{"-a", "-d"}, `{"success": true}`, true},
		{[]string{"man"}, `{}`, true},
	} {
		checkDocument(tt.args, tt.document)
		files, err := filepath.Glob(filepath.Join(noted, "*"))
		if err != nil || len(files) > 0 != tt.want {
			t.Errorf("gclean %q: %v (%v), want %v: %s", tt.args, files, err, tt.want, tt.document)
		}
		for _, f := range files {
			os.Remove(f)
		}
	}
}

// Every object of the schemas is closed, and every key is described.
func TestSchemasAreClosed(t *testing.T) {
	set, err := jsondoc.Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range set.Problems() {
		t.Error(problem)
	}
	for _, cmd := range newRoot(newApp("gclean", nil, new(strings.Builder), new(strings.Builder)), nil).Commands() {
		if cmd.Flags().Lookup("json") != nil && !slices.Contains(set.Names(), cmd.Name()) {
			t.Errorf("%s has --json, and docs/schema has no %s.json", cmd.Name(), cmd.Name())
		}
	}
}
