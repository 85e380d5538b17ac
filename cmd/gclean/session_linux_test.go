package main

import (
	"bytes"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/creack/pty"

	"gclean/internal/fixture"
)

// session are the commands in the picture of the README.
var session = []string{
	"gclean --all --dry-run",
	"gclean why numpy",
	"gclean report --summary",
}

const picture = "../../docs/session.svg"

// TestSessionPicture runs the commands of the picture in a terminal of 80 columns, and
// compares what they print with what the picture shows, without figures.
// With -update-docs, it draws the picture.
func TestSessionPicture(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can enter the machine of the examples")
	}
	root := t.TempDir()
	if err := fixture.Machine(root); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, line := range session {
		b.WriteString("\x1b[1m$ " + line + "\x1b[0m\n" + inTerminal(t, root, line) + "\n")
	}
	got := draw(b.String())
	if *updateDocs {
		if err := os.WriteFile(picture, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(picture)
	if err != nil {
		t.Fatal(err)
	}
	plain := func(svg string) string {
		return withoutFigures(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(svg, "")))
	}
	if plain(got) != plain(string(want)) {
		t.Errorf("the commands print\n%s\nand the picture shows\n%s\nTo draw it, run: go test -run SessionPicture ./cmd/gclean -update-docs", plain(got), plain(string(want)))
	}
}

// inTerminal runs a line in a terminal of 80 columns and returns what is on its screen.
func inTerminal(t *testing.T, root, line string) string {
	t.Helper()
	cmd := exampleCommand(t, root, line, "TERM=xterm-256color")
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 40, Cols: 80})
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	_, _ = io.Copy(&out, screen) // EIO at the end
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out.String())
	}
	return strings.ReplaceAll(out.String(), "\r\n", "\n")
}

// escape is an escape sequence: its numbers, and its letter.
var escape = regexp.MustCompile(`\x1b\[([0-9;?]*)([A-Za-z])`)

// draw is text of a terminal as SVG, with its bold and coloured words.
func draw(text string) string {
	text = strings.TrimRight(text, "\n")
	const left, top, width, height = 16, 28, 80, 18
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		lines = append(lines, wrap(line, width)...)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" role="img" aria-label="gclean in a terminal">
<style>
text { font: 14px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; white-space: pre; fill: #24292f; }
.back { fill: #f6f8fa; stroke: #d0d7de; } .b { font-weight: 700; } .d { fill: #57606a; }
.c31 { fill: #b3261e; } .c32 { fill: #1a7f37; } .c33 { fill: #7d5200; } .c34 { fill: #0a58ca; } .c35 { fill: #6f42c1; } .c36 { fill: #0b6e75; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; } .back { fill: #161b22; stroke: #30363d; } .d { fill: #9da7b3; }
.c31 { fill: #ff9a92; } .c32 { fill: #7ee2a0; } .c33 { fill: #e3b868; } .c34 { fill: #8ab9ff; } .c35 { fill: #cfb2ff; } .c36 { fill: #7fd3dc; }
}
</style>
<rect class="back" x="0.5" y="0.5" width="%d" height="%d" rx="8"/>
`, 2*left+width*17/2, 2*top+len(lines)*height, 2*left+width*17/2-1, 2*top+len(lines)*height-1)
	style := map[string]bool{}
	for i, line := range lines {
		fmt.Fprintf(&b, `<text x="%d" y="%d">`, left, top+i*height+6)
		for line != "" {
			at := escape.FindStringSubmatchIndex(line)
			part := line
			if at != nil {
				part = line[:at[0]]
			}
			if part != "" {
				if classes := classesOf(style); classes != "" {
					b.WriteString(`<tspan class="` + classes + `">` + html.EscapeString(part) + "</tspan>")
				} else {
					b.WriteString(html.EscapeString(part))
				}
			}
			if at == nil {
				break
			}
			if line[at[4]:at[5]] == "m" {
				setStyle(style, line[at[2]:at[3]])
			}
			line = line[at[1]:]
		}
		b.WriteString("</text>\n")
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// wrap breaks a line as a terminal does: after width characters.
func wrap(line string, width int) []string {
	var lines []string
	var b strings.Builder
	n := 0
	for line != "" {
		if at := escape.FindStringIndex(line); at != nil && at[0] == 0 {
			b.WriteString(line[:at[1]])
			line = line[at[1]:]
			continue
		}
		if n == width {
			lines = append(lines, b.String())
			b.Reset()
			n = 0
		}
		r, size := utf8.DecodeRuneInString(line)
		b.WriteRune(r)
		line = line[size:]
		n++
	}
	return append(lines, b.String())
}

// setStyle changes style as the numbers of an escape sequence (SGR) say.
func setStyle(style map[string]bool, numbers string) {
	for word := range strings.SplitSeq(numbers, ";") {
		n, _ := strconv.Atoi(word)
		switch {
		case n == 0:
			clear(style)
		case n == 1:
			style["b"] = true
		case n == 2:
			style["d"] = true
		case n >= 31 && n <= 36:
			style["c"+word] = true
		case n == 39:
			for c := 31; c <= 36; c++ {
				delete(style, "c"+strconv.Itoa(c))
			}
		}
	}
}

func classesOf(style map[string]bool) string {
	var list []string
	for _, class := range []string{"b", "d", "c31", "c32", "c33", "c34", "c35", "c36"} {
		if style[class] {
			list = append(list, class)
		}
	}
	return strings.Join(list, " ")
}
