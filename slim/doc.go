// Package slim knows what a finished image does not need of an environment, and
// removes it: bytecode, static libraries, source maps, documentation, tests,
// headers, conda's history. Each is a [Kind] that has to be asked for.
//
// [Prepare] reads the tree of the environment once, without following symlinks
// and without entering what is not of it: other environments inside, package
// caches, mount points. Of the files that are there, those that a record of the
// environment lists may go, and nothing else, but for two exceptions: bytecode
// that Python makes again from the source beside it, and the text of
// conda-meta/history. So a record can only ever choose among the files of its
// own environment, whatever paths it lists.
//
// The outcome is a [Plan]: what goes, with sizes, and what stays of the kinds
// asked for, with reasons. [Plan.Execute] carries it out by folder handles,
// and leaves alone whatever is not what was planned.
package slim
