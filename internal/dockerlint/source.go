package dockerlint

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"sort"
	"strings"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"

	"gclean/internal/suggest"
)

// SyntaxError says that a line cannot be understood.
type SyntaxError struct {
	Line int // from 1; 0 if unknown
	Err  error
}

func (e *SyntaxError) Error() string {
	if e.Line == 0 {
		return e.Err.Error()
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}
func (e *SyntaxError) Unwrap() error { return e.Err }

// instruction is a parsed instruction with its place.
type instruction struct {
	parsed     any // *instructions.Stage or an instructions.Command; nil for ONBUILD with anything but RUN
	node       *parser.Node
	start, end int
	run        text // for RUN: the text that the shell gets
	ignored    map[Rule]bool
}

// text is a piece of shell, with the lines that its bytes are in.
type text struct {
	shell string
	// starts are the offsets at which lines of the file begin, in order.
	starts []lineStart
	// first is the first line of text without starts: each newline begins another line.
	first int
}

type lineStart struct{ offset, line int }

// line is the line of the file that a byte of the text is in.
func (t text) line(offset int) int {
	if len(t.starts) == 0 {
		return t.first + strings.Count(t.shell[:min(offset, len(t.shell))], "\n")
	}
	after := sort.Search(len(t.starts), func(i int) bool { return t.starts[i].offset > offset })
	return t.starts[max(0, after-1)].line
}

// part is a piece of the text, which begins at an offset.
func (t text) part(offset int, shell string) text {
	if len(t.starts) == 0 {
		return text{shell: shell, first: t.line(offset)}
	}
	p := text{shell: shell, starts: []lineStart{{0, t.line(offset)}}}
	for _, s := range t.starts {
		if s.offset > offset && s.offset < offset+len(shell) {
			p.starts = append(p.starts, lineStart{s.offset - offset, s.line})
		}
	}
	return p
}

// read parses a Dockerfile. Its error is a *SyntaxError.
func read(content []byte) ([]*instruction, error) {
	content = bytes.ToValidUTF8(content, []byte("?")) // a shell takes any byte
	res, err := parser.Parse(bytes.NewReader(content))
	if err != nil {
		return nil, syntaxError(err)
	}
	lines := strings.SplitAfter(string(content), "\n")
	var list []*instruction
	for _, node := range res.AST.Children {
		ins := &instruction{node: node, start: node.StartLine, end: node.EndLine}
		first, last := node.StartLine, min(node.EndLine-heredocLines(node), len(lines))
		for first > 1 && strings.HasPrefix(strings.TrimSpace(lines[first-2]), "#") {
			first--
		}
		if ins.ignored, err = ignoredIn(lines[first-1 : last]); err != nil {
			err.(*SyntaxError).Line += first - 1
			return nil, err
		}
		inner := node
		if strings.EqualFold(node.Value, "ONBUILD") && node.Next != nil && len(node.Next.Children) > 0 {
			inner = node.Next.Children[0]
			inner.StartLine, inner.EndLine, inner.Heredocs = node.StartLine, node.EndLine, node.Heredocs
			if !strings.EqualFold(inner.Value, "RUN") {
				list = append(list, ins)
				continue
			}
		}
		if ins.parsed, err = instructions.ParseInstruction(inner); err != nil {
			return nil, syntaxError(err)
		}
		if run, ok := ins.parsed.(*instructions.RunCommand); ok && run.PrependShell {
			ins.run = shellOf(node, run.CmdLine, lines, res.EscapeToken)
		}
		list = append(list, ins)
	}
	fileWide, err := ignoredIn(lines[:list[0].start-1]) // above the first instruction
	if err != nil {
		return nil, err
	}
	for _, ins := range list {
		for r := range fileWide {
			ins.ignored[r] = true
		}
	}
	return list, nil
}

// syntaxError is an error of buildkit's parser with its line.
func syntaxError(err error) error {
	line := 0
	if located := (*parser.LocationError)(nil); errors.As(err, &located) {
		for _, ranges := range located.Locations {
			for _, r := range ranges {
				if line == 0 {
					line = r.Start.Line
				}
			}
		}
	}
	return &SyntaxError{line, err}
}

// heredocLines is the number of lines in the heredocs of an instruction.
func heredocLines(node *parser.Node) int {
	n := 0
	for _, h := range node.Heredocs {
		n += strings.Count(h.Content, "\n") + 1
	}
	return n
}

// shellOf is the text that the shell of a RUN gets: the joined lines, as the builder
// joins them, followed by the heredocs.
func shellOf(node *parser.Node, cmdLine, lines []string, escape rune) text {
	command := strings.Join(cmdLine, " ")
	t := text{shell: command, starts: []lineStart{{0, node.StartLine}}}
	last := node.EndLine - heredocLines(node)
	joined, starts := join(lines, node.StartLine, last, escape)
	if at := strings.LastIndex(joined, command); at >= 0 && joined == node.Original {
		t.starts = t.starts[:0]
		for _, s := range starts {
			t.starts = append(t.starts, lineStart{max(0, s.offset-at), s.line})
		}
	}
	if len(node.Heredocs) == 0 {
		return t
	}
	t.shell += "\n"
	if parser.MustParseHeredoc(command) != nil { // RUN <<EOF: its content is the script
		h := node.Heredocs[0]
		if h.Chomp {
			h.Content = parser.ChompHeredocContent(h.Content)
		}
		t = text{shell: h.Content, first: last + 1}
		return t
	}
	for _, h := range node.Heredocs {
		for line := range strings.Lines(h.Content + h.Name + "\n") {
			last++
			t.starts = append(t.starts, lineStart{len(t.shell), last})
			t.shell += line
		}
	}
	return t
}

// join joins the lines of an instruction as the builder does, and says where each begins
// in the result. It leaves out comments and empty lines.
func join(lines []string, first, last int, escape rune) (string, []lineStart) {
	e := regexp.QuoteMeta(string(escape))
	continued := regexp.MustCompile(`([^` + e + `])` + e + `[ \t]*$|^` + e + `[ \t]*$`)
	var b strings.Builder
	var starts []lineStart
	for n := first; n <= last && n <= len(lines); n++ {
		line := strings.TrimRight(lines[n-1], "\r\n")
		bare := strings.TrimSpace(line)
		if n == first {
			line = strings.TrimLeft(strings.TrimPrefix(line, "\ufeff"), " \t\v\f")
		} else if bare == "" || strings.HasPrefix(bare, "#") {
			continue
		}
		starts = append(starts, lineStart{b.Len(), n})
		b.WriteString(continued.ReplaceAllString(line, "$1"))
	}
	return b.String(), starts
}

// ignoring matches a comment that turns rules off, in its own instruction or in the next.
var ignoring = regexp.MustCompile(`^\s*#\s*gclean:\s*ignore\s*=\s*(.*?)\s*$`)

// ignoredIn are the rules that comments in these lines turn off. The error is a
// *SyntaxError.
func ignoredIn(lines []string) (map[Rule]bool, error) {
	ignored := map[Rule]bool{}
	for n, line := range lines {
		m := ignoring.FindStringSubmatch(strings.TrimRight(line, "\r\n"))
		if m == nil {
			continue
		}
		for _, code := range strings.FieldsFunc(m[1], func(c rune) bool { return c == ',' || c == ' ' || c == '\t' }) {
			r, ok := ruleOf(code)
			if !ok {
				err := fmt.Errorf("unknown code %q", code)
				if near := suggest.Nearest(code, Codes()); near != "" {
					err = fmt.Errorf("%w: did you mean %q?", err, near)
				}
				return nil, &SyntaxError{n + 1, err}
			}
			ignored[r] = true
		}
	}
	return ignored, nil
}
