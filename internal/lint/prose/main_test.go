package main

import (
	"slices"
	"testing"
)

func TestParagraphsOfHelp(t *testing.T) {
	got := paragraphs(`Remove what is
unused.

Examples:
  gclean --all

Usage:
  gclean [flags]

Commands:
  ls [DIST...]     list packages

Targets that it removes:
  -a, --all             remove the cache, and
                        the packages
      --jobs N          read N at a time;
                        0 chooses

Exit codes:
  0    done
  130  interrupted
`)
	want := []string{
		"Remove what is unused.", "Commands", "list packages", "Targets that it removes",
		"remove the cache, and the packages", "read N at a time", "0 chooses", "Exit codes", "done", "interrupted",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
