// Package slim knows what a finished image does not need of an environment, and
// removes it: bytecode, static libraries, source maps, documentation, tests,
// headers, conda's history. Each is a [Kind] that has to be asked for.
//
//	plan, err := slim.Prepare(ctx, slim.Options{Prefix: "/opt/conda", Kinds: []slim.Kind{slim.Docs, slim.Tests}})
//	for _, item := range plan.Items { ... } // what goes
//	for _, k := range plan.Kept { ... }     // k.Reason says why it stays
//	result := plan.Execute(ctx, slim.RemoveOptions{})
//
// [Prepare] reads the tree of the environment once. It follows no symlinks, and
// does not enter what is not the environment's: other environments inside, package
// caches, mount points. Only files that a record of the environment lists may go,
// with two exceptions: bytecode that Python makes again from the source beside it,
// and the text of conda-meta/history. So a record can only ever choose among the
// files of its own environment, whatever paths it lists.
//
// A path alone says which kind a file may be of (place.go). What the environment
// needs is found by reading it: a test folder that a module imports from, headers
// beside a compiler, licences. These stay, with a [Reason] (decide.go).
// A module that cannot be read keeps the test folders that it may import from: that
// is a doubt.
//
// The outcome is a [Plan], with sizes. [Plan.Execute] carries it out by folder
// handles, and leaves alone whatever is not what was planned.
package slim
