package verify

import (
	"context"
	"errors"
	"io/fs"

	"gclean/cache"
	"gclean/meta/dist"
	"gclean/walk"
)

// checkRecord checks info/repodata_record.json, which is in no list of files. It must agree
// with index.json, with urls.txt, and with rattler's metadata.
func (x *verifier) checkRecord(ctx context.Context, dir *walk.Dir, c *Check) []dist.Finding {
	const name = "info/repodata_record.json"
	src := dist.Extracted{Dir: dir}
	rec, err := dist.ReadRepodataRecord(ctx, src)
	switch {
	case errors.Is(err, fs.ErrNotExist): // old versions of conda wrote none; conda makes it again
		return nil
	case errors.Is(err, dist.ErrDamaged), errors.Is(err, dist.ErrUnsafe), errors.Is(err, dist.ErrLimit):
		return []dist.Finding{{Kind: dist.BadInfo, Path: name, Err: bareArchiveError(err)}}
	case err != nil:
		return []dist.Finding{{Kind: dist.Unreadable, Path: name, Err: err}}
	}
	c.named = dist.OfArchive(rec.ArchiveName())
	index, err := dist.ReadIndex(ctx, src)
	want := c.Package.Dist
	if err == nil {
		want = index.Dist() // CheckExtracted compares it with the folder's name
	}
	if !dist.SameName(rec.Dist(), want) {
		return []dist.Finding{{Kind: dist.WrongName, Path: name, Want: want, Got: rec.Dist()}}
	}
	var list []dist.Finding
	in := x.cacheOf(c.Entry)
	if download := in.RattlerMetadata(c.Entry.Name); download.SHA256 != "" && rec.SHA256 != "" && rec.SHA256 != download.SHA256 {
		list = append(list, dist.Finding{Kind: dist.WrongHash, Path: name, Want: download.SHA256 + " as " + download.Source + " says", Got: rec.SHA256})
	}
	if err == nil {
		list = append(list, dist.CompareRecord(index, rec)...)
	}
	if line, ok := dist.URLOf(in.URLs(cache.ParentOf(c.Entry.Name)), rec.ArchiveName()); ok {
		if f := dist.CompareSource(rec, line); f != nil {
			list = append(list, *f)
		}
	}
	return list
}
