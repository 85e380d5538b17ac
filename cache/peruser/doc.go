// Package peruser starts a process for each user that reads and cleans what belongs to the
// user, on behalf of root. Root's own process opens nothing below a home. The kernel
// decides what a user's process may read and remove, and files that one user writes cannot
// mislead the process of another.
//
//	users := peruser.New(peruser.Options{Start: start})
//	defer users.Close()
//	host.Asker = users                             // discovery asks them; so does a survey
//	whole, err := users.Plan(ctx, plan, options)   // their caches, beside root's own
//	result := users.Execute(ctx, remove, own)      // each removes its own
//
// A process lives until Close, or until it finds that its user has nothing. gclean kills a
// process that sends nonsense or takes too long, and asks it nothing more, and the same
// holds for one that dies. Its user is then a doubt, which keeps packages in the caches
// that this user can read.
//
// For each cache that users name, these rules decide which process cleans it:
//
//   - If root's own configuration names it, root cleans it.
//   - If the owner of the folder names it, the owner's process cleans it.
//   - Otherwise it is the process of the user with the lowest UID who names it and may
//     write to it. But a folder of root's is not cleaned because users name it.
//
// While a process plans or removes, it asks root what all others hold. Root asks the users
// who can read the cache, and answers for its own environments and for what runs on the
// machine.
//
// Serve is the user's side.
package peruser
