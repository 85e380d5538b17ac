// Package witness is the protocol between root's process of gclean and a user's process.
// Root's process decides and reports; only the user's process reads and changes what belongs
// to the user.
//
//	conn := witness.NewConn(ctx, p.In, p.Out)            // root's side
//	found, err := conn.Find(ctx, question, nil)          // which environments and caches?
//	said, err := conn.Ask(ctx, hold.Question{...}, user) // which of these packages are held?
//
//	err := witness.Serve(ctx, os.Stdout, os.Stdin, server) // the user's side answers
//
// A conversation consists of calls. Both sides can make calls at the same time: a user's
// process that makes a plan asks root what the others hold. A call is a list of items, and so
// is its answer; a line of its own ends each list. Package wire limits and checks the lines,
// and this package checks the items. A name that leads out of its cache ends the conversation
// with an error. So does a number out of range, or an answer to no call.
//
// The other side may lie, so root's side limits what an answer can do. An answer can keep
// packages, in caches that the user can read. It cannot remove anything: the user's process
// removes files itself, with the user's rights.
//
// The package knows no processes, only a reader and a writer.
package witness
