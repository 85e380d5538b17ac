// Package verify finds archives and extracted packages that are no longer what they were
// when they were made. It repairs or removes them.
//
//	v, err := verify.Verify(ctx, verify.Options{ListOptions: ...})
//	for _, c := range v.Checks { ... } // c.Sound(), c.Broken(), c.Faults
//
// A [Check] is about one entry of a cache:
//
//   - An archive is compared with the size and hashes recorded at its download. These are
//     in urls.txt, in the record of the extracted package, or in rattler's metadata. Then
//     it is read to its end, which tests its own checksums.
//   - An extracted package is compared with info/paths.json, its own list.
//
// Each difference is a [Fault]: a dist.Finding, and the environments that share the changed
// file by a hard link. Entries so fresh that a process may be writing them are skipped.
//
// A [Verification] leads to two plans. Making them changes nothing:
//
//	v.RemovalPlan(false).Execute(ctx, removal.Options{}) // removes what is broken and not held
//	plan, err := v.RepairPlan(ctx)                       // packages with a proven, sound archive
//	plan.Execute(ctx, removal.Options{})
//
// Package removal carries out a [RemovalPlan]. A [RepairPlan] extracts the archive in the
// cache's trash, compares it with its list, and swaps it with the broken folder in one
// step. If anything fails, the old folder remains as it was. Both check each entry again
// right before they change it.
package verify
