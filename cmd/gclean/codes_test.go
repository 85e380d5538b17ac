package main

import (
	"errors"
	"go/ast"
	"go/token"
	"go/types"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/internal/fixture/jsondoc"
	"gclean/meta/dist"
	"gclean/slim"
)

// Scripts go by codes: each is one word of its own, docs/schema describes it, and each
// reason has a sentence for people too.
func TestCodes(t *testing.T) {
	set, err := jsondoc.Load()
	if err != nil {
		t.Fatal(err)
	}
	word := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	same := func(kind string, codes []string) {
		slices.Sort(codes)
		described := slices.Sorted(slices.Values(set.Codes(kind)))
		if !slices.Equal(codes, described) {
			t.Errorf("%s: the code has   %q,\ndocs/schema has %q", kind, codes, described)
		}
		for i, code := range codes {
			if kind != "exception" && !word.MatchString(code) || i > 0 && codes[i-1] == code {
				t.Errorf("%s: the code %q is no word, or given twice", kind, code)
			}
		}
	}
	reasons := []hold.Reason{
		hold.HardLinked, hold.SoftLinked, hold.SymlinkFound, hold.OnlyInfo, hold.HoldsEnvironment, hold.Fresh, hold.InstallerRunning, hold.InUse,
		hold.Installed, hold.Remembered, hold.Fenced, hold.UnseenUsers,
		hold.UnreadableRecord, hold.UnreadableEnv, hold.UnreadableEntry,
		cache.ListedByRecord, cache.NotPutAside, cache.LockHeld, cache.Needed, cache.InReadOnlyCache, cache.Sealed, cache.NotInAll,
		cache.NotIncluded, cache.Excluded, cache.UsedLately, cache.AmongLast, cache.RoomEnough, cache.InQuarantine,
	}
	if n := constants(t, "Reason"); n != len(reasons) {
		t.Errorf("there are %d reasons, %d are looked at", n, len(reasons))
	}
	var reasonCodes, categories, states, families, findings, errorWords []string
	for _, r := range reasons {
		reasonCodes = append(reasonCodes, string(r))
		if cache.Sentence(r) == "" || reasonText(r) == "" {
			t.Errorf("%s has no sentence", r)
		}
	}
	for r := slim.Imported; r <= slim.Unscanned; r++ {
		reasonCodes = append(reasonCodes, r.Code())
	}
	for c := cache.Tarballs; c <= cache.Quarantined; c++ {
		categories = append(categories, c.Code())
	}
	for f := cache.Conda; f <= cache.RattlerIndex; f++ {
		families = append(families, f.Code())
	}
	for s := cache.StateFree; s <= cache.StateAside; s++ {
		states = append(states, s.String())
	}
	for _, err := range []error{nil, fs.ErrNotExist, cache.ErrNotCache, cache.ErrRefused, cache.ErrReadOnly} {
		states = append(states, stateCode(err))
	}
	states = append(states, stateSound, stateBroken, stateUnreadable, stateSkipped) // unreadable is a cache's too
	if got := stateCode(fs.ErrPermission); got != stateUnreadable {
		t.Errorf("a cache that cannot be read is %q", got)
	}
	for k := dist.Missing; k <= dist.Dangling; k++ {
		findings = append(findings, k.Code())
	}
	for k := dist.LeadsOut; k <= dist.OddMetadata; k++ {
		findings = append(findings, k.Code())
	}
	for _, c := range errorCodes() {
		errorWords = append(errorWords, c.code)
	}
	same("reason_code", reasonCodes)
	same("category", categories)
	same("family", families)
	same("state", states)
	same("finding_code", findings)
	same("error_code", append(append(errorWords, failingCodes()...), errorCode(errors.New("x"))))
	same("warning_code", problemCodes(t))
	same("exception", exceptions(t))
}

// problemCodes are the codes of problems: the constants of all packages whose names
// begin with Code.
func problemCodes(t *testing.T) []string {
	codes := map[string]bool{} // two packages may notice the same
	eachSource(t, func(_ string, _ *token.FileSet, file *ast.File) {
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range spec.Names {
				if after, found := strings.CutPrefix(strings.ToLower(name.Name[:1])+name.Name[1:], "code"); found && after != "" && i < len(spec.Values) {
					if lit, ok := spec.Values[i].(*ast.BasicLit); ok && lit.Kind == token.STRING {
						codes[strings.Trim(lit.Value, `"`)] = true
					}
				}
			}
			return true
		})
	})
	return slices.Collect(maps.Keys(codes))
}

// exceptions are the names of errors that documents have.
func exceptions(t *testing.T) []string {
	names := map[string]bool{}
	eachSource(t, func(rel string, _ *token.FileSet, file *ast.File) {
		if path.Dir(rel) != "cmd/gclean" {
			return
		}
		ast.Inspect(file, func(node ast.Node) bool {
			call, ok := node.(*ast.CallExpr)
			if !ok || len(call.Args) != 3 {
				return true
			}
			if fun, ok := call.Fun.(*ast.SelectorExpr); ok && fun.Sel.Name == "fail" {
				if lit, ok := call.Args[0].(*ast.BasicLit); ok {
					names[strings.Trim(lit.Value, `"`)] = true
				}
			}
			return true
		})
	})
	return slices.Collect(maps.Keys(names))
}

// constants counts those of package hold's and cache's type.
func constants(t *testing.T, typ string) (n int) {
	t.Helper()
	eachSource(t, func(rel string, _ *token.FileSet, file *ast.File) {
		if dir := path.Dir(rel); dir != "cache" && dir != "cache/hold" {
			return
		}
		ast.Inspect(file, func(node ast.Node) bool {
			spec, ok := node.(*ast.ValueSpec)
			if !ok {
				return true
			}
			switch x := spec.Type.(type) {
			case *ast.Ident:
				ok = x.Name == typ
			case *ast.SelectorExpr:
				ok = x.Sel.Name == typ
			default:
				ok = false
			}
			if ok && len(spec.Values) == len(spec.Names) {
				n += len(spec.Names)
			}
			return true
		})
	})
	return n
}

// A Discovery gives a code to what meta notices; whoever else makes a problem says
// which it is. The code is one of the constants that problemCodes finds, so TestCodes
// knows it.
func TestEveryProblemHasACode(t *testing.T) {
	constant := regexp.MustCompile(`^(\w+\.)?[Cc]ode[A-Z]\w*$`)
	passedOn := map[string]string{ // codes that a function got: its callers are looked at, or are other programs
		"codeOf(err)":   "cache/problem.go",       // returns constants
		"code":          "cache/policy_survey.go", // called with constants
		"w.Code":        "cache/merged/merge.go",  // from the report of another host
		"shown(p.Code)": "cache/witness/found.go", // from the process of another user
	}
	problems := 0
	eachSource(t, func(rel string, set *token.FileSet, file *ast.File) {
		if path.Dir(rel) == "meta" {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if typ, ok := lit.Type.(*ast.SelectorExpr); !ok || typ.Sel.Name != "Problem" {
				return true
			}
			problems++
			code := ""
			for _, e := range lit.Elts {
				if pair, ok := e.(*ast.KeyValueExpr); ok && pair.Key.(*ast.Ident).Name == "Code" {
					code = types.ExprString(pair.Value)
				}
			}
			if !constant.MatchString(code) && passedOn[code] != rel {
				t.Errorf("%s: line %d: the code of a problem is %q, which is no constant Code...", rel, set.Position(lit.Pos()).Line, code)
			}
			return true
		})
	})
	if problems < 10 {
		t.Errorf("%d problems are seen", problems)
	}
}
