package main

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Somebody who pressed Tab waits for no disk: what was found by the end is offered.
func TestCompletionIsBounded(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hangs := make(chan struct{})
	defer close(hangs)
	got := within(ctx, func(yield func(string) bool) {
		yield("b")
		yield("a")
		yield("b")
		cancel()
		<-hangs // a server that does not answer
	})
	if !slices.Equal(got, []string{"a", "b"}) {
		t.Errorf("got %q", got)
	}
	got = within(t.Context(), func(yield func(string) bool) {
		for i := 0; yield(strconv.Itoa(i)); i++ {
		}
	})
	if len(got) != maxOffered {
		t.Errorf("%d are offered, want %d", len(got), maxOffered)
	}
}

// A name that a shell would take for something else, or a terminal, is not offered.
func TestCompletionOmitsOddNames(t *testing.T) {
	got := within(t.Context(), func(yield func(string) bool) {
		for _, name := range []string{"", "-rf", "a\nb", "a\tb", "\x1b[2J", "\xff", "has space", "$HOME", "https://user:secret@host/x"} {
			yield(name)
		}
	})
	if want := []string{"$HOME", "has space"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// BenchmarkCompletion is one press of Tab with a cache of 50,000 packages.
func BenchmarkCompletion(b *testing.B) {
	dir := filepath.Join(b.TempDir(), "pkgs")
	if err := os.Mkdir(dir, 0o755); err != nil {
		b.Fatal(err)
	}
	for i := range 50_000 {
		if err := os.WriteFile(filepath.Join(dir, "package"+strconv.Itoa(i%5000)+"-1."+strconv.Itoa(i)+"-0.conda"), nil, 0o644); err != nil {
			b.Fatal(err)
		}
	}
	b.Setenv("HOME", b.TempDir())
	b.Setenv("CONDA_PKGS_DIRS", dir)
	slowest, late := time.Duration(0), 0
	for b.Loop() {
		start := time.Now()
		var stdout strings.Builder
		newApp("gclean", nil, &stdout, new(strings.Builder)).run(b.Context(), []string{"__complete", "why", "package49"})
		slowest = max(slowest, time.Since(start))
		if !strings.Contains(stdout.String(), "package4999\n") {
			late++
		}
	}
	b.ReportMetric(float64(slowest.Milliseconds()), "ms/slowest")
	b.ReportMetric(float64(late), "late")
}

// Shells offer distributions, and a path with a space is one word.
func TestShellsCompleteValues(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the shells are of other systems")
	}
	m := newExampleMachine(t)
	odd := filepath.Join(filepath.Dir(m.env), "odd env")
	if err := os.Rename(m.env, odd); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CONDA_ENVS_DIRS", filepath.Dir(m.env))
	const bash = `. /usr/share/bash-completion/bash_completion; compopt() { :; }; . <(gclean completion bash)
try() { COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_TYPE=9; __start_gclean gclean "${@: -1}"; printf '%s\n' "${COMPREPLY[@]}"; }
`
	for _, tt := range []struct{ shell, script, want string }{
		{"bash", bash + "try gclean why sci", "scipy"},
		{"bash", bash + "try gclean slim /", `/home/ann/miniconda3/envs/odd\ env`},
		{"fish", "gclean completion fish | source; complete -C 'gclean why sci'", "scipy"},
		{"fish", "gclean completion fish | source; complete -C 'gclean slim -n '", "odd env"},
	} {
		t.Run(tt.shell, func(t *testing.T) {
			if _, err := exec.LookPath(tt.shell); err != nil {
				t.Skip(err)
			}
			if _, err := os.Stat("/usr/share/bash-completion/bash_completion"); err != nil && tt.shell == "bash" {
				t.Skip(err)
			}
			got, err := m.script(t, tt.shell, strings.ReplaceAll(tt.script, "slim /", "slim "+m.dir+"/"))
			if strings.TrimSpace(got) != tt.want {
				t.Errorf("%q (%v), want %q", got, err, tt.want)
			}
		})
	}
}
