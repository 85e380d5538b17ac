// Package witness is how two processes of gclean ask each other: root's, which decides
// and tells, and that of a user, which alone reads and changes what is the user's.
//
//	conn := witness.NewConn(p.In, p.Out, nil)      // root's side
//	found, err := conn.Find(ctx, question, nil)    // which environments and caches?
//	said, err := conn.Ask(ctx, hold.Question{...}) // which of these packages are held?
//
//	witness.NewConn(os.Stdout, os.Stdin, server)   // the user's side answers
//
// A conversation is made of calls. Each side may make some, and both go on at a time: a
// user's process that makes a plan asks root what the others hold. A call is some
// items, and so is its answer; both end with a line of their own. Package wire bounds
// and checks the lines. What an item may say is checked here: a name that leads out of
// its cache, a number that nothing has, or an answer that nobody waits for ends the
// conversation with an error.
//
// What the other side says can be a lie. Root's side uses it only so: an answer of a
// user's process keeps packages of caches that the user can read, and removes nothing
// but what that process itself, with the user's rights, removes.
//
// The package knows no processes, only a reader and a writer: a file that another host
// has written will do.
package witness
