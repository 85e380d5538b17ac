package meta

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
)

// TestLinks checks settings about soft links and about registering environments.
func TestLinks(t *testing.T) {
	for _, c := range []struct {
		name   string
		files  map[string]string
		env    map[string]string
		soft   string // the source of the setting
		unseen string // the source that says that environments are not registered
	}{
		{"nothing", nil, nil, "", ""},
		{"defaults in words", map[string]string{"home/u/.condarc": "allow_softlinks: false\nalways_softlink: no\nregister_envs: true\n"}, nil, "", ""},
		{"allowed", map[string]string{"etc/conda/condarc": "allow_softlinks: true\n"}, nil, "etc/conda/condarc", ""},
		{"allowed, but not for this user", map[string]string{"etc/conda/condarc": "allow_softlinks: true\n", "home/u/.condarc": "allow_softlinks: false\n"}, nil, "etc/conda/condarc", ""},
		{"always", map[string]string{"home/u/.condarc": "always_softlink: yes\n"}, nil, "home/u/.condarc", ""},
		{"an alias", map[string]string{"home/u/.condarc": "softlink: 1\n"}, nil, "home/u/.condarc", ""},
		{"neither true nor false", map[string]string{"home/u/.condarc": "allow_softlinks: perhaps\n"}, nil, "home/u/.condarc", ""},
		{"in mamba's file", map[string]string{"home/u/.mambarc": "allow_softlinks: true\nregister_envs: false\n"}, nil, "home/u/.mambarc", "home/u/.mambarc"},
		{"a variable", nil, map[string]string{"CONDA_ALLOW_SOFTLINKS": "true"}, "CONDA_ALLOW_SOFTLINKS", ""},
		{"a variable's alias", nil, map[string]string{"CONDA_SOFTLINK": "1"}, "CONDA_SOFTLINK", ""},
		{"mamba's variables", nil, map[string]string{"MAMBA_ALWAYS_SOFTLINK": "true", "MAMBA_REGISTER_ENVS": "false"}, "MAMBA_ALWAYS_SOFTLINK", "MAMBA_REGISTER_ENVS"},
		{"not registered", map[string]string{"home/u/.condarc": "register_envs: false\n"}, nil, "", "home/u/.condarc"},
		{"a variable turns registration off", map[string]string{"home/u/.condarc": "register_envs: true\n"}, map[string]string{"CONDA_REGISTER_ENVS": "false"}, "", "CONDA_REGISTER_ENVS"},
		{"a variable turns registration on", map[string]string{"home/u/.condarc": "register_envs: false\n"}, map[string]string{"CONDA_REGISTER_ENVS": "true"}, "", ""},
	} {
		h, top := host(t, c.files, c.env)
		cfg := configure(t, h, Options{})
		if got := filepath.ToSlash(strings.TrimPrefix(cfg.SoftLinks, top+string(filepath.Separator))); got != c.soft {
			t.Errorf("%s: soft links by %q, want %q", c.name, got, c.soft)
		}
		switch {
		case c.unseen == "":
			if len(cfg.Problems) > 0 {
				t.Errorf("%s: problems %v", c.name, cfg.Problems)
			}
		case len(cfg.Problems) != 1 || !errors.Is(cfg.Problems[0].Err, ErrUnregistered) || !cfg.Problems[0].Unseen || cfg.Problems[0].Hides ||
			!strings.HasSuffix(filepath.ToSlash(cfg.Problems[0].Path), c.unseen):
			t.Errorf("%s: problems %+v", c.name, cfg.Problems)
		}
	}
}
