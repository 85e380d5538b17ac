// Package verify says which archives and extracted packages are what they were
// when they were made, and repairs or removes those that are not.
//
//	v, err := verify.Verify(ctx, verify.Options{ListOptions: ...})
//	for _, c := range v.Checks { ... } // c.Sound(), c.Broken(), c.Faults
//
// A [Check] is about one entry of a cache:
//
//   - An archive is compared with the size and the hashes that were noted when it was
//     downloaded: by urls.txt, by the record in the extracted package, or by
//     rattler. Then it is read to its end, which tests its own checksums.
//   - An extracted package is compared with its own list, info/paths.json.
//
// What differs is a [Fault]: a dist.Finding, with the environments that have the
// changed file by a hard link and keep it. What is so fresh that it may be being
// written is skipped.
//
// Two plans follow from a [Verification]. Neither changes anything by itself:
//
//	v.RemovalPlan(false).Execute(ctx, removal.Options{}) // what is broken and not held
//	plan, err := v.RepairPlan(ctx) // of what a sound archive is proven to be of
//	plan.Execute(ctx, removal.Options{})
//
// A [RemovalPlan] is carried out by package removal. A [RepairPlan] extracts the
// archive in the cache's trash, compares it with its list, and swaps it with the
// broken folder in one step; whatever fails leaves the old one as it was. Both
// check each entry again right before they change it.
package verify
