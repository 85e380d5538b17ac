package dockerlint

import (
	"path"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// command is a program as a RUN starts it.
type command struct {
	argv []string
	env  map[string]string // variables for this command alone
	line int
	// wrote is the file that gets its output, or "". input is a heredoc for its stdin.
	wrote, input string
}

// name is the name of the program.
func (c *command) name() string {
	if len(c.argv) == 0 {
		return ""
	}
	return programName(c.argv[0])
}

func programName(arg string) string {
	switch variable := strings.Trim(arg, "${}"); variable {
	case "MAMBA_EXE", "CONDA_EXE":
		if arg != variable { // its content is unknown
			return map[string]string{"MAMBA_EXE": "micromamba", "CONDA_EXE": "conda"}[variable]
		}
	}
	name := strings.ToLower(path.Base(strings.ReplaceAll(arg, `\`, "/")))
	return strings.TrimSuffix(strings.TrimSuffix(name, ".exe"), ".bat")
}

// maxDepth limits the nesting of shells, as in bash -c "bash -c ...".
const maxDepth = 8

// reader collects the commands of a script, in the order in which they run.
type reader struct {
	vars map[string]string // known variables, including those that the script assigns
	// at finds the lines of the script.
	at        text
	functions map[string]*syntax.Stmt
	args      []string // the arguments of the function that runs
	input     string   // the heredoc of the command that is read
	// quoted are the arguments of that command that may be scripts, as written.
	quoted   map[string]text
	commands []command
	atExit   []command // the command of a trap
	depth    int
	budget   *int
}

// commandsOf are the commands of a script, with known variables replaced. It fails if the
// script is not in a shell's language.
func commandsOf(t text, vars map[string]string) ([]command, error) {
	return readScript(t, vars, 0, newBudget())
}

func readScript(t text, vars map[string]string, depth int, budget *int) ([]command, error) {
	if interpreter := shebang(t.shell); depth > maxDepth || interpreter != "" && !isShell(interpreter) {
		return nil, nil
	}
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(t.shell), "")
	if err != nil {
		var posixErr error
		if f, posixErr = syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(t.shell), ""); posixErr != nil {
			return nil, shellError(t, err)
		}
	}
	r := &reader{vars: vars, at: t, functions: map[string]*syntax.Stmt{}, depth: depth, budget: budget}
	for _, stmt := range f.Stmts {
		r.walk(stmt)
	}
	return append(r.commands, r.atExit...), nil
}

// shellError is an error of the parser, with the line of the file.
func shellError(t text, err error) error {
	if e, ok := err.(syntax.ParseError); ok {
		return &SyntaxError{t.line(int(e.Pos.Offset())), shellSyntax(e.Text)}
	}
	return &SyntaxError{t.line(0), err}
}

type shellSyntax string

func (e shellSyntax) Error() string { return "not a shell: " + string(e) }

// shebang is the interpreter that the first line of a script names.
func shebang(script string) string {
	rest, ok := strings.CutPrefix(script, "#!")
	if !ok {
		return ""
	}
	line, _, _ := strings.Cut(rest, "\n")
	words := strings.Fields(line)
	words = slices.DeleteFunc(words, func(w string) bool { return path.Base(w) == "env" || strings.HasPrefix(w, "-") })
	if len(words) == 0 {
		return ""
	}
	return words[0]
}

// isShell says whether a program reads the shell's language.
func isShell(program string) bool {
	switch programName(program) {
	case "sh", "bash", "dash", "ash", "zsh", "ksh", "busybox", "_dockerfile_shell.sh": // the last is micromamba's
		return true
	}
	return false
}

// walk collects the commands of a part of the script.
func (r *reader) walk(node syntax.Node) {
	syntax.Walk(node, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.Stmt:
			return r.stmt(n)
		case *syntax.FuncDecl:
			if n.Name != nil {
				r.functions[n.Name.Value] = n.Body
			}
			return false
		case *syntax.BinaryCmd:
			if n.Op == syntax.Pipe || n.Op == syntax.PipeAll {
				r.pipe(n)
				return false
			}
		case *syntax.DeclClause:
			for _, a := range n.Args {
				r.assign(r.vars, a)
			}
		}
		return true
	})
}

// pipe handles a pipeline. What find or ls list is removed if rm gets it.
func (r *reader) pipe(p *syntax.BinaryCmd) {
	from := len(r.commands)
	r.walk(p.X)
	to := len(r.commands)
	r.walk(p.Y)
	if !slices.ContainsFunc(r.commands[to:], func(c command) bool { return c.name() == "rm" }) {
		return
	}
	for i := from; i < to; i++ {
		switch c := &r.commands[i]; c.name() {
		case "find":
			c.argv = append(slices.Clone(c.argv), "-delete")
		case "ls", "echo", "printf":
			c.argv = append([]string{"rm"}, c.argv[1:]...)
		}
	}
}

// stmt handles a statement with redirections. It says whether walk has to continue inside
// it.
func (r *reader) stmt(s *syntax.Stmt) bool {
	wrote := ""
	var doc *syntax.Word
	for _, redirect := range s.Redirs {
		switch redirect.Op {
		case syntax.RdrOut, syntax.AppOut, syntax.RdrAll, syntax.RdrClob:
			wrote = strings.Join(r.words(redirect.Word), " ")
		case syntax.Hdoc, syntax.DashHdoc:
			doc = redirect.Hdoc
		}
	}
	call, ok := s.Cmd.(*syntax.CallExpr)
	switch {
	case s.Cmd == nil && doc != nil: // RUN <<EOF
		r.heredoc(doc)
		return false
	case !ok:
		return true
	}
	if doc != nil {
		if r.readsStdin(call) {
			r.heredoc(doc)
			return false
		}
		r.input = r.source(doc)
	}
	r.call(call, wrote)
	r.input = ""
	words := call.Args // may have command substitutions
	for _, a := range call.Assigns {
		if a.Value != nil {
			words = append(slices.Clip(words), a.Value)
		}
	}
	for _, word := range words {
		for _, part := range word.Parts {
			r.walk(part)
		}
	}
	return false
}

// readsStdin says whether a command is a shell that reads its script from stdin.
func (r *reader) readsStdin(call *syntax.CallExpr) bool {
	c := command{argv: r.words(call.Args...), env: map[string]string{}}
	for range maxDepth {
		if isShell(c.name()) {
			_, _, hasScript := unwrap(&c)
			return !hasScript && (len(skipFlags(c.argv[1:], " -o +o ")) == 0 || slices.Contains(c.argv, "-s"))
		}
		inner, script, ok := unwrap(&c)
		if !ok || script != "" {
			break
		}
		c = inner
	}
	return false
}

// heredoc handles a script that a shell reads from stdin.
func (r *reader) heredoc(doc *syntax.Word) {
	if script := r.source(doc); script != "" {
		r.inner(r.at.part(int(doc.Pos().Offset()), script))
	}
}

// source is a heredoc as written.
func (r *reader) source(doc *syntax.Word) string {
	from, to := int(doc.Pos().Offset()), int(doc.End().Offset())
	if from > to || to > len(r.at.shell) {
		return ""
	}
	return r.at.shell[from:to]
}

// inner handles a script inside the script. It skips what is not a shell.
func (r *reader) inner(t text) {
	list, err := readScript(t, r.vars, r.depth+1, r.budget)
	if err == nil {
		r.commands = append(r.commands, list...)
	}
}

// call handles a simple command.
func (r *reader) call(c *syntax.CallExpr, wrote string) {
	if len(c.Args) == 0 {
		for _, a := range c.Assigns {
			r.assign(r.vars, a)
		}
		return
	}
	env := map[string]string{}
	for _, a := range c.Assigns {
		r.assign(env, a)
	}
	argv := r.words(c.Args...)
	if len(argv) == 0 {
		return
	}
	if body := r.functions[argv[0]]; body != nil && r.depth <= maxDepth {
		outer := r.args
		r.args = argv[1:]
		r.depth++
		r.walk(body)
		r.depth--
		r.args = outer
		return
	}
	if argv[0] == "shift" && len(r.args) > 0 {
		r.args = r.args[1:]
		return
	}
	r.quoted = r.scripts(c.Args)
	r.take(command{argv, env, r.at.line(int(c.Pos().Offset())), wrote, r.input})
}

// scripts are the quoted arguments of a command with the lines that they are in. The keys
// are what the command gets.
func (r *reader) scripts(args []*syntax.Word) map[string]text {
	m := map[string]text{}
	for _, arg := range args {
		if len(arg.Parts) != 1 {
			continue
		}
		from, to := int(arg.Pos().Offset())+1, int(arg.End().Offset())-1
		if from > to || to > len(r.at.shell) {
			continue
		}
		written := r.at.shell[from:to]
		switch part := arg.Parts[0].(type) {
		case *syntax.SglQuoted:
			if part.Dollar {
				continue
			}
		case *syntax.DblQuoted:
			if strings.ContainsAny(written, "\\`'") || strings.Contains(written, "$(") {
				continue
			}
		default:
			continue
		}
		if words := r.words(arg); len(words) == 1 {
			m[words[0]] = r.at.part(from, written)
		}
	}
	return m
}

// take handles a command, or the command that it runs.
func (r *reader) take(c command) {
	inner, script, ok := unwrap(&c)
	switch {
	case !ok:
		r.commands = append(r.commands, c)
	case script != "":
		t, ok := r.quoted[script]
		if !ok {
			t = text{shell: script, first: c.line}
		}
		r.inner(t)
	default:
		r.depth++
		if r.depth <= maxDepth {
			r.take(inner)
		}
		r.depth--
	}
	if c.name() == "trap" && len(c.argv) > 2 {
		if list, err := readScript(text{shell: c.argv[1], first: c.line}, r.vars, r.depth+1, r.budget); err == nil {
			r.atExit = append(r.atExit, list...)
		}
	}
}

func (r *reader) assign(vars map[string]string, a *syntax.Assign) {
	if a.Name == nil || a.Value == nil {
		return
	}
	vars[a.Name.Value] = bounded(a.Name.Value, strings.Join(r.words(a.Value), " "))
}
