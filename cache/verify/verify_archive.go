package verify

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"gclean/cache"
	"gclean/internal/order"
	"gclean/meta/dist"
	"gclean/walk/open"
)

// expected returns what is recorded about an archive. recorded reports whether the record
// of the extracted package gives its hash.
func (x *verifier) expected(ctx context.Context, c *Check) (list []dist.Expected, recorded bool) {
	name := path.Base(c.Entry.Name)
	in := x.cacheOf(c.Entry)
	if e := c.Package.Extracted; e != nil {
		if dir, err := in.Dir.OpenBelow(e.Name); err == nil {
			rec, err := dist.ReadRepodataRecord(ctx, dist.Extracted{Dir: dir})
			dir.Close()
			// A record about the other format says nothing about this archive.
			if err == nil && dist.SameName(rec.Filename, name) && rec.Expected().Known() {
				list = append(list, rec.Expected())
				recorded = rec.SHA256 != "" || rec.MD5 != ""
			}
		}
	}
	if u, ok := dist.URLOf(in.URLs(cache.ParentOf(c.Entry.Name)), name); ok {
		c.named = dist.OfArchive(name)
		if u.Expected().Known() {
			list = append(list, u.Expected())
		}
	}
	if m := in.RattlerMetadata(c.Package.Dist); m.Known() {
		list = append(list, m)
	}
	return list, recorded
}

// openArchive opens an archive of a cache. At some sites archives are symlinks; reading
// through them is harmless.
func (x *verifier) openArchive(e *cache.Entry) (*os.File, error) {
	dir, err := x.cacheOf(e).Dir.OpenBelow(cache.ParentOf(e.Name))
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	f, err := dir.OpenFile(path.Base(e.Name))
	if errors.Is(err, syscall.ELOOP) {
		if behind, berr := open.Regular(e.Path()); berr == nil {
			return behind, nil
		}
	}
	return f, err
}

// checkArchive compares an archive with what is expected of it, and reads it to its end.
func (x *verifier) checkArchive(ctx context.Context, c *Check) ([]Fault, error) {
	f, err := x.openArchive(c.Entry)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return x.checkOpenArchive(ctx, f, c)
}

func (x *verifier) checkOpenArchive(ctx context.Context, f *os.File, c *Check) ([]Fault, error) {
	known := slices.Clone(c.expected)
	for i := range known {
		if x.o.Fast {
			known[i].MD5, known[i].SHA256 = "", ""
		}
	}
	err := dist.CheckFileAll(ctx, f, known, nil)
	if mismatch := (*dist.MismatchError)(nil); errors.As(err, &mismatch) {
		kind := dist.WrongHash
		if mismatch.What == "size" {
			kind = dist.WrongSize
		}
		found := dist.Finding{Kind: kind, Want: fmt.Sprintf("%s as %s says", mismatch.Want, mismatch.Source), Got: mismatch.Got}
		faults := []Fault{{Finding: found}}
		if x.o.Fast {
			return faults, nil
		}
		// Where it breaks off says more than that it does.
		more, err := x.readArchive(ctx, f, c)
		if errors.Is(err, dist.ErrUnsupported) {
			err = nil
		}
		return append(faults, more...), err
	}
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return nil, err
	}
	if x.o.Fast {
		if st, err := f.Stat(); err == nil && st.Size() == 0 {
			return []Fault{{Finding: dist.Finding{Kind: dist.Damaged, Err: errors.New("the file is empty")}}}, nil
		}
		return nil, nil
	}
	return x.readArchive(ctx, f, c)
}

// readArchive reads all members of an archive, and compares its name with its content.
func (x *verifier) readArchive(ctx context.Context, f *os.File, c *Check) ([]Fault, error) {
	c.Notes, c.read = nil, true
	limits := dist.Limits{Memory: x.memory}
	if dist.IsWheel(c.Entry.Name) {
		if x.o.Progress != nil {
			defer x.o.Progress(c.Entry.Stat.Size)
		}
		err := dist.CheckWheel(ctx, f, c.Entry.Path(), limits)
		if err != nil {
			return archiveFault(err)
		}
		return nil, nil
	}
	a, err := dist.NewArchive(f, c.Entry.Path(), limits)
	if err != nil {
		return archiveFault(err)
	}
	if x.o.Progress != nil {
		defer x.o.Progress(a.Size())
	}
	named := false
	var faults []Fault // about index.json; if it occurs twice, the last one counts
	var notes []dist.Finding
	err = a.Members(ctx, dist.Everything, func(m dist.Member, r io.Reader) error {
		if m.LeadsOut() && len(notes) < maxNotes {
			notes = append(notes, dist.Finding{Kind: dist.LeadsOut, Path: m.Path, Got: m.Target})
		}
		if m.Path != "info/index.json" {
			return nil
		}
		named, faults = true, nil
		index, err := dist.ParseIndex(r)
		switch distribution := dist.OfArchive(path.Base(c.Entry.Name)); {
		case err != nil:
			faults = append(faults, Fault{Finding: dist.Finding{Kind: dist.BadInfo, Path: m.Path, Err: err}})
		case !dist.SameName(index.Dist(), distribution):
			faults = append(faults, Fault{Finding: dist.Finding{Kind: dist.WrongName, Want: index.Dist(), Got: distribution}})
		}
		return nil
	})
	if err != nil {
		return archiveFault(err) // it caused the other faults
	}
	if !named {
		faults = append(faults, Fault{Finding: dist.Finding{Kind: dist.Missing, Path: "info/index.json"}})
	}
	for _, f := range a.Findings() {
		if f.Kind.Note() {
			notes = append(notes, f)
		} else {
			faults = append(faults, Fault{Finding: f})
		}
	}
	c.Notes = notes
	order.Stable(c.Notes, func(a, b dist.Finding) int { return strings.Compare(a.Path, b.Path) })
	return faults, nil
}

// maxNotes is how many symlinks of one archive are reported.
const maxNotes = 1000

// archiveFault returns an error of reading an archive as a fault, unless the archive did
// not cause it.
func archiveFault(err error) ([]Fault, error) {
	found := dist.Finding{Err: bareArchiveError(err)}
	switch {
	case errors.Is(err, dist.ErrDamaged):
		found.Kind = dist.Damaged
	case errors.Is(err, dist.ErrUnsafe), errors.Is(err, dist.ErrLimit):
		found.Kind = dist.Unsafe
	default:
		return nil, err
	}
	if a := (*dist.ArchiveError)(nil); errors.As(err, &a) {
		found.Path = a.Member
	}
	return []Fault{{Finding: found}}, nil
}

// bareArchiveError returns err without the path of the archive and the member, which
// messages show elsewhere.
func bareArchiveError(err error) error {
	a := (*dist.ArchiveError)(nil)
	switch {
	case !errors.As(err, &a):
		return err
	case a.Part != "":
		return fmt.Errorf("%s: %w", a.Part, a.Err)
	}
	return a.Err
}
