// Package fleet cleans a cache that several hosts share. Each host has environments of
// its own, so each is asked before anything goes. That takes a round, in three steps:
//
//	opened, err := fleet.Open(ctx, "/var/lib/gclean/round", fleet.OpenOptions{Plan: plan, Hosts: hosts}) // on one host
//	answer, err := fleet.Mark(ctx, "/var/lib/gclean/round", fleet.MarkOptions{Host: "node1"})            // on every host
//	closed, err := fleet.Close(ctx, "/var/lib/gclean/round", fleet.CloseOptions{})                       // on the first again
//
// Open leases the caches, and fences what an ordinary run would remove (package fence):
// installers that start from now on download it again. Mark waits for the installers
// that are older than the fence, and writes down which of the fenced packages the
// environments of its host hold. Close wants a mark of every host. It removes what no
// host holds, and puts the rest back. Abort puts everything back.
//
// The folder of the round belongs to its runner alone, since who can write to it can
// forge a mark that holds nothing:
//
//	round          the nonce, the hosts, the candidates
//	fenced         written once all are fenced: a second nonce, for marks
//	marks/node1    what a host holds
//	closed         written at the end: what became of the candidates
//
// No clock of a host is compared with that of another. That a mark is newer than the
// fence is proven by the second nonce: nobody knows it before. No lock is trusted: the
// lease is a hard link, of which a file system makes one.
//
// Marks only ever keep: a host that could not look at something says so, and what it may
// hold stays. A host without a complete mark of this round ends Close, with nothing
// removed.
//
// Every change of a file system can be the last: each step can be done again, and the
// next run goes on. Options have a Before for tests of that.
package fleet
