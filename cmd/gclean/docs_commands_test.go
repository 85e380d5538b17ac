package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var (
	shellBlocks   = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")
	roundCommands = regexp.MustCompile(`gclean ((?:round|mark)\b[^\n#;|>]*)`)
)

// TestRoundsInDocs parses the commands about rounds in docs/fleet.md. A shell's variables
// stand for words.
func TestRoundsInDocs(t *testing.T) {
	text, err := os.ReadFile("../../docs/fleet.md")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, block := range shellBlocks.FindAllSubmatch(text, -1) {
		for _, m := range roundCommands.FindAllStringSubmatch(string(block[1]), -1) {
			cmd, rest, err := newRoot(newApp("gclean", nil, new(strings.Builder), new(strings.Builder)), nil).Find(strings.Fields(m[1]))
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil && cmd.Args != nil {
				err = cmd.Args(cmd, cmd.Flags().Args())
			}
			if err != nil {
				t.Errorf("gclean %s: %v", m[1], err)
			}
			count++
		}
	}
	if count < 8 {
		t.Errorf("%d commands were found", count)
	}
}
