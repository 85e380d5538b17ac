package slim_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

func TestFrozenEnvironments(t *testing.T) {
	for text, want := range map[string]string{
		"":                              "",
		`{"message": "ask the admin"}`:  "ask the admin",
		`{"message": "a\u001b[31mred"}`: `a\x1b[31mred`,
		`{"message": 7}`:                "",
		"not JSON":                      "",
	} {
		env := install(t, t.TempDir(), fixture.Copy, pkg("a", "lib/a.a"))
		must(t, env.AddFile("conda-meta/frozen", text))
		o := slim.Options{Prefix: env.Prefix, Kinds: []slim.Kind{slim.StaticLibs}}
		_, err := slim.Prepare(context.Background(), o)
		frozen := (*slim.FrozenError)(nil)
		if !errors.As(err, &frozen) || frozen.Message != want {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
		o.Frozen = true
		if p, err := slim.Prepare(context.Background(), o); err != nil || names(p.Items) != "lib/a.a" {
			t.Errorf("%s: overridden: %v", text, err)
		}
		// Without a kind nothing goes.
		if _, err := slim.Prepare(context.Background(), slim.Options{Prefix: env.Prefix}); err != nil {
			t.Errorf("%s: looked at: %v", text, err)
		}
	}
}

// Whatever conda-meta/frozen is, somebody meant something by it.
func TestFrozenByAnything(t *testing.T) {
	env := install(t, t.TempDir(), fixture.Copy, pkg("a", "lib/a.a"))
	frozen := env.Path("conda-meta/frozen")
	for what, freeze := range map[string]func() error{
		"a folder":             func() error { return os.Mkdir(frozen, 0o755) },
		"a symlink to nothing": func() error { return fixture.Symlink("nothing", frozen) },
	} {
		must(t, freeze())
		_, err := slim.Prepare(context.Background(), slim.Options{Prefix: env.Prefix, Kinds: slim.Kinds()})
		if !errors.As(err, new(*slim.FrozenError)) {
			t.Errorf("%s: %v", what, err)
		}
		must(t, os.Remove(frozen))
	}
}
