package main

import (
	"go/ast"
	"go/token"
	"path"
	"regexp"
	"slices"
	"testing"

	"gclean/cache"
	"gclean/cache/hold"
	"gclean/cache/removal"
	"gclean/installed"
	"gclean/meta"
	"gclean/meta/dist"
	"gclean/slim"
)

// Scripts go by codes: each is one word of its own, and each reason has a
// sentence for people too.
func TestCodes(t *testing.T) {
	word := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	seen := map[string]bool{}
	check := func(list, code string) {
		if !word.MatchString(code) || seen[list+code] {
			t.Errorf("%s: the code %q is no word, or given twice", list, code)
		}
		seen[list+code] = true
	}
	reasons := []hold.Reason{
		hold.HardLinked, hold.SoftLinked, hold.SymlinkFound, hold.OnlyInfo, hold.HoldsEnvironment, hold.Fresh, hold.InstallerRunning, hold.InUse,
		hold.Installed, hold.Remembered, hold.Fenced, hold.UnseenUsers,
		hold.UnreadableRecord, hold.UnreadableEnv, hold.UnreadableEntry,
		cache.ListedByRecord, cache.NotPutAside, cache.LockHeld, cache.Needed, cache.InReadOnlyCache, cache.Sealed, cache.NotInAll,
		cache.NotIncluded, cache.Excluded, cache.UsedLately, cache.AmongLast, cache.RoomEnough,
	}
	if n := constants(t, "Reason"); n != len(reasons) {
		t.Errorf("there are %d reasons, %d are looked at", n, len(reasons))
	}
	for _, r := range reasons {
		check("reason", string(r))
		if cache.Sentence(r) == "" || reasonText(r) == "" {
			t.Errorf("%s has no sentence", r)
		}
	}
	for _, code := range []string{
		meta.CodeUnreadableList, meta.CodeConfiguration, meta.CodeUnseenUsers,
		cache.CodeNoCache, cache.CodeNotCache, cache.CodeRefused, cache.CodeReadOnlyCache, cache.CodeUnreadableCache, cache.CodeNotFolder,
		cache.CodeSymlinkLoop, cache.CodeNotSearched, cache.CodeMaxSizeMissed, cache.CodeMinFreeMissed, cache.CodeSpaceUnknown,
		cache.CodeMaxFilesMissed, cache.CodeMinFreeFilesMissed, cache.CodeInodesUnknown,
		cache.CodeUnreadableEnv, cache.CodeUnreadableMark, cache.CodeRoundOpen, cache.CodeForeignFolder, removal.CodeStillOpen, codeSourceCache,
		slim.CodeUnreadableRecord, slim.CodeOddPaths, slim.CodeUnreadableFile, slim.CodeUnreadableFolder,
		installed.CodeUnreadableNote,
	} {
		check("problem", code)
	}
	for c := cache.Tarballs; c <= cache.PkgsDirs; c++ {
		check("category", c.Code())
	}
	for k := dist.Missing; k <= dist.Dangling; k++ {
		check("finding", k.Code())
	}
	for k := dist.LeadsOut; k <= dist.ReplacedByPip; k++ {
		check("finding", k.Code())
	}
	for r := slim.Imported; r <= slim.Unscanned; r++ {
		check("slim", r.Code())
	}
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
// which it is.
func TestEveryProblemHasACode(t *testing.T) {
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
			if !slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool {
				pair, ok := e.(*ast.KeyValueExpr)
				return ok && pair.Key.(*ast.Ident).Name == "Code"
			}) {
				t.Errorf("%s: line %d: a problem without a code", rel, set.Position(lit.Pos()).Line)
			}
			return true
		})
	})
	if problems < 10 {
		t.Errorf("%d problems are seen", problems)
	}
}
