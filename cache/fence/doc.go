// Package fence puts packages of a cache out of the sight of installers while hosts are
// asked about them, and back. It is the part of a round that happens in one cache;
// package fleet has the rest.
//
// The cache is leased first, so that there is one round at a time:
//
//	err := fence.Take(dir, fence.Lease{Nonce: nonce, Host: host, Dir: round}, nil)
//
// Then its items are listed in the cache, and fenced one by one:
//
//	err := fence.Write(dir, lease.Nonce, items, nil)
//	err := fence.Set(dir, item, nil)     // out of sight
//	back, err := fence.Restore(dir, item, nil) // and back
//	err := fence.Drop(dir, nonce, nil)   // the list and the lease go
//
// In the cache are:
//
//	.gclean/round.lease    who holds the lease
//	.gclean/round/items    what is fenced
//	.gclean/round/7.archive, 8.index, 8.record    what was moved aside
//
// The lease comes first and goes last, so a cache without one has nothing aside. Every
// step can be done again: a run that was killed is ended by the next.
//
// # What installers do
//
// An archive is moved as a whole. Of a package, info/index.json and then
// info/repodata_record.json are moved, after the archives of the same name. The folder
// stays, so environments that are linked to it keep working. An installer that starts
// now downloads the package again:
//
//   - conda lists folders with info/index.json, and archives (PackageCacheData.load in
//     conda/core/package_cache_data.py). It ignores a folder without both, but if it finds
//     the archive of such a folder, it removes the folder and extracts the archive
//     (_make_single_record). So archives go first, and come back last. If it found the
//     index and no record, it would write a record. So the index goes before the record.
//   - mamba and micromamba, with the old layout and that of 2.6, use a folder whose
//     info/repodata_record.json fits (has_valid_extracted_dir in libmamba's
//     package_cache.cpp). If there is no such folder, they use an archive whose hash
//     fits. Else they download, remove the folder and extract to a new one
//     (PackageFetcher::extract in package_fetcher.cpp).
//   - rattler and pixi check the folder by info/index.json and info/paths.json
//     (validate_package_directory in rattler_cache's validation.rs). If that fails they
//     extract to a folder beside it and rename (validate_package_common in
//     package_cache/mod.rs). They remember what they have checked while they run.
//
// The sources were read in November 2026. py-rattler 0.28.0 was tried as well. It
// extracts to a new folder, which has another inode, so a close does not touch it.
package fence
