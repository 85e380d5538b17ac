package removal_test

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
	keptNames       = cachetest.KeptNames
	options         = cachetest.Options
	at              = cachetest.At
	tree            = cachetest.Tree
	contents        = cachetest.Contents
	homes           = cachetest.Layouts
	softLink        = cachetest.SoftLink
	stride          = cachetest.Stride
	newRattlerCache = cachetest.NewRattlerCache
)
