// Package textreport writes reports as plain text that can be mailed. They say what each
// owner has in the caches, how much cleaning removes, and why gclean keeps the rest.
//
//	for _, o := range textreport.Owners(report) {
//		text := o.Text(textreport.Options{Width: 72, Top: 10})
//		mail(o.User, text)
//	}
//
// It is the text alone: nothing is looked at on a disk, and the commands in it are those
// that the caller gives.
package textreport
