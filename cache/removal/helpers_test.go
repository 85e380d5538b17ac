package removal_test

import "gclean/internal/fixture/cachetest"

// Short names for what tests use all the time.
var (
	pkg             = cachetest.Pkg
	must            = cachetest.Must
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
