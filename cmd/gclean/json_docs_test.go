package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/internal/fixture/jsondoc"
	"gclean/internal/pyjson"
)

const jsonPage = "../../docs/json.md"

// linted is the document of another program, whose tests have examples.
const linted = "lint-dockerfile"

// generated are the parts of docs/json.md that tests write, between two comments.
var generated = regexp.MustCompile(`(?s)(<!-- ([a-z]+) -->\n)(.*?)(<!-- end -->\n)`)

// docs/json.md has the tables and examples that the schemas and gclean make. With
// -update, they are written anew.
func TestJSONPage(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the page has paths of other systems")
	}
	set, err := jsondoc.Load()
	if err != nil {
		t.Fatal(err)
	}
	m := newExampleMachine(t)
	parts := map[string]string{"objects": set.Shapes(), "codes": set.CodeTables()}
	example := func(name string, args ...string) {
		var stdout, stderr strings.Builder
		run(t.Context(), "gclean", append(args, "--json"), strings.NewReader(""), &stdout, &stderr)
		parts[name] = fmt.Sprintf("%s\n\n%s\n`gclean %s --json`:\n\n```json\n%s\n```\n", set.About(name), set.Table(name),
			m.masked(strings.Join(args, " ")), m.example(t, stdout.String()))
	}
	example("report", "report") // first: its sums are those of the owners
	for name, args := range map[string][]string{
		"clean":   {"--all", "--dry-run"},
		"info":    {"info"},
		"envs":    {"envs"},
		"why":     {"why", "numpy-1.26.4*"},
		"ls":      {"ls", "pandas", "numpy-1.26.4*"},
		"owners":  {"report", "--by", "owner"},
		"verify":  {"verify", "--repair", "--dry-run"},
		"slim":    {"slim", m.env, "--docs", "--dry-run"},
		"restore": {"restore"},
		"error":   {"ls", "--sort", "weight"},
	} {
		example(name, args...)
	}
	m.shareCache(t)
	example("mark", "mark", "--round", m.dir+"/round")
	example("round", "round", "status", m.dir+"/round")
	parts["lint"] = set.About(linted) + "\n\n" + set.Table(linted)
	for _, name := range set.Names() {
		if parts[name] == "" && name != linted {
			t.Errorf("%s.json has no place in %s", name, jsonPage)
		}
	}
	m.rewrite(t, parts)
}

// recipes are the scripts of docs/json.md, with what they print.
var recipes = regexp.MustCompile("(?s)```(sh|python)\n((?:[^`]|`[^`])*?)```\n\n<!-- output -->\n.*?<!-- end -->\n")

// recipePage is docs/json.md, for a test that runs its recipes.
func recipePage(t *testing.T) []byte {
	t.Helper()
	for _, tool := range []string{"jq", "sh", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip("the recipes need it: ", err)
		}
	}
	if runtime.GOOS == "windows" {
		t.Skip("the recipes are for other systems")
	}
	page, err := os.ReadFile(jsonPage)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

// Recipes that look at the exit code say once why a run failed, and exit with its code.
// gclean prints an early error on stderr, too.
func TestJSONRecipesShowTheCause(t *testing.T) {
	page := recipePage(t)
	tried := 0
	for _, r := range recipes.FindAllStringSubmatch(string(page), -1) {
		if !strings.Contains(r[2], "message") {
			continue
		}
		for code, document := range map[int]string{
			2: `{"success": false, "message": "THE CAUSE"}`,
			1: `{"gclean": {"removed": [], "warnings": [], "errors": [{"code": "busy", "path": "/x", "message": "THE CAUSE"}], "message": null}}`,
			9: `{"gclean": {"removed": [], "errors": [], "warnings": [{"code": "no_cache", "path": null, "message": "THE CAUSE"}], "message": null}}`,
		} {
			tried++
			bin, lines := t.TempDir(), new(bytes.Buffer) // lines are the document as gclean prints it
			if err := json.Indent(lines, []byte(document), "", "  "); err != nil {
				t.Fatal(err)
			}
			fake := fmt.Sprintf("#!/bin/sh\necho '%s'\n[ %[2]d != 2 ] || echo THE CAUSE >&2\nexit %[2]d\n", lines, code)
			if err := os.WriteFile(filepath.Join(bin, "gclean"), []byte(fake), 0o755); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), map[string]string{"sh": "sh", "python": "python3"}[r[1]], "-c", r[2])
			cmd.Dir, cmd.Env = bin, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
			if out, err := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != code || strings.Count(string(out), "THE CAUSE") != 1 {
				t.Errorf("%v, printed %q:\n%s", err, out, r[2])
			}
		}
	}
	if tried < 9 {
		t.Errorf("%d runs were tried", tried)
	}
}

// The recipes of docs/json.md run, and print what stands there.
func TestJSONRecipes(t *testing.T) {
	page := recipePage(t)
	found := recipes.FindAllSubmatchIndex(page, -1)
	if len(found) < 8 {
		t.Fatalf("%d recipes are found", len(found))
	}
	got := strings.Builder{}
	end := 0
	for _, at := range found {
		m := newExampleMachine(t)
		tool, script := string(page[at[2]:at[3]]), string(page[at[4]:at[5]])
		if strings.Contains(script, "--yes") { // it fails in a dry run, too
			t.Setenv("CONDA_DRY_RUN", "1")
			if out, err := m.script(t, tool, script); err == nil || out != "" {
				t.Errorf("%v, printed %q in a dry run:\n%s", err, out, script)
			}
			t.Setenv("CONDA_DRY_RUN", "0")
		}
		out, err := m.script(t, tool, script)
		if err != nil || out == "" {
			t.Errorf("%v, printed %q:\n%s", err, out, script)
		}
		if strings.Contains(script, "--yes") {
			// It fails where there is nothing more to remove.
			if out, err := m.script(t, tool, script); err == nil || out != "" {
				t.Errorf("%v, printed %q the second time:\n%s", err, out, script)
			}
		}
		got.Write(page[end:at[5]])
		fmt.Fprintf(&got, "```\n\n<!-- output -->\n```text\n%s```\n<!-- end -->\n", out)
		end = at[1]
	}
	got.Write(page[end:])
	compareJSONPage(t, string(page), got.String())
}

// rewrite compares the page with what it should be, or writes it.
func (m *exampleMachine) rewrite(t *testing.T, parts map[string]string) {
	t.Helper()
	page, err := os.ReadFile(jsonPage)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{"output": true}
	got := generated.ReplaceAllStringFunc(string(page), func(part string) string {
		words := generated.FindStringSubmatch(part)
		name := words[2]
		if name == "output" {
			return part // TestJSONRecipes has it
		}
		if seen[name] || parts[name] == "" {
			t.Errorf("%s: nothing makes the part %q, or it is there twice", jsonPage, name)
		}
		seen[name] = true
		return words[1] + parts[name] + words[4]
	})
	for name := range parts {
		if !seen[name] {
			t.Errorf("%s has no part %q", jsonPage, name)
		}
	}
	compareJSONPage(t, string(page), got)
}

func compareJSONPage(t *testing.T, page, want string) {
	t.Helper()
	if page == want {
		return
	}
	if *update {
		if err := os.WriteFile(jsonPage, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	is, should := strings.Split(page, "\n"), strings.Split(want, "\n")
	for i := range should {
		if i >= len(is) || is[i] != should[i] {
			t.Fatalf("%s: line %d should be\n%s\nRun: go test ./cmd/gclean -run JSON -update", jsonPage, i+1, should[i])
		}
	}
	t.Fatalf("%s is too long", jsonPage)
}

// exampleMachine is what the examples of docs/json.md are about.
type exampleMachine struct {
	dir, env string
	total    pyjson.Object // the sums of the last report
}

// newExampleMachine makes a cache with packages that are free, held, and broken.
func newExampleMachine(t *testing.T) *exampleMachine {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(dir, "ann")
	root := filepath.Join(home, "miniconda3")
	m := &exampleMachine{dir: dir, env: filepath.Join(root, "envs", "work")}
	c, err := fixture.NewCache(filepath.Join(root, "pkgs"))
	if err != nil {
		t.Fatal(err)
	}
	pkg := func(name, version, build string) fixture.Package {
		return fixture.Package{Name: name, Version: version, Build: build, Files: []fixture.File{
			{Path: "lib/" + name + ".so", Size: 70000, Mode: 0o755}, {Path: "share/doc/" + name + "/index.html", Size: 3000},
		}}
	}
	python := fixture.File{Path: "lib/numpy/version.py", Size: 20}
	numpy, scipy := pkg("numpy", "1.26.4", "py311h64a7726_0"), pkg("scipy", "1.11.4", "py311h64a7726_0")
	numpy.Files = append(numpy.Files, python)
	env, err := fixture.NewEnvironment(m.env)
	err = errors.Join(err, c.Add(numpy), c.Add(scipy), env.Link(c, numpy, fixture.Link{Kind: fixture.Hard}), c.AddLog("20261127-120000-000000.log"),
		env.Register(filepath.Join(home, ".conda", "environments.txt")), os.Truncate(c.Path(scipy.Dist()+"/share/doc/scipy/index.html"), 1000),
		os.Remove(filepath.Join(m.env, python.Path)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"HOME": home, "XDG_CONFIG_HOME": filepath.Join(home, ".config"), "XDG_CACHE_HOME": filepath.Join(home, ".cache"), "CONDA_PKGS_DIRS": c.Dir, "CONDA_ROOT": root,
	} {
		t.Setenv(name, value)
	}
	return m
}

// script runs a script with a gclean on its PATH, and returns what it prints.
func (m *exampleMachine) script(t *testing.T, tool, script string) (string, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(m.dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, filepath.Join(bin, "gclean")); err != nil && !os.IsExist(err) {
		t.Skip("no symlinks: ", err)
	}
	if tool == "python" {
		tool = "python3"
	}
	cmd := exec.CommandContext(t.Context(), tool, "-c", script)
	cmd.Dir = m.dir
	cmd.Env = append(os.Environ(), asCommand+"=1", alikeIn+"="+m.dir, "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.Output()
	return m.masked(string(out)), err
}

// alikeIn names the folder of an exampleMachine: a process prints its document with what
// differs between machines made alike.
const alikeIn = "GCLEAN_TEST_ALIKE_IN"

// alikeMain is main on an exampleMachine.
func alikeMain() {
	m := exampleMachine{dir: os.Getenv(alikeIn)}
	if m.dir == "" {
		return
	}
	var out strings.Builder
	args := os.Args[1:]
	for i := range args { // another run has printed the path
		args[i] = strings.Replace(args[i], "/home/ann/", m.dir+"/ann/", 1)
	}
	code := run(context.Background(), "gclean", args, os.Stdin, &out, os.Stderr)
	if doc, err := jsondoc.Parse(out.String()); err != nil {
		fmt.Print(out.String()) // what shells complete
	} else {
		fmt.Print(pyjson.Encode(m.alike("", doc)))
	}
	os.Exit(code)
}

func (m *exampleMachine) masked(s string) string { return strings.ReplaceAll(s, m.dir, "/home") }

// example is a document with what differs between machines and file systems made alike.
func (m *exampleMachine) example(t *testing.T, printed string) string {
	t.Helper()
	doc, err := jsondoc.Parse(printed)
	if err != nil {
		t.Fatalf("%v in %s", err, printed)
	}
	return pyjson.Encode(m.alike("", doc))
}

// alike is the value of a key.
func (m *exampleMachine) alike(key string, v any) any {
	switch v := v.(type) {
	case pyjson.Object:
		for i := range v {
			size, known := jsondoc.Get(v, strings.NewReplacer("extra_disk", "apparent", "disk", "apparent", "freed", "apparent", "linked", "apparent").Replace(v[i].Key)).(int64)
			if onDisk := strings.HasSuffix(v[i].Key, "disk_size") || v[i].Key == "freed_size" || v[i].Key == "linked_size"; onDisk && known && v[i].Value != int64(0) {
				v[i].Value = (size + 4095) &^ 4095
				continue
			}
			v[i].Key, v[i].Value = m.masked(v[i].Key), m.alike(v[i].Key, v[i].Value)
		}
		m.addUp(v)
		for i := range v {
			if removed, ok := jsondoc.Get(v, "removed").(pyjson.List); ok && v[i].Key == "freed_size" && jsondoc.Get(v, "entry_count") != nil {
				v[i].Value = sumOf(removed, "freed_size")
			}
		}
		return v
	case pyjson.List:
		l := pyjson.List{}
		for _, item := range v {
			if m.owns(item) {
				l = append(l, m.alike("", item))
			}
		}
		return l
	case int64:
		switch {
		case key == "uid":
			return int64(1000)
		case v == 0:
			return v
		}
		switch key {
		case "filesystem_size", "filesystem_available":
			return int64(500_000_000_000)
		case "environment_count":
			return int64(1)
		}
	case string:
		switch key {
		case "owner", "user":
			return "ann"
		case "round":
			return "UQZ3KCOI5EYXPNCQ6HV2DBSCOW"
		case "text": // figures of this machine
			return "ann (uid 1000)\n==============\n\n..."
		case "host":
			if v != "node2" {
				return "node1"
			}
		case "identity":
			return "local node1/0123456789ab /home/ann/miniconda3/pkgs inode 5"
		case "version":
			if v == version() {
				return "0.1.0"
			}
		}
		if regexp.MustCompile(`^\d{4}-\d\d-\d\dT[\d:]+Z$`).MatchString(v) {
			return "2026-11-27T12:00:00Z"
		}
		return m.masked(v)
	}
	return v
}

// owns says whether an item of a list is of the example, not of the machine that the
// tests run on.
func (m *exampleMachine) owns(item any) bool {
	if o, ok := item.(pyjson.Object); ok {
		for _, key := range []string{"path", "prefix"} {
			if path, ok := jsondoc.Get(o, key).(string); ok && filepath.IsAbs(path) {
				return strings.HasPrefix(path, m.dir)
			}
		}
		code, _ := jsondoc.Get(o, "code").(string)
		return !strings.HasPrefix(code, "unseen") && !strings.HasPrefix(code, "unreadable")
	}
	path, ok := item.(string)
	return !ok || !filepath.IsAbs(path) || strings.HasPrefix(path, m.dir)
}
