// Package peruser has a process of each user look at what is the user's, and clean it,
// for root. Root's process opens nothing below a home: the kernel decides what a user's
// process may read and remove, and what a user writes leads nobody else astray.
//
//	users := peruser.New(peruser.Options{Start: start})
//	defer users.Close()
//	host.Asker = users                             // discovery asks them; so does a survey
//	whole, err := users.Plan(ctx, plan, options)   // their caches, beside root's own
//	result := users.Execute(ctx, remove, own)      // each removes its own
//
// A process lives until Close, unless its user has nothing. One that dies, that says
// what makes no sense or that takes too long is ended, and asked nothing more: its user
// is a doubt, which keeps packages in the caches that this user can read.
//
// Which process cleans a cache that users name:
//
//   - none, if root's own configuration names it: it is root's to clean.
//   - that of the user whose folder it is, if that user names it.
//   - else that of the first, by number, who names it and may write to it. Nobody's
//     naming cleans a folder of root's.
//
// While a process plans or removes, it asks root what all others hold, and root asks
// them: those who can read the cache. Root answers for its own environments, and for
// what runs on the machine.
//
// The user's side is Serve.
package peruser
