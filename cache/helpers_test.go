package cache_test

import (
	"strings"

	"gclean/cache"
	"gclean/internal/fixture"
	"gclean/internal/fixture/cachetest"
)

// Short names for helpers that many tests use.
var (
	pkg             = cachetest.Pkg
	must            = fixture.Must
	newCache        = cachetest.NewCache
	newEnv          = cachetest.NewEnv
	environment     = cachetest.Environment
	prepare         = cachetest.Prepare
	names           = cachetest.Names
	keptNames       = cachetest.KeptNames
	options         = cachetest.Options
	at              = cachetest.At
	execute         = cachetest.Execute
	tree            = cachetest.Tree
	contents        = cachetest.Contents
	homes           = cachetest.Layouts
	benchDir        = cachetest.BenchDir
	bigTree         = cachetest.BigTree
	newMambaCache   = cachetest.NewMambaCache
	newRattlerCache = cachetest.NewRattlerCache
)

// codes returns the codes of a plan's problems, in order.
func codes(p *cache.Plan) string {
	var list []string
	for _, x := range p.Problems {
		list = append(list, x.Code)
	}
	return strings.Join(list, " ")
}
