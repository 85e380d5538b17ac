package verify_test

import (
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
	options         = cachetest.Options
	at              = cachetest.At
	softLink        = cachetest.SoftLink
	stride          = cachetest.Stride
	benchDir        = cachetest.BenchDir
	bigTree         = cachetest.BigTree
	newRattlerCache = cachetest.NewRattlerCache
)
