package dockerlint

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/shell"

	"gclean/internal/order"
)

// Options say how a Dockerfile is built.
type Options struct {
	// Target is the stage that becomes the image, "" for the last.
	Target string
}

// Result has what Check has found, in the order of lines.
type Result struct {
	Findings []Finding
	// Unread are commands that are not in a shell's language. The rest of the file was
	// checked.
	Unread []*SyntaxError
}

// ErrNoStage says that no stage has the given name.
var ErrNoStage = errors.New("no such stage")

// Check looks for mistakes in a Dockerfile. The error is a *SyntaxError, or wraps
// ErrNoStage.
func Check(content []byte, o Options) (*Result, error) {
	list, err := read(content)
	if err != nil {
		return nil, err
	}
	c := &checker{res: new(Result), args: newSettings()}
	for _, ins := range list {
		c.take(ins)
	}
	if len(c.stages) == 0 {
		return nil, &SyntaxError{0, errors.New("there is no FROM")}
	}
	target := c.stages[len(c.stages)-1]
	if o.Target != "" {
		if target = findStage(c.stages, c.names, o.Target); target == nil {
			return nil, fmt.Errorf("%w: %s", ErrNoStage, o.Target)
		}
	}
	for _, st := range target.reached() {
		c.res.Findings = append(c.res.Findings, st.found...)
	}
	for _, l := range target.layers {
		if f := l.finding(); !l.ignored[f.Rule] {
			c.res.Findings = append(c.res.Findings, f)
		}
	}
	order.Stable(c.res.Findings, func(a, b Finding) int { return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule)) })
	c.res.Findings = slices.CompactFunc(c.res.Findings, func(a, b Finding) bool { return a.Line == b.Line && a.Rule == b.Rule })
	return c.res, nil
}

// checker reads the instructions of a file.
type checker struct {
	res    *Result
	args   *settings // ARG before the first FROM
	stages []*stage
	names  []string
}

func (c *checker) take(ins *instruction) {
	if from, ok := ins.parsed.(*instructions.Stage); ok {
		c.from(from)
		return
	}
	if len(c.stages) == 0 {
		if arg, ok := ins.parsed.(*instructions.ArgCommand); ok {
			c.args.declare(arg, nil)
		}
		return
	}
	st := c.stages[len(c.stages)-1]
	switch p := ins.parsed.(type) {
	case *instructions.ArgCommand:
		st.declare(p, c.args)
	case *instructions.EnvCommand:
		for _, pair := range p.Env {
			st.set(st.expand(pair.Key), st.expand(pair.Value))
		}
	case *instructions.WorkdirCommand:
		st.dir = st.absolute(st.expand(p.Path))
	case *instructions.UserCommand:
		user, _, _ := strings.Cut(st.expand(p.User), ":")
		switch {
		case st.vars["HOME"] != "": // USER leaves it unchanged
		case user == "", user == "root", user == "0":
			st.home = "/root"
		default:
			st.home = "/home/" + user
		}
	case *instructions.ShellCommand:
		st.shell = slices.ContainsFunc(p.Shell, isShell)
	case *instructions.CopyCommand:
		if isConfig(p.DestPath) || slices.ContainsFunc(p.SourcePaths, isConfig) {
			content := ""
			for _, doc := range p.SourceContents {
				content += doc.Data
			}
			st.configured(content)
		}
		if p.From != "" {
			st.copyFrom(findStage(c.stages[:len(c.stages)-1], c.names, st.expand(p.From)), p, ins)
		}
	case *instructions.RunCommand:
		c.run(st, p, ins)
	}
}

func (c *checker) from(f *instructions.Stage) {
	st := &stage{name: cmp.Or(f.Name, strconv.Itoa(len(c.stages)))}
	base := c.args.expand(f.BaseName)
	if st.parent = findStage(c.stages, c.names, base); st.parent != nil && !isNumber(base) {
		p := st.parent
		st.settings, st.left, st.settled = p.clone(), slices.Clone(p.left), p.settled
		for _, l := range p.layers {
			inherited := *l
			st.layers = append(st.layers, &inherited)
		}
	} else {
		st.parent, st.settings = nil, newSettings()
		st.base(base)
	}
	c.stages, c.names = append(c.stages, st), append(c.names, f.Name)
}

func isNumber(s string) bool { _, err := strconv.Atoi(s); return err == nil }

// declare handles ARG; global are those before the first FROM.
func (s *settings) declare(arg *instructions.ArgCommand, global *settings) {
	for _, a := range arg.Args {
		switch {
		case a.Value != nil:
			s.set(a.Key, s.expand(*a.Value))
		case global != nil && global.vars[a.Key] != "":
			s.set(a.Key, global.vars[a.Key])
		}
	}
}

// expand replaces the known variables in a word of a Dockerfile.
func (s *settings) expand(word string) string {
	var env []string
	for name, value := range s.vars {
		env = append(env, name+"="+value)
	}
	lex := shell.NewLex('\\')
	lex.SkipUnsetEnv = true
	expanded, _, err := lex.ProcessWord(word, shell.EnvsFromSlice(env))
	if err != nil {
		return word
	}
	return expanded
}

// run handles a RUN, which makes a layer.
func (c *checker) run(st *stage, p *instructions.RunCommand, ins *instruction) {
	mounts := instructions.GetMounts(p)
	if err := p.Expand(func(word string) (string, error) { return st.expand(word), nil }); err == nil {
		mounts = instructions.GetMounts(p)
	}
	inside := st.clone() // variables of a script end with it
	var commands []command
	switch {
	case !p.PrependShell:
		r := &reader{vars: inside.vars, budget: newBudget()}
		if len(p.CmdLine) > 0 {
			r.take(command{argv: p.CmdLine, env: map[string]string{}, line: ins.start})
		}
		commands = r.commands
	case st.settings.shell:
		var err error
		script := ins.run
		if st.windows { // cmd, of which simple commands are like those of a shell
			script.shell = strings.ReplaceAll(script.shell, `\`, "/")
		}
		if commands, err = commandsOf(script, inside.vars); err != nil {
			if st.windows {
				return
			}
			c.res.Unread = append(c.res.Unread, err.(*SyntaxError))
			return
		}
	default:
		return
	}
	for name, value := range inside.vars {
		inside.set(name, value)
	}
	l := &run{stage: st, ins: ins, settings: inside}
	for _, m := range mounts {
		switch m.Type {
		case instructions.MountTypeCache, instructions.MountTypeTmpfs, instructions.MountTypeBind:
			l.mounted = append(l.mounted, st.absolute(m.Target))
			l.gclean = l.gclean || strings.HasSuffix(m.Target, "/gclean")
		}
	}
	for i := range commands {
		l.command(&commands[i])
	}
	l.end()
	st.roots, st.pkgs, st.inline, st.yes = inside.roots, inside.pkgs, inside.inline, inside.yes
}
