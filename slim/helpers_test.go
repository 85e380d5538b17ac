package slim_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gclean/internal/fixture"
	"gclean/slim"
)

var must = fixture.Must

// pkg is a package of empty-ish files.
func pkg(name string, files ...string) fixture.Package {
	p := fixture.Package{Name: name, Version: "1.0", Build: "0"}
	for _, f := range files {
		p.Files = append(p.Files, fixture.File{Path: f, Content: "# " + f + "\n"})
	}
	return p
}

// installed is an environment with packages, each linked from a cache.
type installed struct {
	*fixture.Environment
	cache *fixture.Cache
}

func install(t testing.TB, top string, kind fixture.Kind, packages ...fixture.Package) installed {
	t.Helper()
	c, err := fixture.NewCache(filepath.Join(top, "cache"))
	must(t, err)
	env, err := fixture.NewEnvironment(filepath.Join(top, "env"))
	must(t, err)
	for _, p := range packages {
		must(t, c.AddExtracted(p), env.Link(c, p, fixture.Link{Kind: kind}))
	}
	return installed{env, c}
}

func prepare(t testing.TB, prefix string, kinds ...slim.Kind) *slim.Plan {
	t.Helper()
	p, err := slim.Prepare(context.Background(), slim.Options{Prefix: prefix, Kinds: kinds})
	must(t, err)
	return p
}

func execute(t testing.TB, p *slim.Plan) *slim.Result {
	t.Helper()
	res := p.Execute(context.Background(), slim.RemoveOptions{})
	must(t, res.Err)
	for _, f := range res.Failures {
		t.Errorf("%s: %v", f.Path, f.Err)
	}
	return res
}

// names are the paths of items.
func names(items []*slim.Item) string {
	var list []string
	for _, it := range items {
		list = append(list, it.Path)
	}
	return strings.Join(list, " ")
}

func kept(p *slim.Plan) string {
	var list []string
	for _, k := range p.Kept {
		list = append(list, k.Path+": "+k.Reason.String())
	}
	return strings.Join(list, "; ")
}

// listing is what is below dir: folders with a slash, symlinks with their
// targets. Records and archives' info are left out.
func listing(t testing.TB, dir string) string {
	t.Helper()
	var list []string
	must(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(dir, path)
		name = filepath.ToSlash(name)
		switch {
		case name == ".", strings.HasSuffix(name, ".json"), strings.HasPrefix(name, "conda-meta"):
		case d.IsDir():
			if entries, err := os.ReadDir(path); err == nil && len(entries) == 0 {
				list = append(list, name+"/")
			}
		default:
			list = append(list, name)
		}
		return nil
	}))
	return strings.Join(list, " ")
}

func check(t testing.TB, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n%s\nwant\n%s", what, got, want)
	}
}
