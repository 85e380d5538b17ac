package layers

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listed is what go list says of one package on one system.
type listed struct {
	Dir        string
	ImportPath string
	Module     struct{ Path string }

	// IgnoredGoFiles are those of other systems.
	GoFiles, CgoFiles, TestGoFiles, XTestGoFiles, IgnoredGoFiles []string
	Imports, TestImports, XTestImports                           []string
}

// path is the path of the package in the module, "cache/hold".
func (p *listed) path() string { return strings.TrimPrefix(p.ImportPath, p.Module.Path+"/") }

// own are those of imports that are in the same module, by their path in it.
func (p *listed) own(imports []string) []string {
	var list []string
	for _, name := range imports {
		if inside, ok := strings.CutPrefix(name, p.Module.Path+"/"); ok {
			list = append(list, inside)
		}
	}
	return list
}

// files are the names of all files in the folder, of every system and of tests.
func (p *listed) files() []string {
	return slices.Sorted(slices.Values(slices.Concat(p.GoFiles, p.CgoFiles, p.TestGoFiles, p.XTestGoFiles, p.IgnoredGoFiles)))
}

// everywhere are the packages of the module by path, with what they import on
// any of the systems that gclean is built for.
func everywhere(t *testing.T) []*listed {
	t.Helper()
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("there is no go to list the packages: ", err)
	}
	lookAtAll(t)
	byPath := map[string]*listed{}
	for _, system := range []string{"linux", "darwin", "windows"} {
		for _, p := range goList(t, system) {
			first := byPath[p.path()]
			if first == nil {
				byPath[p.path()] = p
				continue
			}
			first.Imports = union(first.Imports, p.Imports)
			first.TestImports = union(first.TestImports, p.TestImports)
			first.XTestImports = union(first.XTestImports, p.XTestImports)
		}
	}
	var list []*listed
	for _, path := range slices.Sorted(maps.Keys(byPath)) {
		list = append(list, byPath[path])
	}
	if len(list) == 0 {
		t.Fatal("go list knows no packages")
	}
	return list
}

// lookAtAll lists every folder of the module: "go test" takes a result from its
// cache if nothing that the test itself has looked at changed, and does not see
// what go list reads.
func lookAtAll(t *testing.T) {
	t.Helper()
	top := filepath.Join("..", "..")
	err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.IsDir() && path != top && strings.HasPrefix(d.Name(), ".") {
			return filepath.SkipDir
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func union(a, b []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b))))
}

// goList asks without the network: what other modules have does not matter here.
func goList(t *testing.T, system string) []*listed {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-e", "-buildvcs=false", "-json", "./...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOOS="+system, "GOPROXY=off", "GOFLAGS=")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list for %s: %v: %s", system, err, stderr.String())
	}
	var list []*listed
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		p := new(listed)
		if err := d.Decode(p); errors.Is(err, io.EOF) {
			return list
		} else if err != nil {
			t.Fatalf("go list for %s: %v", system, err)
		}
		list = append(list, p)
	}
}
